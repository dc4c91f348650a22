"""Which call put a key into its state."""

import json
from datetime import UTC, datetime, timedelta
from unittest.mock import Mock

from reprieve.sweep.cloudtrail import find_cause, find_scheduling, read_calls

KEY = "arn:aws:kms:eu-west-1:111122223333:key/1"
NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


def event(name, hours, **record):
    """Return an event of the history; `hours` after noon."""
    by = f"arn:aws:iam::111122223333:user/{name}"
    return {
        "EventTime": NOON + timedelta(hours=hours),
        "EventId": f"{name}-{hours}",
        "CloudTrailEvent": json.dumps(
            {"eventName": name, "userIdentity": {"arn": by}, "resources": [{"ARN": KEY}]} | record
        ),
    }


def account_with(*events):
    """Return an account whose history has these events, newest first."""

    def paginate(LookupAttributes):  # noqa: N803 - boto3's name
        name = LookupAttributes[0]["AttributeValue"]
        return [{"Events": [each for each in events if each["EventId"].startswith(name)]}]

    account = Mock()
    account.client.return_value.get_paginator.return_value = Mock(paginate=paginate)
    return account


def cause(calls, key, state):
    """Return the id of the event that explains a key's state; None if none does."""
    call = find_cause(calls, key, state)
    return call.event_id if call else None


def test_the_last_successful_call_is_the_cause():
    """A disabled key was disabled, or its deletion was cancelled: the later call counts."""
    account = account_with(
        event("DisableKey", 5, errorCode="AccessDenied"),
        event("CancelKeyDeletion", 3),
        event("ScheduleKeyDeletion", 2),
        event("DisableKey", 1),
        event("ScheduleKeyDeletion", 0),
    )
    calls, problems = read_calls(account, "eu-west-1", 30)
    assert problems == []
    assert cause(calls, KEY, "Disabled") == "CancelKeyDeletion-3"
    assert cause(calls, KEY, "PendingDeletion") == "ScheduleKeyDeletion-2"
    assert cause(calls, f"{KEY}2", "PendingDeletion") is None


def test_only_what_leads_to_a_state_is_its_cause():
    """A key store that was disconnected is none's call; deleted material is no disabled key."""
    account = account_with(
        event("DisableKey", 9),
        event("DeleteImportedKeyMaterial", 8),
        event("CancelKeyDeletion", 3),
        event("ScheduleKeyDeletion", 2),
    )
    calls, _ = read_calls(account, "eu-west-1", 30)
    assert cause(calls, KEY, "Unavailable") == "CancelKeyDeletion-3"
    assert cause(calls, KEY, "PendingImport") == "DeleteImportedKeyMaterial-8"
    assert cause(calls, KEY, "Disabled") == "DisableKey-9"


def test_the_cancelled_scheduling_is_the_one_before():
    """A later one was not cancelled by that call."""
    calls, _ = read_calls(account_with(event("ScheduleKeyDeletion", 2)), "eu-west-1", 30)
    found = find_scheduling(calls, KEY, before=NOON + timedelta(hours=3))
    assert found is not None
    assert found.event_id == "ScheduleKeyDeletion-2"
    assert find_scheduling(calls, KEY, before=NOON + timedelta(hours=1)) is None


def test_an_event_of_another_form_is_skipped():
    """CloudTrail may change its records; the other events still count."""
    odd = event("DisableKey", 2) | {"CloudTrailEvent": "no JSON"}
    calls, problems = read_calls(account_with(odd, event("DisableKey", 1)), "eu-west-1", 30)
    assert problems == []
    assert cause(calls, KEY, "Disabled") == "DisableKey-1"


def test_a_federated_user_is_not_the_user_who_issued_its_session():
    """As for the guard: only a role stands for its sessions."""
    federated = "arn:aws:sts::111122223333:federated-user/alice"
    issuers = {
        "Role": "arn:aws:iam::111122223333:role/Admin",
        "IAMUser": "arn:aws:iam::111122223333:user/alice",
    }
    found = {}
    for kind, issuer in issuers.items():
        session = {"sessionIssuer": {"type": kind, "arn": issuer}}
        identity = {"arn": federated, "sessionContext": session}
        calls, _ = read_calls(
            account_with(event("ScheduleKeyDeletion", 0, userIdentity=identity)), "eu-west-1", 30
        )
        found[kind] = calls["ScheduleKeyDeletion", KEY].principal
    assert found == {"Role": issuers["Role"], "IAMUser": federated}
