"""Texts of several Regions become one: what stays, what is a placeholder, what is looked up."""

import pytest

from reprieve.location import ACCOUNT_REFERENCE
from reprieve.template.cases import Case
from reprieve.template.texts import Marks, Placeholder, merge_texts, reference_to, render

LONG = ", ".join(f'"same{number}": true' for number in range(9))
ONE, OTHER = Case("eu-west-1"), Case("ap-northeast-1")


def merged(one, other, marks=None):
    """Return what the template has for the texts of two Regions; a lookup is its values."""
    tokens = merge_texts({ONE: one, OTHER: other}, Marks(marks))
    assert tokens is not None
    return render(tokens, lambda lookup: dict(lookup.values))


def test_what_is_equal_stays():
    """Also the name of a Region, and what looks like a placeholder."""
    text = "to the hub in eu-west-1, ${not} a placeholder"
    assert merged(text, text) == text


def test_the_own_region_and_the_account_are_placeholders():
    """And the hub's Region, which is the same for all, is not."""
    text = f"arn:aws:sns:%s:{ACCOUNT_REFERENCE}:alerts to eu-west-1"
    assert merged(text % ONE.region, text % OTHER.region) == {
        "Fn::Sub": "arn:aws:sns:${AWS::Region}:${AWS::AccountId}:alerts to eu-west-1"
    }


def test_a_placeholder_alone_needs_no_sub():
    """An attribute of a resource is not what Ref returns."""
    assert merged(ONE.region, OTHER.region) == {"Ref": "AWS::Region"}
    assert merged("KEY", "KEY", {"KEY": (Placeholder("AlertKey.Arn"),)}) == {
        "Fn::GetAtt": ["AlertKey", "Arn"]
    }
    assert merged(f"a {reference_to('Queue')}", f"a {reference_to('Queue')}") == {
        "Fn::Sub": "a ${Queue}"
    }


def test_only_what_differs_is_looked_up():
    """Differences that are close to each other are one lookup."""
    value = merged(
        '{"a": "1f", "b": "2f", "Region": "eu-west-1"}',
        '{"a": "1e", "b": "2e", "Region": "ap-northeast-1"}',
    )
    assert value == {
        "Fn::Sub": [
            '{"a": "${Text1}", "Region": "${AWS::Region}"}',
            {"Text1": {ONE: '1f", "b": "2f', OTHER: '1e", "b": "2e'}},
        ]
    }


@pytest.mark.parametrize(
    ("one", "other", "text"),
    [
        (
            f'{{"keys": ["x"], {LONG}, "end": "1f"}}',
            f'{{"keys": [], {LONG}, "end": "1e"}}',
            f'{{"keys": ${{Text1}}, {LONG}, "end": "${{Text2}}"}}',
        ),
        ("a b c", "a c", "a ${Text1}c"),
    ],
)
def test_texts_of_other_lengths_have_a_lookup_between_what_they_share(one, other, text):
    """A list of another length does not displace what follows."""
    value = merged(one, other)["Fn::Sub"]
    assert value[0] == text
    for region, given in ((ONE, one), (OTHER, other)):
        resolved = text
        for name, values in value[1].items():
            resolved = resolved.replace(f"${{{name}}}", values[region])
        assert resolved == given


def test_texts_with_other_placeholders_cannot_be_merged():
    """A mapping has no placeholders."""
    assert merge_texts({ONE: "a b", OTHER: f"a {ACCOUNT_REFERENCE}"}, Marks()) is None


@pytest.mark.parametrize(
    ("text", "escaped"),
    [("${team}", "${!team}"), ("$${x}", "$${!x}"), ("$", "$"), ("${", "${"), ("a}", "a}")],
)
def test_what_looks_like_a_placeholder_is_escaped(text, escaped):
    """But only where Fn::Sub reads the text."""
    assert merged(text, text) == text
    assert merged(f"{text} {ACCOUNT_REFERENCE}", f"{text} {ACCOUNT_REFERENCE}") == {
        "Fn::Sub": f"{escaped} ${{AWS::AccountId}}"
    }
