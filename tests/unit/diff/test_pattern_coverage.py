"""Whether an event pattern matches at least what another one did."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reprieve.diff.pattern_coverage import what_may_match_less
from reprieve.events.exemptions import Exemptions, split
from reprieve.events.patterns import pattern_errors
from reprieve.events.threats import CATALOGUE, KEY_DELETION_SCHEDULED
from sandbox.events.matching import matches

pytestmark = pytest.mark.slow


def narrowed(old, new):
    """Whether the second of two lists of filters may match less than the first."""
    return bool(what_may_match_less({"a": old}, {"a": new}))


@pytest.mark.parametrize("threat", CATALOGUE, ids=lambda threat: threat.name)
def test_each_threats_pattern_covers_itself(threat):
    """Without any gap."""
    assert what_may_match_less(threat.event_pattern, threat.event_pattern) == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (["x"], ["x", "y"]),
        (["x"], [{"exists": True}]),
        (["x"], [{"anything-but": ["y"]}]),
        (["x"], [{"anything-but": {"prefix": "y"}}]),
        ([{"prefix": "xy"}], [{"prefix": "x"}]),
        ([{"suffix": "xy"}], [{"suffix": "y"}]),
        ([{"prefix": "X"}], [{"prefix": {"equals-ignore-case": "x"}}]),
        ([{"equals-ignore-case": "X"}], [{"equals-ignore-case": "x"}]),
        (["X"], [{"equals-ignore-case": "x"}]),
        (["xy"], [{"prefix": "x"}]),
        ([{"anything-but": ["x", "y"]}], [{"anything-but": ["x"]}]),
        ([{"anything-but": ["x"]}], [{"exists": True}]),
        ([{"anything-but": {"prefix": ["x", "y"]}}], [{"anything-but": {"prefix": "y"}}]),
        ([{"exists": False}], [{"exists": False}, "x"]),
        ([{"numeric": [">", 1]}], [{"numeric": [">", 1]}, 7]),
    ],
)
def test_a_wider_filter_is_proven_and_a_narrower_one_is_not(old, new):
    """The narrower one is the opposite change."""
    assert not narrowed(old, new)
    assert narrowed(new, old) or old == new or _equal_fold(old, new)


def _equal_fold(old: list[Any], new: list[Any]) -> bool:
    return json.dumps(old).lower() == json.dumps(new).lower()


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ([1], [True]),
        ([{"anything-but": ["1"]}], [{"anything-but": [1]}]),
        ([{"exists": False}], [{"exists": True}]),
        ([{"exists": False}], [{"anything-but": ["x"]}]),
        ([{"prefix": {"equals-ignore-case": "x"}}], [{"prefix": "x"}]),
        (["x"], [{"prefix": "xy"}]),
        (["x"], [{"wildcard": "x*"}]),
        ([{"numeric": [">", 1]}], [{"numeric": [">", 0]}]),
    ],
)
def test_a_filter_without_a_proof_may_match_less(old, new):
    """The last two really match more, but this is not proven."""
    assert narrowed(old, new)


def test_a_new_filter_narrows_and_a_removed_one_does_not():
    """The sentence has the path of the filter."""
    wide = {"source": ["aws.kms"]}
    narrow = {"source": ["aws.kms"], "detail": {"errorCode": [{"exists": False}]}}
    assert what_may_match_less(narrow, wide) == []
    (gap,) = what_may_match_less(wide, narrow)
    assert gap.startswith("detail.errorCode is a new filter")


def test_a_filter_in_a_new_node_narrows_even_if_it_matches_everything():
    """An empty array has no object that could match."""
    everything = {"s": ["x"], "a": {"b": [{"exists": True}, {"exists": False}]}}
    assert what_may_match_less({"s": ["x"]}, everything)
    assert matches('{"s": ["x"]}', {"s": "x", "a": []})
    assert not matches(json.dumps(everything), {"s": "x", "a": []})


def test_a_new_exemption_narrows_and_a_removed_one_does_not():
    """In both patterns of the split rule: the second one has the opposite effect."""
    pattern = KEY_DELETION_SCHEDULED.event_pattern
    role = "arn:aws:iam::111122223333:role/KeyAdministrator"
    one = split(pattern, Exemptions(roles=(role,)))
    two = split(pattern, Exemptions(roles=(role, f"{role}2")))
    assert what_may_match_less(pattern, one[0])
    assert what_may_match_less(one[0], two[0])
    assert what_may_match_less(two[0], one[0]) == []
    assert what_may_match_less(one[0], pattern) == []
    assert what_may_match_less(one[1], two[1]) == []
    assert what_may_match_less(two[1], one[1])


def test_a_removed_alternative_narrows_and_a_new_one_does_not():
    """In `$or`, next to another field."""
    two = {"s": ["x"], "$or": [{"a": ["x"]}, {"b": ["y"]}]}
    three = {"s": ["x"], "$or": [{"a": ["x"]}, {"b": ["y"]}, {"c": ["z"]}]}
    assert what_may_match_less(two, three) == []
    assert what_may_match_less(three, two)
    assert what_may_match_less(two, {"s": ["x"]}) == []


_LEAVES = st.sampled_from(["x", "X", "xy", "yx", "", 1, 0, True, False, None])
_WORDS = st.sampled_from(["x", "X", "xy", "y"])
_FILTERS = st.one_of(
    _LEAVES,
    st.booleans().map(lambda yes: {"exists": yes}),
    _WORDS.map(lambda word: {"prefix": word}),
    _WORDS.map(lambda word: {"suffix": word}),
    _WORDS.map(lambda word: {"prefix": {"equals-ignore-case": word}}),
    _WORDS.map(lambda word: {"equals-ignore-case": word}),
    st.lists(_WORDS, min_size=1, max_size=2).map(lambda words: {"anything-but": words}),
    st.lists(st.sampled_from([0, 1]), min_size=1, max_size=2).map(lambda n: {"anything-but": n}),
    st.tuples(st.sampled_from(["prefix", "suffix", "equals-ignore-case"]), _WORDS).map(
        lambda pair: {"anything-but": {pair[0]: [pair[1]]}}
    ),
)
_LISTS = st.lists(_FILTERS, min_size=1, max_size=2)
_NAMES = st.sampled_from(["a", "b"])
_FLAT = st.dictionaries(_NAMES, _LISTS, min_size=1, max_size=2)
_NODES = st.dictionaries(_NAMES, st.one_of(_LISTS, _FLAT), min_size=1, max_size=2)
_PATTERNS = st.one_of(
    _NODES,
    st.tuples(_NODES, st.lists(_NODES, min_size=2, max_size=2)).map(
        lambda both: {**both[0], "$or": both[1]}
    ),
)
_VALUES = ["x", "X", "xy", "yx", "y", "z", "", 1, 0, True, False, None]
_EVERY_EVENT: list[dict[str, Any]] = [
    {},
    {"a": []},
    {"a": {}},
    *({"a": value} for value in _VALUES),
    *({"a": [one, other]} for one in _VALUES for other in ("x", 1)),
]


def _fields(draw: Any, node: dict[str, Any]) -> dict[str, Any]:
    """Return fields with the names of a pattern. They may match it or not."""
    fields: dict[str, Any] = {}
    for name, wanted in node.items():
        if name == "$or":
            fields |= _fields(draw, draw(st.sampled_from(wanted)))
        elif isinstance(wanted, dict):
            inner = [_fields(draw, wanted) for _ in range(draw(st.integers(1, 2)))]
            fields[name] = draw(st.sampled_from([inner, inner[0]]))
        elif draw(st.integers(0, 4)):
            plain = [item for item in wanted if not isinstance(item, dict)]
            fields[name] = draw(st.sampled_from([*_VALUES, *plain * 5]))
    return fields


@st.composite
def _pairs(draw):
    """Return a pattern, and the same pattern after changes that people make."""
    old = draw(_PATTERNS)
    new = json.loads(json.dumps(old))
    for _ in range(draw(st.integers(0, 2))):
        names = [name for name in new if name != "$or"]
        name = draw(st.sampled_from([*names, "a"])) if names else "a"
        what = draw(st.sampled_from(["add", "drop", "replace", "item"]))
        if what == "drop" and len(new) > 1:
            new.pop(name, None)
        elif what == "item" and isinstance(new.get(name), list):
            new[name].append(draw(_FILTERS))
        else:
            new[name] = draw(_LISTS)
    return old, new


def _lost(old: dict[str, Any], new: dict[str, Any], events: list[dict[str, Any]]) -> list[Any]:
    wide, narrow = json.dumps(new), json.dumps(old)
    return [each for each in events if matches(narrow, each) and not matches(wide, each)]


@settings(max_examples=300)
@given(_LISTS, _LISTS)
def test_a_proof_loses_no_value(old, new):
    """The sandbox's matcher, which shares no code with the proof, agrees on every value."""
    one, other = {"a": old}, {"a": new}
    if not what_may_match_less(one, other):
        assert _lost(one, other, _EVERY_EVENT) == []


@settings(max_examples=150)
@given(_pairs(), st.data())
def test_a_proof_loses_no_event(pair, data):
    """The patterns have several fields, nested fields and alternatives."""
    old, new = pair
    assert pattern_errors(json.dumps(old)) + pattern_errors(json.dumps(new)) == []
    if not what_may_match_less(old, new):
        assert _lost(old, new, [_fields(data.draw, old) for _ in range(6)]) == []
