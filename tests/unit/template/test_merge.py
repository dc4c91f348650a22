"""The resources of several cases become one template."""

from itertools import product

import pytest

from reprieve.location import ACCOUNT_REFERENCE
from reprieve.template.cases import Case
from reprieve.template.merge import Merger
from reprieve.template.resource import Resource
from tests.support.cloudformation import Deployment

REGIONS = ("eu-west-1", "sa-east-1", "us-east-1")
ACCOUNT = "444455556666"


def merge(properties, variants=("",), conditions=None):
    """Return a template with one resource, whose properties are given by case."""
    merger = Merger(REGIONS, variants=variants)
    cases = {
        case: {"Thing": Resource("AWS::SNS::Topic", each)} for case, each in properties.items()
    }
    return {
        "Resources": merger.resources(cases),
        "Mappings": merger.mappings,
        "Conditions": merger.conditions | (conditions or {}),
        "Parameters": {"On": {"Default": "true"}},
    }


@pytest.mark.parametrize(
    "of",
    [
        lambda region: {"TopicName": region},
        lambda region: {"TopicName": "eu-west-1"},
        lambda region: {"TopicName": f"hash-{len(region) * 7}"},
        lambda region: {"Tags": ["a"] * (2 if region == "sa-east-1" else 1)},
        lambda region: {"TopicName": "x"} | ({"Fifo": True} if region == "us-east-1" else {}),
        lambda region: {"Number": 1 if region == "us-east-1" else 2},
        lambda region: {
            "Text": " ".join([ACCOUNT_REFERENCE] * (2 if region == "eu-west-1" else 1))
        },
        lambda region: {"Nested": [{"a": region}, {"b": {"c": f"x-{region}"}}]},
    ],
    ids=["own", "constant", "hash", "lengths", "missing", "numbers", "placeholders", "nested"],
)
def test_each_region_gets_its_own_properties(of):
    """Whatever differs between the Regions."""
    template = merge({Case(region): of(region) for region in REGIONS})
    for region in REGIONS:
        (resource,) = Deployment(template, region, ACCOUNT).resources().values()
        expected = repr(of(region)).replace(ACCOUNT_REFERENCE, ACCOUNT)
        assert repr(resource["Properties"]) == expected


@pytest.mark.parametrize("count", range(1, 64, 6))
def test_a_resource_exists_exactly_in_its_cases(count):
    """Any set of Regions and variants."""
    every = [Case(*each) for each in product(REGIONS, ("IsOn", "IsOff"))]
    chosen = [case for index, case in enumerate(every) if count >> index & 1]
    conditions = {
        "IsOn": {"Fn::Equals": [{"Ref": "On"}, "true"]},
        "IsOff": {"Fn::Not": [{"Condition": "IsOn"}]},
    }
    template = merge(
        {case: {"TopicName": f"{case.variant}-{case.region}"} for case in chosen},
        ("IsOn", "IsOff"),
        conditions,
    )
    for case in every:
        parameters = {"On": "true" if case.variant == "IsOn" else "false"}
        found = Deployment(template, case.region, ACCOUNT, parameters).resources()
        names = [each["Properties"]["TopicName"] for each in found.values()]
        assert names == ([f"{case.variant}-{case.region}"] if case in chosen else [])


def test_a_dependency_that_no_case_has_is_left_out():
    """CloudFormation refuses the name of a resource that is not there."""
    merger = Merger(REGIONS[:1])
    resources = {
        "One": Resource("AWS::SNS::Topic", {}, ("Other", "Missing")),
        "Other": Resource("AWS::SNS::Topic", {}),
    }
    merged = merger.resources({Case(REGIONS[0]): resources})
    assert merged["One"]["DependsOn"] == ["Other"]
    assert "DependsOn" not in merged["Other"]
