"""CloudTrail records of each kind of call: which ones match, and the alerts about them."""

import json
from pathlib import Path
from typing import Any

import pytest

from reprieve.events.inputs import cancel_key_deletion_input, runbook_input
from reprieve.events.threats import KEY_DELETION_SCHEDULED
from reprieve.messages.alerts import alert as alert_of
from reprieve.messages.forms import text as text_form
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
    transformer = text_form(alert_of(KEY_DELETION_SCHEDULED, CANCEL_KEY_DELETION))
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
        "Reprieve: a KMS key was scheduled for deletion in eu-west-1. Reprieve is cancelling it. "
        "Key 1234abcd-12ab-34cd-56ef-1234567890ab, by IAMUser alice",
        f"Key: {KEY}",
        "By: IAMUser [arn:aws:iam::111122223333:user/alice] ",
        "From: 192.0.2.7, at 2021-04-05T18:58:30Z",
        "Region: eu-west-1, account: 111122223333",
        "Deletion date (none while the key has replicas): Apr 12, 2021 18:58:30 PM",
        "Waiting period in days (30 if none was given): 7",
        "State: PendingDeletion",
        "Severity: CRITICAL",
        "When KMS deletes the key, everything that is encrypted with it is lost permanently.",
        "What to do now:",
        "Check the state of the key in 5 minutes. AWSConfigRemediation-CancelKeyDeletion sends no "
        "result, and it refuses a key that was named by its ARN:",
        "aws kms describe-key --region eu-west-1 --key-id 1234abcd-12ab-34cd-56ef-1234567890ab "
        "--query KeyMetadata.KeyState",
        "If the state is PendingDeletion or PendingReplicaDeletion, cancel the deletion:",
        f"aws kms cancel-key-deletion --region eu-west-1 --key-id {KEY}",
        "The key is then disabled. To use it again:",
        f"aws kms enable-key --region eu-west-1 --key-id {KEY}",
        "CloudTrail event: 3c4226b0-1e81-48a8-a333-7fa5f3cbd118",
    ]


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("scheduled-default-window", "Waiting period in days (30 if none was given): "),
        ("scheduled-primary-with-replicas", "Deletion date (none while the key has replicas): "),
        ("scheduled-primary-with-replicas", "State: PendingReplicaDeletion"),
        ("scheduled-typed-as-arn", f"Key: {KEY}"),
        ("scheduled-in-custom-key-store", f"Key: {KEY}"),
        (
            "scheduled-by-role-through-service",
            "By: AssumedRole [arn:aws:sts::111122223333:assumed-role/Admin/alice] "
            "cloudformation.amazonaws.com",
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
