"""What of a stack's template stays when the stack is deleted."""

from typing import Any

import pytest

from reprieve.adopt.stacks import _is_pattern, retained, stack_of_rule
from tests.support.aws_pattern import TEMPLATE, parameters
from tests.unit.adopt.making import rule, template
from tests.unit.drill.fakes import FakeAccount, FakeClient

YAML = """\
Parameters:
  Rule:
    Type: String
    DeletionPolicy: Retain
Resources:
  # DeletionPolicy: Retain
  Topic:
    Type: AWS::SNS::Topic
    DeletionPolicy: Retain   # people keep it
  "Rule":
    DeletionPolicy: "RetainExceptOnCreate"
    Properties:
      Targets:
      - Id: a
  Role:
    Type: AWS::IAM::Role
    DeletionPolicy: Delete
Outputs:
  Role:
    DeletionPolicy: Retain
"""


@pytest.mark.parametrize("depth", [2, 4])
def test_yaml(depth):
    """The block style, however deep it is indented."""
    assert retained(YAML.replace("  ", " " * depth)) == ["Topic", "Rule"]


def test_json():
    """As text, and as boto3 parses it."""
    text = template(Topic="Retain", Rule="Delete", Queue="RetainExceptOnCreate")
    assert retained(text) == ["Topic", "Queue"]
    assert retained({"Resources": {"Topic": {"DeletionPolicy": "Retain"}, "Rule": {}}}) == ["Topic"]


def test_the_pattern_keeps_nothing():
    """Nor does a template that cannot be read say that it does."""
    assert retained(TEMPLATE) == []
    assert retained("- nothing") == []


@pytest.mark.parametrize(
    ("described", "found"),
    [
        ({"Parameters": parameters()}, True),
        ({"Parameters": parameters()[:3]}, True),
        ({"Parameters": parameters()[:2]}, False),
        ({"Parameters": []}, False),
        ({"TemplateBody": TEMPLATE}, True),
        ({"Parameters": parameters(), "Description": "Reprieve: guards KMS keys"}, False),
    ],
)
def test_which_stacks_and_stack_sets_are_the_patterns(described, found):
    """By three of its parameters, or by its template; Reprieve's own has these parameters too."""
    assert _is_pattern(described) is found


def part(id, kind="AWS::Events::Rule"):
    """Return a resource of a stack as CloudFormation describes it."""
    return {
        "LogicalResourceId": id,
        "ResourceType": kind,
        "PhysicalResourceId": id,
        "ResourceStatus": "CREATE_COMPLETE",
        "StackId": "arn:stack",
    }


@pytest.mark.parametrize(("name", "found"), [("last", "big"), ("other", None)])
def test_the_rule_of_a_big_stack_is_found(name, found):
    """DescribeStackResources has the first hundred resources of a stack only."""
    first = [part(f"topic-{index}", "AWS::SNS::Topic") for index in range(100)]
    described = {"StackId": "arn:stack", "StackName": "big", "StackStatus": "CREATE_COMPLETE"}
    cloudformation = FakeClient(
        describe_stack_resources={"StackResources": first},
        list_stack_resources=[
            {"StackResourceSummaries": first},
            {"StackResourceSummaries": [part("last"), part("other", "AWS::SNS::Topic")]},
        ],
        describe_stacks={"Stacks": [described]},
        get_template={"TemplateBody": "{}"},
    )
    account: Any = FakeAccount({"cloudformation": cloudformation})
    stack = stack_of_rule(account, "eu-west-1", rule(name=name))
    assert (stack.name if stack else None) == found
