"""What of a stack's template stays when the stack is deleted."""

import pytest

from reprieve.adopt.stacks import _is_pattern, retained
from tests.support.aws_pattern import TEMPLATE, parameters
from tests.unit.adopt.making import template

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
