"""CloudTrail records of each kind of call: which ones match, and the alerts about them."""

import json
from pathlib import Path
from typing import Any

import pytest

from reprieve.events.alerts import alert as alert_of
from reprieve.events.alerts import cancel_key_deletion_input, runbook_input
from reprieve.events.threats import KEY_DELETION_SCHEDULED
from reprieve.runbooks.runbook import CANCEL_KEY_DELETION
from sandbox.events.matching import matches
from sandbox.events.transformer import transform

RECORDS = {path.stem: path for path in (Path(__file__).parent / "records").glob("*.json")}
SCHEDULED = sorted(name for name in RECORDS if name.startswith("scheduled"))
NEAR_MISSES = sorted(name for name in RECORDS if name.startswith("near-miss"))

KEY = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
RULE = "arn:aws:events:eu-west-1:111122223333:rule/reprieve-key-deletion-scheduled"


def record(name: str) -> dict[str, Any]:
    """Return the event as EventBridge gets it."""
    event: dict[str, Any] = json.loads(RECORDS[name].read_text())
    return event


def alert(name: str) -> list[str]:
    """Return the lines of the alert about a record, without their quotation marks."""
    transformer = alert_of(KEY_DELETION_SCHEDULED, CANCEL_KEY_DELETION)
    text = transform(target(transformer), record(name), RULE)
    return [line[1:-1] for line in text.splitlines()]


def target(transformer) -> dict[str, Any]:
    """Return an EventBridge target with this transformer."""
    return {
        "Id": "target",
        "Arn": "arn:aws:sns:eu-west-1:111122223333:reprieve-alerts",
        "InputTransformer": {
            "InputPathsMap": transformer.paths,
            "InputTemplate": transformer.template,
        },
    }


@pytest.mark.parametrize("name", SCHEDULED)
def test_a_scheduled_deletion_matches(name):
    """By any caller, with the id or the ARN of the key, for every kind of key."""
    assert matches(json.dumps(KEY_DELETION_SCHEDULED.event_pattern), record(name))


@pytest.mark.parametrize("name", NEAR_MISSES)
def test_a_near_miss_does_not_match(name):
    """A failed call, another call and another source send no alert."""
    assert not matches(json.dumps(KEY_DELETION_SCHEDULED.event_pattern), record(name))


def test_both_kinds_of_records_exist():
    """The tests above would pass on an empty folder."""
    assert len(SCHEDULED) >= 7
    assert len(NEAR_MISSES) >= 7


def test_the_alert_of_a_plain_call():
    """The whole text."""
    assert alert("scheduled") == [
        "REPRIEVE: a KMS key was scheduled for deletion",
        "Severity: CRITICAL",
        f"Key: {KEY}",
        "Waiting period in days (30 if none was given): 7",
        "Deleted on (empty while replicas exist): Apr 12, 2021 18:58:30 PM",
        "State: PendingDeletion",
        "Region: eu-west-1",
        "Account: 111122223333",
        "By: [arn:aws:iam::111122223333:user/alice] ",
        "From: 192.0.2.7",
        "At: 2021-04-05T18:58:30Z",
        "At the end of the waiting period everything that it encrypted is lost for good.",
        "BEING TAKEN BACK: Systems Manager was asked to run AWSConfigRemediation-CancelKeyDeletion."
        " It refuses a key that was named by its ARN, so check:",
        f"aws kms describe-key --region eu-west-1 --key-id {KEY}",
        "If the state is not Disabled or Enabled within five minutes, do it by hand:",
        f"aws kms cancel-key-deletion --region eu-west-1 --key-id {KEY}",
        "The key then stays disabled until somebody enables it:",
        f"aws kms enable-key --region eu-west-1 --key-id {KEY}",
        "CloudTrail event: 3c4226b0-1e81-48a8-a333-7fa5f3cbd118",
    ]


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("scheduled-default-window", "Waiting period in days (30 if none was given): "),
        ("scheduled-primary-with-replicas", "Deleted on (empty while replicas exist): "),
        ("scheduled-primary-with-replicas", "State: PendingReplicaDeletion"),
        ("scheduled-typed-as-arn", f"Key: {KEY}"),
        ("scheduled-in-custom-key-store", f"Key: {KEY}"),
        (
            "scheduled-by-role-through-service",
            "By: [arn:aws:sts::111122223333:assumed-role/Admin/alice] cloudformation.amazonaws.com",
        ),
    ],
)
def test_the_alert_of_an_event_with_missing_or_additional_fields(name, line):
    """The label makes sense without the value, and the key is always its ARN."""
    assert line in alert(name)


def test_the_alert_contains_no_free_text_of_the_caller():
    """EventBridge does not escape values: a user agent could forge a line, or break the alert."""
    assert alert("scheduled") == alert("scheduled-with-hostile-user-agent")


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("scheduled", "1234abcd-12ab-34cd-56ef-1234567890ab"),
        ("scheduled-primary-with-replicas", "mrk-1234abcd12ab34cd56ef1234567890ab"),
        ("scheduled-typed-as-arn", KEY),
    ],
)
def test_amazons_runbook_gets_the_key_as_the_caller_named_it(name, key):
    """In lists, as Systems Manager requires."""
    role = "arn:aws:iam::111122223333:role/reprieve-automation"
    parameters = json.loads(transform(target(cancel_key_deletion_input(role)), record(name), RULE))
    assert parameters == {"KeyId": [key], "AutomationAssumeRole": [role]}


@pytest.mark.parametrize("name", SCHEDULED)
def test_reprieves_runbook_always_gets_the_arn_of_the_key(name):
    """The topic for its message, when the call was made, and the caller's name."""
    role = "arn:aws:iam::111122223333:role/reprieve-automation"
    topic = "arn:aws:sns:eu-west-1:111122223333:reprieve-alerts"
    event = record(name)
    parameters = json.loads(
        transform(target(runbook_input(KEY_DELETION_SCHEDULED, role, topic)), event, RULE)
    )
    assert parameters == {
        "KeyId": [event["detail"]["resources"][0]["ARN"]],
        "AutomationAssumeRole": [role],
        "TopicArn": [topic],
        "CalledAt": [event["detail"]["eventTime"]],
        "CalledBy": [
            "AssumedRole:111122223333:Admin"
            if name == "scheduled-by-role-through-service"
            else "IAMUser:111122223333:alice"
        ],
    }
