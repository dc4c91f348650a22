"""What differs between two versions of a resource, path by path."""

import json

import pytest

from reprieve.diff.differences import between, differences, shown
from reprieve.diff.plan import UNKNOWN, Change, Sensitive


def lines(before, after):
    """Return the differences as people read them."""
    return [shown(each) for each in between(before, after)]


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ({"a": 1}, {"a": 2}, ["a: 1 → 2"]),
        ({"a": 1}, {"a": True}, ["a: 1 → true"]),
        ({"a": None}, {"a": ""}, []),
        ({"a": []}, {}, []),
        ({"a": 0}, {"a": None}, ["a: 0 → nothing"]),
        ({"a": ["x", "y"]}, {"a": ["x"]}, ["a: - y"]),
        ({"a": ["x"]}, {"a": ["z", "y", "x"]}, ['a: + ["z", "y"]']),
        ({"a": ["x", "y"]}, {"a": ["x", "z"]}, ["a: y → z"]),
        ({"a": ["x", "y"]}, {"a": ["y", "x"]}, ['a (order): ["x", "y"] → ["y", "x"]']),
        ({"a": [{"b": 1}]}, {"a": [{"b": 2}]}, ["a.b: 1 → 2"]),
        ({"a": "x"}, {"a": UNKNOWN}, ["a: x → (known after apply)"]),
        ({"a": Sensitive("x")}, {"a": Sensitive("y")}, ["a: (sensitive) → (sensitive)"]),
        ({"a": Sensitive("x")}, {"a": Sensitive("x")}, []),
        ({"a": "one\ntwo\n"}, {"a": "one\nthree\n"}, ["a: two → three"]),
    ],
)
def test_a_difference_is_one_line(before, after, expected):
    """Values that are all empty do not differ."""
    assert lines(before, after) == expected


def test_json_in_a_text_is_compared_as_json():
    """Statements by their Sid, whatever their order and layout."""
    one, two = {"Sid": "A", "Action": "x"}, {"Sid": "B", "Action": "y"}
    before = {"policy": json.dumps({"Statement": [one, two]})}
    after = {"policy": json.dumps({"Statement": [two, {**one, "Action": "z"}]}, indent=2)}
    assert lines(before, after) == ["policy.Statement[A].Action: x → z"]


def test_only_the_differing_part_of_two_long_texts_is_shown():
    """With a little context on both sides."""
    (line,) = lines({"a": f"{'x' * 200}one{'y' * 200}"}, {"a": f"{'x' * 200}two{'y' * 200}"})
    assert line == f"a: …{'x' * 24}one{'y' * 24}… → …{'x' * 24}two{'y' * 24}…"


def test_a_long_value_is_cut():
    """Only in text: JSON has the whole value."""
    (line,) = lines({}, {"a": "x" * 1000})
    assert line.endswith("…")
    assert len(line) < 200


def test_a_replacement_shows_no_attribute_that_nobody_set():
    """Only the attributes that are configured, and those that force the replacement."""
    change = Change(
        "a.b", "a", "b", "eu-west-1", ("delete", "create"),
        {"arn": "x", "name": "a", "fixed": 1, "set": "s"},
        {"arn": UNKNOWN, "name": "b", "fixed": 2, "set": "t"},
        frozenset({"name", "set"}), ("fixed",),
    )  # fmt: skip
    assert [each.path for each in differences(change)] == ["name", "fixed", "set"]
