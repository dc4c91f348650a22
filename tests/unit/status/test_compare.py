"""The one comparison: which sentence says which difference."""

import pytest

from reprieve.status.attributes import Json, PolicyJson
from reprieve.status.compare import compare, unexpected
from reprieve.status.findings import DEPLOY, Finding, Kind


def sentences(expected, deployed):
    """Return what is said of the attribute `colour` of a thing."""
    found = compare("The thing x", "x", {"colour": expected}, {"colour": deployed})
    return [finding.problem for finding in found]


def policy(*sids, action="sns:Publish"):
    """Return a policy that has statements with these names."""
    return PolicyJson(
        {"Version": "2012-10-17", "Statement": [{"Sid": sid, "Action": action} for sid in sids]}
    )


def test_a_finding_names_its_resource_and_what_to_do():
    """Beside the sentence: that is what programs read."""
    (finding,) = compare("The alarm a", "a", {"threshold": 0}, {"threshold": 1e9})
    expected = Finding(
        "a",
        Kind.DIFFERENT,
        "The alarm a has the threshold 1000000000, not 0.",
        DEPLOY,
        attribute="threshold",
    )
    assert finding == expected


SAME = {
    "numbers": (0, 0.0),
    "nothing": (None, None),
    "lists in another order": (("a", "b"), ("b", "a")),
    "a list and none": ((), None),
    "JSON in another order": (Json({"a": ["x", "y"]}), Json({"a": ["y", "x"]})),
    "a policy with an id": (
        PolicyJson({"Statement": []}),
        PolicyJson({"Statement": [], "Id": "default"}),
    ),
    "one action as a list": (policy("A"), policy("A", action=["sns:Publish"])),
}


@pytest.mark.parametrize(("expected", "deployed"), SAME.values(), ids=SAME)
def test_what_is_the_same_is_not_found(expected, deployed):
    """AWS gives the same back in several forms."""
    assert sentences(expected, deployed) == []


DIFFERENT = {
    "another": ("red", "blue", ["has the colour blue, not red"]),
    "several words": ("red", "red: no", ['has the colour "red: no", not red']),
    "several words missing": ("a b", None, ['has no colour; the settings define "a b"']),
    "words in a list": (("a b",), (), ['lacks "a b" in its colour']),
    "numbers": (60, 1.5, ["has the colour 1.5, not 60"]),
    "missing": ("red", None, ["has no colour; the settings define red"]),
    "more": (None, "blue", ["has the colour blue, which the settings do not define"]),
    "empty": ("red", "", ['has the colour "", not red']),
    "long": ("red", "b" * 121, ["has another colour than the settings define"]),
    "long and more": (None, "b" * 121, ["has the colour, which the settings do not define"]),
    "long and missing": ("r" * 121, None, ["has no colour"]),
    "lists": (
        ("a", "b"),
        ("b", "c"),
        ["lacks a in its colour", "has c in its colour, which the settings do not define"],
    ),
    "JSON": (
        Json({"detail": {"a": ["x"], "b": 1}}),
        Json({"detail": {"a": ["y"], "b": 1}, "c": 1}),
        ["has another colour: it differs at detail.a[0], c"],
    ),
    "the order of steps": (
        Json({"steps": [{"n": 1}, {"n": 2}]}, ordered=True),
        Json({"steps": [{"n": 2}, {"n": 1}]}, ordered=True),
        ["has another colour: it differs at steps[0].n, steps[1].n"],
    ),
    "JSON in many places": (
        Json(dict.fromkeys("abcde", 1)),
        Json({}),
        ["has another colour: it differs at a, b, c and at 2 more places"],
    ),
    "no JSON at all": (
        Json({"a": 1}),
        Json(None),
        ["has another colour: it differs at the top"],
    ),
    "a statement is missing": (
        policy("A", "B"),
        policy("A"),
        ["has another colour: the statement B is missing"],
    ),
    "a statement is named twice": (
        policy("A"),
        policy("A", "A"),
        ["has another colour: it was changed outside its statements"],
    ),
    "what others wrote": (
        "red",
        "blue\x1b[2J\u202e",
        [r"has the colour blue\x1b[2J\u202e, not red"],
    ),
    "a statement that others named": (
        policy("A"),
        policy("A", "\x1b"),
        [r"has another colour: it has the statement \x1b, which is not Reprieve's"],
    ),
}


@pytest.mark.parametrize(("expected", "deployed", "phrases"), DIFFERENT.values(), ids=DIFFERENT)
def test_each_difference_has_its_sentence(expected, deployed, phrases):
    """Short values are shown, long ones are not; what others wrote is escaped."""
    assert sentences(expected, deployed) == [f"The thing x {phrase}." for phrase in phrases]


def test_an_attribute_that_only_one_side_has_is_found():
    """Neither side limits what is compared."""
    found = compare("The thing x", "x", {"a": 1}, {"b": 2})
    assert [finding.problem for finding in found] == [
        "The thing x has no a; the settings define 1.",
        "The thing x has the b 2, which the settings do not define.",
    ]


def test_what_is_too_much_is_named():
    """By its escaped name, in the order of names."""
    found = list(unexpected("rule", ["a"], ["c\n", "a", "b"], lambda name: f"Delete {name!r}."))
    assert found == [
        Finding("b", Kind.UNEXPECTED, "The rule b is not defined by the settings.", "Delete 'b'."),
        Finding(
            "c\n",
            Kind.UNEXPECTED,
            r"The rule c\n is not defined by the settings.",
            r"Delete 'c\n'.",
        ),
    ]
