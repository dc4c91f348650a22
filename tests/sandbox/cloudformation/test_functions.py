"""The intrinsic functions, with the results that CloudFormation documents."""

import pytest

from sandbox.cloudformation.functions import Scope
from sandbox.core.errors import AwsError

CONDITIONS = {
    "Home": {"Fn::Equals": [{"Ref": "AWS::Region"}, "eu-west-1"]},
    "Away": {"Fn::Not": [{"Condition": "Home"}]},
    "Both": {"Fn::And": [{"Condition": "Home"}, {"Condition": "Away"}]},
    "Either": {"Fn::Or": [{"Condition": "Home"}, {"Condition": "Away"}]},
    "Circle": {"Fn::Not": [{"Condition": "Circle"}]},
}
SCOPE = Scope(
    {"AWS::Region": "eu-west-1", "Name": "alerts", "List": ["a", "b"]},
    {"Names": {"eu-west-1": {"short": "euw1", "all": ["x", "y"]}}},
    CONDITIONS,
    ref=lambda name: f"ref-{name}",
    attribute=lambda name, attribute: f"{name}.{attribute}",
)


@pytest.mark.parametrize(
    ("value", "result"),
    [
        ({"Ref": "Name"}, "alerts"),
        ({"Ref": "Topic"}, "ref-Topic"),
        ({"Fn::GetAtt": ["Queue", "Arn"]}, "Queue.Arn"),
        ({"Fn::GetAtt": "Queue.Arn"}, "Queue.Arn"),
        ({"Fn::Sub": "${Name}-${AWS::Region}-${Topic}-${Queue.Arn}"},
         "alerts-eu-west-1-ref-Topic-Queue.Arn"),
        ({"Fn::Sub": "${!Name} $Name ${ Name }"}, "${Name} $Name alerts"),
        ({"Fn::Sub": ["${A}/${Name}", {"A": {"Ref": "AWS::Region"}}]}, "eu-west-1/alerts"),
        ({"Fn::FindInMap": ["Names", {"Ref": "AWS::Region"}, "short"]}, "euw1"),
        ({"Fn::FindInMap": ["Names", {"Ref": "AWS::Region"}, "all"]}, ["x", "y"]),
        ({"Fn::Join": ["-", ["a", {"Ref": "Name"}]]}, "a-alerts"),
        ({"Fn::Select": ["1", {"Ref": "List"}]}, "b"),
        ({"Fn::Split": [",", "a,b,"]}, ["a", "b", ""]),
        ({"Fn::If": ["Home", "yes", {"Fn::GetAtt": ["Missing", "Arn"]}]}, "yes"),
        ({"Fn::If": ["Away", "yes", "no"]}, "no"),
        ({"Fn::If": ["Both", "yes", "no"]}, "no"),
        ({"Fn::If": ["Either", "yes", "no"]}, "yes"),
        ({"A": {"Fn::If": ["Away", 1, {"Ref": "AWS::NoValue"}]}, "B": [{"Ref": "AWS::NoValue"}]},
         {"B": []}),
        ({"Ref": "a", "b": 1}, {"Ref": "a", "b": 1}),
        ({"Condition": {"StringEquals": {"a": "b"}}}, {"Condition": {"StringEquals": {"a": "b"}}}),
    ],
)  # fmt: skip
def test_a_function_has_its_documented_result(value, result):
    """A policy's element `Condition` is no function."""
    assert SCOPE.resolved(value) == result


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ({"Fn::FindInMap": ["Names", "us-east-1", "short"]}, "Unable to get mapping.*us-east-1"),
        ({"Fn::Select": [2, ["a", "b"]]}, "nonexistent value at index 2"),
        ({"Fn::Join": ["-", "a"]}, "requires a list"),
        ({"Fn::Sub": ["${A}"]}, "list of 2 arguments"),
        ({"Fn::Sub": "${List}"}, "a text is required"),
        ({"Fn::If": ["Home", "a"]}, "list of 3 arguments"),
        ({"Fn::If": ["Circle", "a", "b"]}, "circular"),
        ({"Fn::GetAtt": ["Queue"]}, "a logical id and the name of an attribute"),
    ],
)
def test_a_wrong_argument_is_an_error(value, words):
    """CloudFormation's ValidationError."""
    with pytest.raises(AwsError, match=words):
        SCOPE.resolved(value)
