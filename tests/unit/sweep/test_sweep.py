"""Which keys a sweep lists, whatever CloudTrail and KMS know about them."""

import json
import time
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from reprieve.settings.schema import Settings
from reprieve.sweep.sweep import sweep
from tests.unit.sweep.test_cloudtrail import event

REGION = "eu-west-1"
ACCOUNT = "111122223333"
KEY = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/1"
SETTINGS = Settings(notify={"emails": ["security@example.com"]})
TRACKED = datetime(2026, 1, 1, tzinfo=UTC)
BEFORE, AFTER = (TRACKED + timedelta(days=days) for days in (-1, 1))


class FakeAws:
    """An account with one key; its history has an endless number of pages if `page_seconds`."""

    def __init__(self, state: str, created: datetime, *events: dict[str, Any]) -> None:
        self.id = ACCOUNT
        self.page_seconds = 0.0
        self.usage: dict[str, Any] = {
            "KeyLastUsage": {},
            "KeyCreationDate": created,
            "TrackingStartDate": TRACKED,
        }
        self._state, self._events = state, events

    def client(self, service: str, region: str) -> Any:
        """Return a client: this object has the methods of every service."""
        return self

    def describe_key(self, KeyId: str) -> dict[str, Any]:  # noqa: N803 - AWS's name
        """Return the key."""
        return {"KeyMetadata": {"KeyState": self._state}}

    def get_key_last_usage(self, KeyId: str) -> dict[str, Any]:  # noqa: N803 - AWS's name
        """Return when the key was used."""
        if not self.usage:
            raise RuntimeError("denied")
        return self.usage

    def get_paginator(self, operation: str) -> Any:
        """Return the pages of CloudTrail's history."""

        def paginate(**parameters: Any) -> Any:
            (attribute,) = parameters["LookupAttributes"]
            name = attribute["AttributeValue"]
            yield {"Events": [each for each in self._events if named(each) == name]}
            while self.page_seconds:
                time.sleep(self.page_seconds)
                yield {"Events": []}

        return SimpleNamespace(paginate=paginate)


def named(found: dict[str, Any]) -> str:
    """Return the name of an event's call."""
    return str(json.loads(found["CloudTrailEvent"])["eventName"])


@pytest.fixture(autouse=True)
def one_key(monkeypatch):
    """Give every account one customer key."""
    monkeypatch.setattr(
        "reprieve.sweep.sweep.customer_keys",
        lambda account, region: [SimpleNamespace(arn=KEY, aliases=())],
    )


def swept(aws: Any, timeout: float = 30) -> Any:
    """Return the sweep of one Region."""
    return sweep(aws, SETTINGS, timeout=timeout, only=[REGION])


@pytest.mark.parametrize(("created", "count"), [(BEFORE, 1), (TRACKED, 0), (AFTER, 0)])
def test_a_key_that_lost_its_material_unnoticed_is_listed(created, count):
    """KMS does not know about its use before it began to record that, so the key may not be new."""
    found = swept(FakeAws("PendingImport", created))
    assert (len(found.keys), found.problems) == (count, ())


def test_a_key_whose_use_cannot_be_read_is_listed():
    """It may have been used."""
    aws = FakeAws("PendingImport", AFTER)
    aws.usage = {}
    found = swept(aws)
    assert len(found.keys) == 1
    assert "It is unknown when keys were last used." in found.problems[0][1]


def test_a_key_whose_material_expired_says_so():
    """KMS deletes the material: CloudTrail's event has no caller's ARN (KMS Developer Guide)."""
    identity = {"accountId": ACCOUNT, "invokedBy": "AWS Internal"}
    expired = event("DeleteExpiredKeyMaterial", 0, userIdentity=identity)
    (key,) = swept(FakeAws("PendingImport", AFTER, expired)).keys
    assert (key.call.name, key.call.by) == ("DeleteExpiredKeyMaterial", "AWS Internal")
    assert key.exempt is None


def test_a_slow_history_hides_no_key():
    """CloudTrail answers two look-ups a second: the keys are listed without their callers."""
    aws = FakeAws("PendingDeletion", AFTER, event("ScheduleKeyDeletion", 0))
    aws.page_seconds = 0.02
    found = swept(aws, timeout=1)
    (key,) = found.keys
    assert (key.state, key.call.name) == ("PendingDeletion", "ScheduleKeyDeletion")
    ((region, problem),) = found.problems
    assert region == REGION
    assert problem.startswith("CloudTrail could not be read: who made the calls is unknown.")
    assert "no answer within 0.5 seconds" in problem
