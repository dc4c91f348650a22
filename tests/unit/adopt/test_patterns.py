"""Which rules count as the pattern's, by their event patterns, and what these leave out."""

import pytest

from reprieve.adopt.patterns import (
    event_names,
    gaps,
    names_deletions,
    reacts_to_deletions,
    unwatched_names,
)
from reprieve.events.threats import BY_NAME, KEY_DELETION_SCHEDULED
from reprieve.settings.schema import WatchSettings
from tests.support.aws_pattern import PATTERN
from tests.unit.adopt.making import settings

DETAIL = PATTERN["detail"]


def with_detail(**fields):
    """Return the pattern with these fields in its detail."""
    return PATTERN | {"detail": DETAIL | fields}


@pytest.mark.parametrize(
    ("pattern", "named", "reacts"),
    [
        (PATTERN, True, True),
        (with_detail(eventName=["DisableKey", "ScheduleKeyDeletion"]), True, True),
        (with_detail(awsRegion=["eu-west-1"]), True, False),
        (
            {"source": ["aws.kms"], "$or": [{"detail": DETAIL}, {"detail": {"a": ["b"]}}]},
            True,
            True,
        ),
        ({"source": ["aws.kms"]}, False, True),
        (with_detail(eventName=[{"prefix": "Schedule"}]), False, True),
        (with_detail(eventName=["DisableKey"]), False, False),
        ({"source": [{"prefix": "aws."}]}, False, False),
        ({"source": ["aws.ec2"]}, False, False),
    ],
)
def test_what_reacts_to_scheduled_deletions(pattern, named, reacts):
    """It names the call, or matches all of KMS; a rule for everything is none of the pattern."""
    assert (names_deletions(pattern), reacts_to_deletions(pattern)) == (named, reacts)


def test_amazons_pattern_matches_all_scheduled_deletions_and_no_other_threat():
    """It has no filter on denied calls, so it matches more than Reprieve's."""
    assert gaps(PATTERN, KEY_DELETION_SCHEDULED.event_pattern) == []
    others = {name for name, each in BY_NAME.items() if not gaps(PATTERN, each.event_pattern)}
    assert others == {KEY_DELETION_SCHEDULED.name}


def test_a_pattern_that_is_newer_than_the_check_is_not_judged():
    """EventBridge accepted it; what it matches is unknown."""
    newer = with_detail(eventName=[{"regex": "Schedule.*"}])
    assert gaps(newer, KEY_DELETION_SCHEDULED.event_pattern) == [
        "Reprieve cannot compare its pattern"
    ]


def test_calls_that_only_the_old_pattern_names():
    """Each with the threat that would watch it, if there is one."""
    old = with_detail(eventName=["ScheduleKeyDeletion", "DeleteAlias", "CancelKeyDeletion"])
    found = unwatched_names([old, PATTERN], settings())
    assert found == {"DeleteAlias": BY_NAME["alias-deleted"], "CancelKeyDeletion": None}


def test_a_watch_of_the_settings_counts():
    """Nothing is lost then."""
    watch = WatchSettings(
        name="cancelled",
        summary="a deletion was cancelled",
        pattern='{"source": ["aws.kms"], "detail": {"eventName": ["CancelKeyDeletion"]}}',
    )
    old = with_detail(eventName=["ScheduleKeyDeletion", "CancelKeyDeletion"])
    assert unwatched_names([old], settings(watch=(watch,))) == {}


def test_names_with_dots_are_read_too():
    """EventBridge treats both forms alike."""
    assert event_names({"detail.eventName": ["ScheduleKeyDeletion"]}) == ["ScheduleKeyDeletion"]
