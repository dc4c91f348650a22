"""The sandbox matches events to patterns as EventBridge does."""

import json

import pytest

from sandbox.events.matching import matches

EVENT = {
    "source": "aws.kms",
    "resources": [],
    "detail": {
        "name": "ScheduleKeyDeletion",
        "errorCode": None,
        "days": 7,
        "flag": True,
        "ip": "10.0.0.9",
        "path": "a/lib/b.PNG",
        "empty": {},
        "a.b": "dotted",
        "deep": {"x": "y"},
        "tags": ["red", "blue"],
        "items": [{"k": "a", "v": 1}, {"k": "b", "v": 2}],
    },
}


@pytest.mark.parametrize(
    ("detail", "expected"),
    [
        ({"name": ["ScheduleKeyDeletion", "x"]}, True),
        ({"name": ["schedulekeydeletion"]}, False),
        ({"name": [{"equals-ignore-case": "schedulekeydeletion"}]}, True),
        ({"name": [{"prefix": "Schedule"}]}, True),
        ({"name": [{"prefix": "schedule"}]}, False),
        ({"name": [{"prefix": {"equals-ignore-case": "schedule"}}]}, True),
        ({"name": [{"suffix": "Deletion"}]}, True),
        ({"path": [{"suffix": ".png"}]}, False),
        ({"path": [{"suffix": {"equals-ignore-case": ".png"}}]}, True),
        ({"path": [{"wildcard": "*/lib/*"}]}, True),
        ({"path": [{"wildcard": "lib/*"}]}, False),
        ({"path": [{"wildcard": "a/lib/b\\*PNG"}]}, False),
        ({"days": [{"numeric": [">", 6, "<=", 7]}]}, True),
        ({"days": [{"numeric": [">", 7]}]}, False),
        ({"flag": [{"numeric": ["=", 1]}]}, False),
        ({"flag": [True]}, True),
        ({"flag": [1]}, False),
        ({"ip": [{"cidr": "10.0.0.0/24"}]}, True),
        ({"ip": [{"cidr": "10.0.1.0/24"}]}, False),
        ({"name": [{"cidr": "10.0.0.0/24"}]}, False),
        ({"name": [{"anything-but": "x"}]}, True),
        ({"name": [{"anything-but": ["ScheduleKeyDeletion"]}]}, False),
        ({"name": [{"anything-but": {"prefix": ["Sched", "x"]}}]}, False),
        ({"name": [{"anything-but": {"suffix": "x"}}]}, True),
        ({"name": [{"anything-but": {"wildcard": "*Key*"}}]}, False),
        ({"nothing": [{"anything-but": "x"}]}, False),
        ({"nothing": [{"exists": False}]}, True),
        ({"nothing": {"inside": [{"exists": False}]}}, True),
        ({"deep": {"x": [{"exists": False}]}}, False),
        ({"deep": {"x": [{"exists": True}]}}, True),
        ({"errorCode": [{"exists": True}]}, True),
        ({"errorCode": [None]}, True),
        ({"empty": [{"exists": True}]}, False),
        ({"a.b": ["dotted"]}, True),
        ({"a": {"b": ["dotted"]}}, False),
        ({"tags": ["blue"]}, True),
        ({"tags": ["green"]}, False),
        ({"items": {"k": ["a"], "v": [1]}}, True),
        ({"items": {"k": ["a"], "v": [2]}}, False),
        ({"$or": [{"name": ["x"]}, {"days": [7]}]}, True),
        ({"$or": [{"name": ["x"]}, {"days": [8]}]}, False),
        ({"days": [8], "$or": [{"name": ["x"]}, {"days": [7]}]}, False),
    ],
)
def test_each_operator_matches_what_eventbridge_matches(detail, expected):
    """Most operators have a value that matches and a similar one that does not."""
    assert matches(json.dumps({"source": ["aws.kms"], "detail": detail}), EVENT) == expected


def test_all_fields_of_a_pattern_have_to_match():
    """One matching field is not enough."""
    pattern = {"source": ["aws.sns"], "detail": {"days": [7]}}
    assert not matches(json.dumps(pattern), EVENT)


def test_an_empty_array_of_the_event_has_no_value():
    """The field `resources` of a CloudTrail event is an example."""
    assert not matches('{"resources": [{"prefix": "arn:"}]}', EVENT)
    assert matches('{"resources": [{"exists": false}]}', EVENT)
