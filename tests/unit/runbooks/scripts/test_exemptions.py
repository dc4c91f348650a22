"""Exemptions that a script decides: by tags, and with an end date."""

from datetime import UTC, datetime

import pytest

from reprieve.runbooks.scripts import enable, rescue
from reprieve.runbooks.scripts.exemptions import exemption_of
from tests.unit.runbooks.scripts.fake_aws import ACCOUNT, PLACE, arn_of
from tests.unit.runbooks.scripts.test_patrol import SESSION, ago, patrol, pending, scheduled

__all__ = ["pending"]  # a fixture

ADMIN = f"AssumedRole:{ACCOUNT}:Admin"
CALLER = {"Caller": ADMIN, "Until": "2026-01-31", "Text": "deletions by Admin, until 2026-01-31"}
KEY = {"Key": "k", "Until": "2026-01-31", "Text": "the key k, until 2026-01-31"}
TAGS = {"Tags": {"exempt": "true", "old": "yes"}, "Text": "keys with the tag exempt=true"}
EVENTS = PLACE | {
    "KeyId": arn_of("k"),
    "Topics": ["alerts"],
    "CalledAt": "2026-01-31T23:59:59Z",
    "CalledBy": ADMIN,
    "Deployers": [],
    "OwnKeyTag": "reprieve:alert-key",
    "ReEnable": False,
}
LAST_SECOND = datetime(2026, 1, 31, 23, 59, 59, tzinfo=UTC)
NEXT_DAY = datetime(2026, 2, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("exemption", "caller", "at", "tags", "covered"),
    [
        (CALLER, ADMIN, LAST_SECOND, {}, True),
        (CALLER, ADMIN, NEXT_DAY, {}, False),
        (CALLER, f"AssumedRole:{ACCOUNT}:Admins", LAST_SECOND, {}, False),
        (CALLER, "", LAST_SECOND, {}, False),
        (KEY, "", LAST_SECOND, {}, True),
        (KEY | {"Key": arn_of("k")}, "", LAST_SECOND, {}, True),
        (KEY | {"Key": "j"}, "", LAST_SECOND, {}, False),
        (KEY, "", NEXT_DAY, {}, False),
        (TAGS, "", NEXT_DAY, {"exempt": "true"}, True),
        (TAGS, "", NEXT_DAY, {"old": "yes", "other": "x"}, True),
        (TAGS, "", NEXT_DAY, {"exempt": "false"}, False),
        (TAGS, "", NEXT_DAY, {"Exempt": "true"}, False),
        (TAGS | {"Until": "2026-01-31"}, "", NEXT_DAY, {"exempt": "true"}, False),
    ],
)
def test_what_an_exemption_covers(exemption, caller, at, tags, covered):
    """Up to the end of its last day, in UTC."""
    found = exemption_of([exemption], arn_of("k"), caller, at, lambda: tags)
    assert found == (exemption["Text"] if covered else "")


def test_tags_are_read_only_if_an_exemption_needs_them():
    """KMS answers few such calls a second."""

    def tags():
        raise AssertionError

    assert exemption_of([KEY, TAGS], arn_of("k"), "", LAST_SECOND, tags) == KEY["Text"]
    assert exemption_of([CALLER], arn_of("k"), "", LAST_SECOND, tags) == ""


def test_an_exempt_deletion_is_left_and_the_message_says_until_when(aws):
    """And how to cancel it all the same."""
    aws.keys = {"k": "PendingDeletion"}
    assert rescue.handler(EVENTS | {"Exemptions": [CALLER]}, None)["Outcome"] == "Left"
    (message,) = aws.sent
    assert "because the settings exempt deletions by Admin, until 2026-01-31." in message["Message"]
    assert "aws kms cancel-key-deletion --region eu-west-1 --key-id" in message["Message"]
    assert aws.changed == []


def test_an_ended_exemption_is_none(aws):
    """Without a new deployment."""
    aws.keys = {"k": "PendingDeletion"}
    given = EVENTS | {"Exemptions": [CALLER], "CalledAt": "2026-02-01T00:00:00Z"}
    assert rescue.handler(given, None)["Outcome"] == "Saved"


def test_a_key_whose_tags_cannot_be_read_is_rescued(aws):
    """A lost key counts more."""
    aws.keys, aws.tags = {"k": "PendingDeletion"}, {"k": ["exempt"]}
    aws.denied = {"list_resource_tags"}
    assert rescue.handler(EVENTS | {"Exemptions": [TAGS]}, None)["Outcome"] == "Saved"


def test_an_exempt_key_stays_disabled(aws):
    """With remediation.enable_disabled."""
    aws.keys, aws.tags = {"k": "Disabled"}, {"k": ["exempt"]}
    assert enable.handler(EVENTS | {"Exemptions": [TAGS]}, None)["Outcome"] == "Left"
    assert aws.changed == []


@pytest.mark.parametrize(
    ("exemption", "rescued"),
    [
        ({"Caller": ADMIN, "Until": "2999-01-01", "Text": "x"}, False),
        ({"Caller": ADMIN, "Until": "2020-01-01", "Text": "x"}, True),
        ({"Tags": {"exempt": "true"}, "Text": "x"}, False),
        ({"Tags": {"exempt": "false"}, "Text": "x"}, True),
        ({"Key": "k", "Until": "2999-01-01", "Text": "x"}, False),
    ],
)
def test_the_patrol_decides_in_the_same_way(pending, exemption, rescued):
    """By the time of the call, not by its own: what was approved stays approved."""
    pending.history = [scheduled("k", ago(hours=2), userIdentity=SESSION)]
    pending.tags = {"k": ["exempt"]}
    patrol(pending, Exemptions=[exemption])
    assert pending.changed == (["cancel k"] if rescued else [])
