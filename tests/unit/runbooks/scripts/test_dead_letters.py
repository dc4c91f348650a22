"""What becomes of events that EventBridge could not deliver."""

import json

import pytest
from botocore.exceptions import ClientError

from reprieve.runbooks.scripts.calls import Calls
from reprieve.runbooks.scripts.dead_letters import process_dead_letters
from tests.unit.runbooks.scripts.fake_aws import PLACE, USER, arn_of

EVENTS = PLACE | {"DeadLetters": "reprieve-dead-letters", "Topics": ["alerts"]}
EVENT = {
    "detail-type": "AWS API Call via CloudTrail",
    "detail": {
        "eventName": "ScheduleKeyDeletion",
        "eventTime": "2026-01-31T12:00:00Z",
        "requestParameters": {"keyId": arn_of("k")},
        "userIdentity": {"arn": USER},
    },
}


def letter(number: int, body: str, target: str = "arn:aws:sns:x", **attributes: str):
    """Return a message of the queue, as EventBridge leaves it."""
    given = {"TARGET_ARN": target} | attributes
    return {
        "ReceiptHandle": str(number),
        "Body": body,
        "MessageAttributes": {name: {"StringValue": text} for name, text in given.items()},
    }


def process(aws) -> tuple[int, list[str]]:
    """Return how many letters there were, and the lines about them."""
    count = process_dead_letters(Calls("eu-west-1", 60), EVENTS)
    return count, [
        line for each in aws.sent for line in each["Message"].splitlines() if "missing: " in line
    ]


def test_an_empty_queue_and_a_missing_one_send_nothing(aws):
    """Another Region's patrol reports the missing one."""
    assert process(aws) == (0, [])
    aws.guarded_since = None
    assert process(aws) == (0, [])


def test_a_letter_is_reported_and_then_deleted(aws):
    """What was lost, about which key, by whom, and why."""
    aws.letters = [
        letter(1, json.dumps(EVENT), ERROR_MESSAGE="no permission"),
        letter(2, json.dumps(EVENT), "arn:aws:ssm:x", ERROR_CODE="THROTTLING"),
    ]
    facts = f"ScheduleKeyDeletion, key {arn_of('k')}, at 2026-01-31T12:00:00Z, by [{USER}]"
    assert process(aws) == (
        2,
        [
            f"{facts}, missing: its alert (no permission)",
            f"{facts}, missing: its rescue (THROTTLING)",
        ],
    )
    assert aws.sent[0]["Subject"] == "Reprieve: 2 events not delivered (eu-west-1)"
    assert aws.changed == ["delete 1", "delete 2"]


def test_a_message_that_sns_left_is_reported_too(aws):
    """In its envelope, or alone; in the machine form, or as a text."""
    said = json.dumps({"summary": "Reprieve: a KMS key was disabled"})
    aws.letters = [
        {
            "ReceiptHandle": str(number),
            "Body": body,
            "MessageAttributes": {"ErrorMessage": {"StringValue": "no answer"}},
        }
        for number, body in enumerate((json.dumps({"Message": said}), said, "a text"))
    ]
    assert process(aws) == (
        3,
        [
            "Reprieve: a KMS key was disabled, missing: its delivery by SNS (no answer)",
            "Reprieve: a KMS key was disabled, missing: its delivery by SNS (no answer)",
            "a message to a channel: a text, missing: its delivery by SNS (no answer)",
        ],
    )


def test_a_letter_that_cannot_be_read_is_reported_too(aws):
    """Anything may be in a queue; no control character reaches the message."""
    aws.letters = [letter(1, "{", ERROR_CODE="x\ny"), letter(2, "[]", ERROR_CODE="z")]
    unreadable = "an event that cannot be read, missing: its alert"
    assert process(aws) == (2, [f"{unreadable} (x?y)", f"{unreadable} (z)"])


def test_a_letter_whose_report_was_not_sent_is_kept(aws):
    """The next patrol finds it."""
    aws.letters, aws.denied = [letter(1, json.dumps(EVENT))], {"publish"}
    with pytest.raises(ClientError, match="AccessDeniedException"):
        process(aws)
    assert (aws.sent, aws.changed) == ([], [])


def test_many_letters_are_reported_a_hundred_at_a_time(aws):
    """And all of them."""
    aws.letters = [letter(number, json.dumps(EVENT)) for number in range(120)]
    count, lines = process(aws)
    assert (count, len(lines), len(aws.changed)) == (120, 120, 120)
    assert [each["Subject"] for each in aws.sent] == [
        "Reprieve: 100 events not delivered (eu-west-1)",
        "Reprieve: 20 events not delivered (eu-west-1)",
    ]
