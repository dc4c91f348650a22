"""Templates: what CloudFormation refuses, and what the sandbox refuses by its name."""

import json

import pytest

from sandbox.cloudformation.order import sort
from sandbox.cloudformation.parameters import resolve
from sandbox.cloudformation.templates import read
from sandbox.core.errors import AwsError, SandboxCannot
from tests.support.stacks import template, topic

TOPIC = {"Type": "AWS::SNS::Topic"}


def properties(**given):
    """Return the text of a template with one topic."""
    return template({"Topic": {**TOPIC, "Properties": given}})


@pytest.mark.parametrize(
    ("text", "named"),
    [
        (template({"F": {"Type": "AWS::Lambda::Function"}}), "AWS::Lambda::Function"),
        (properties(FifoTopic=True), "FifoTopic"),
        (
            properties(Subscription=[{"Endpoint": "a", "Protocol": "sms", "Region": "x"}]),
            "the property Region of Topic",
        ),
        (properties(TopicName={"Fn::ImportValue": "name"}), "Fn::ImportValue"),
        (properties(TopicName={"Fn::Sub": ["${A}", {"A": {"Fn::Base64": "x"}}]}), "Fn::Base64"),
        (properties(DisplayName="{{resolve:ssm:name}}"), "dynamic references"),
        (template({"Topic": {**TOPIC, "UpdatePolicy": {}}}), "UpdatePolicy"),
        (template({"Topic": {**TOPIC, "DeletionPolicy": "Snapshot"}}), "Snapshot"),
        (template(Transform="AWS::Serverless-2016-10-31"), "Transform"),
        (template(Parameters={"Ami": {"Type": "AWS::EC2::Image::Id"}}), "AWS::EC2::Image::Id"),
        (template(Outputs={"T": {"Value": "x", "Export": {"Name": "x"}}}), "export"),
    ],
)
def test_what_the_sandbox_lacks_is_an_error_that_names_it(text, named):
    """AWS might accept it, so the error is the sandbox's own."""
    with pytest.raises(SandboxCannot, match=named):
        read(text)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "JSON not well-formed"),
        ("a: [", "YAML not well-formed"),
        ("[]", "unsupported structure"),
        (json.dumps({"Resources": {}}), "At least one Resources member"),
        (template({"my-topic": TOPIC}), "non alphanumeric"),
        (template({"T": {}}), "must contain a Type"),
        (template({"T": {**TOPIC, "Values": {}}}), "Values"),
        (template(Resource={}), "Resource"),
        (properties(TopicName={"Ref": "Missing"}), r"dependencies \[Missing\]"),
        (properties(TopicName={"Fn::Sub": "${Missing}"}), r"dependencies \[Missing\]"),
        (properties(TopicName={"Fn::GetAtt": ["Missing", "Arn"]}), "undefined resource Missing"),
        (properties(TopicName={"Fn::GetAtt": ["Topic", "Nothing"]}), "attribute type Nothing"),
        (properties(TopicName={"Fn::FindInMap": ["No", "a", "b"]}), "Mapping 'No' is undefined"),
        (properties(TopicName={"Fn::If": ["No", "a", "b"]}), "condition dependency No"),
        (template({"T": {**TOPIC, "DependsOn": "Missing"}}), r"dependencies \[Missing\]"),
        (template(Mappings={"M": {"k": {"v": {"deep": 1}}}}), "must be a String or a List"),
        (template(Mappings={"M": {"k": {"a_b": "x"}}}), "a_b"),
        (template({"S": {"Type": "AWS::SNS::Subscription"}}), "TopicArn"),
        (template({f"T{n}": TOPIC for n in range(501)}), "greater than maximum 500"),
        (template(Outputs={"T": {"Description": "x"}}), "must have a Value"),
    ],
)
def test_what_cloudformation_refuses(text, words):
    """Before it creates anything."""
    with pytest.raises(AwsError, match=words) as caught:
        read(text)
    assert caught.value.code == "ValidationError"


@pytest.mark.parametrize(("is_object", "most"), [(False, 51_200), (True, 1_000_000)])
def test_a_template_has_a_longest_length(is_object, most):
    """A shorter one for a template in the request itself."""
    room = most - len(template(Metadata={"p": ""}))
    read(template(Metadata={"p": "x" * room}), is_object)
    with pytest.raises(AwsError, match=f"less than or equal to {most}"):
        read(template(Metadata={"p": "x" * (room + 1)}), is_object)


def test_yaml_has_short_forms():
    """They are the same as the long ones."""
    text = """
AWSTemplateFormatVersion: 2010-09-09
Resources:
  Topic:
    Type: AWS::SNS::Topic
    Properties:
      TopicName: !Sub "alerts-${AWS::Region}"
      DisplayName: !If [Home, !Ref AWS::Region, !FindInMap [M, a, b]]
Conditions:
  Home: !Equals [!Ref "AWS::Region", us-east-1]
Mappings: {M: {a: {b: c}}}
Outputs: {Name: {Value: !GetAtt Topic.TopicName}}
"""
    content = read(text).content
    assert content["Resources"]["Topic"]["Properties"] == {
        "TopicName": {"Fn::Sub": "alerts-${AWS::Region}"},
        "DisplayName": {
            "Fn::If": ["Home", {"Ref": "AWS::Region"}, {"Fn::FindInMap": ["M", "a", "b"]}]
        },
    }
    assert content["Outputs"]["Name"]["Value"] == {"Fn::GetAtt": ["Topic", "TopicName"]}


def test_resources_come_after_those_that_they_need():
    """By Ref, GetAtt, Sub or DependsOn; else in the order of the template."""
    needs = {
        "A": {"Properties": {"X": {"Fn::Sub": "${D.Arn}"}}},
        "B": {"DependsOn": ["A"]},
        "C": {"Properties": {"X": [{"Ref": "B"}, {"Ref": "Parameter"}]}},
        "D": topic("d"),
        "E": topic("e"),
    }
    assert sort(needs) == ["D", "E", "A", "B", "C"]
    with pytest.raises(AwsError, match=r"Circular dependency between resources: \[A, B\]"):
        sort({"A": {"DependsOn": "B"}, "B": {"DependsOn": "A"}})


PARAMETERS = {
    "Name": {"Type": "String", "AllowedPattern": "[a-z]+", "MaxLength": 8, "Default": "alerts"},
    "Remedy": {"Type": "String", "AllowedValues": ["true", "false"]},
    "Days": {"Type": "Number", "MinValue": 7, "MaxValue": 30, "Default": 30},
}


def given(**values):
    """Return parameters as a call has them."""
    return [{"ParameterKey": key, "ParameterValue": value} for key, value in values.items()]


def test_parameters_have_given_or_default_values():
    """As texts. A previous value counts if the call says so."""
    assert resolve(PARAMETERS, given(Remedy="true")) == {
        "Name": "alerts",
        "Remedy": "true",
        "Days": "30",
    }
    previous = [{"ParameterKey": "Remedy", "UsePreviousValue": True}]
    found = resolve(PARAMETERS, previous, {"Remedy": "false", "Name": "old"})
    assert (found["Remedy"], found["Name"]) == ("false", "alerts")


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({}, r"\[Remedy\] must have values"),
        ({"Remedy": "maybe"}, r"must be one of values \[true, false\]"),
        ({"Remedy": "true", "Name": "Alerts"}, "must match pattern"),
        ({"Remedy": "true", "Name": "alertsalerts"}, "at most 8"),
        ({"Remedy": "true", "Days": "3"}, "at least 7"),
        ({"Remedy": "true", "Days": "many"}, "must be a number"),
        ({"Remedy": "true", "Other": "x"}, "do not exist in the template"),
    ],
)
def test_parameters_are_checked(values, words):
    """By each constraint of their declaration."""
    with pytest.raises(AwsError, match=words):
        resolve(PARAMETERS, given(**values))
