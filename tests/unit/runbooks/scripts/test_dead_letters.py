"""What becomes of events that EventBridge could not deliver."""

import json

import pytest
from botocore.exceptions import ClientError

from reprieve.runbooks.scripts.calls import Calls
from reprieve.runbooks.scripts.dead_letters import process_dead_letters
from reprieve.runbooks.scripts.event_messages import publish
from tests.unit.runbooks.scripts.fake_aws import PLACE, USER, arn_of

EVENTS = PLACE | {"DeadLetters": "reprieve-dead-letters", "Topics": ["alerts"]}
WHERE = {"account": "444455556666", "region": "ap-south-1"}
"""Where an event comes from, which is not always where the queue is: a hub receives events."""
EVENT = WHERE | {
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
    facts = (
        "ScheduleKeyDeletion, account 444455556666, Region ap-south-1, "
        f"key {arn_of('k')}, at 2026-01-31T12:00:00Z, by [{USER}]"
    )
    assert process(aws) == (
        2,
        [
            f"{facts}, missing: its alert (no permission)",
            f"{facts}, missing: its rescue (THROTTLING)",
        ],
    )
    assert aws.sent[0]["Subject"] == "Reprieve: 2 events not delivered (eu-west-1)"
    assert aws.changed == ["delete 1", "delete 2"]


RESULT = WHERE | {
    "source": "reprieve",
    "detail-type": "Reprieve Result",
    "time": "2026-02-01T12:00:00Z",
    "detail": {
        "subject": "ACT NOW: KMS key NOT saved",
        "lines": ["Reprieve could NOT cancel the deletion.", "aws kms cancel-key-deletion"],
        "key": arn_of("k"),
        "region": "ap-south-1",
        "account": "444455556666",
    },
}
HUB = "arn:aws:events:eu-west-1:111122223333:event-bus/reprieve-hub"


@pytest.mark.parametrize(
    ("kind", "detail", "target", "expected"),
    [
        (
            "Reprieve Result",
            RESULT["detail"],
            HUB,
            [
                "Reprieve Result: ACT NOW: KMS key NOT saved, account 444455556666, Region "
                f"ap-south-1, key {arn_of('k')}, at 2026-02-01T12:00:00Z, missing: its alert "
                "(no answer)",
                "  Reprieve could NOT cancel the deletion.",
                "  aws kms cancel-key-deletion",
            ],
        ),
        (
            "CloudWatch Alarm State Change",
            {"alarmName": "reprieve-storm", "state": {"value": "ALARM"}},
            HUB,
            [
                "CloudWatch Alarm State Change: reprieve-storm, account 444455556666, Region "
                "ap-south-1, at 2026-02-01T12:00:00Z, missing: its alert (no answer)"
            ],
        ),
        (
            "EC2 Automation Execution Status-change Notification",
            {"ExecutionId": "0b7fd7dd", "Definition": "reprieve-rescue-key-1", "Status": "Failed"},
            HUB,
            [
                "EC2 Automation Execution Status-change Notification: 0b7fd7dd, account "
                "444455556666, Region ap-south-1, at 2026-02-01T12:00:00Z, missing: its alert "
                "(no answer)"
            ],
        ),
        (
            "Scheduled Event",
            {},
            "arn:aws:ssm:eu-west-1:111122223333:automation-definition/reprieve-patrol-1",
            [
                "Scheduled Event, account 444455556666, Region ap-south-1, at "
                "2026-02-01T12:00:00Z, missing: a patrol (no answer)"
            ],
        ),
    ],
)
def test_a_letter_of_each_kind_says_what_it_held(aws, kind, detail, target, expected):
    """The letter is deleted, so the report has everything that somebody needs."""
    body = WHERE | {"detail-type": kind, "time": "2026-02-01T12:00:00Z", "detail": detail}
    aws.letters = [letter(1, json.dumps(body), target, ERROR_MESSAGE="no answer")]
    process(aws)
    (message,) = aws.sent
    lines = message["Message"].splitlines()
    begin = lines.index("Not delivered:") + 1
    assert lines[begin : lines.index("", begin)] == expected


def test_a_report_that_was_not_delivered_is_a_part_of_the_next_one(aws, monkeypatch):
    """A spoke cannot reach its hub for days: the second report still has the key and the caller."""
    entries: list[dict[str, str]] = []

    def put_events(Entries):  # noqa: N803 - AWS's name
        entries.extend(Entries)
        return {"FailedEntryCount": 0}

    monkeypatch.setattr(aws, "put_events", put_events, raising=False)
    monkeypatch.setattr("reprieve.runbooks.scripts.dead_letters.publish", publish)
    bodies = [json.dumps(EVENT)] * 100
    for _ in range(4):
        aws.letters = [letter(number, body, HUB) for number, body in enumerate(bodies)]
        entries.clear()
        process_dead_letters(Calls("eu-west-1", 60), EVENTS | {"Kind": "patrol"})
        text = "\n".join(json.loads(each["Detail"])["text"] for each in entries)
        assert text.count(f"key {arn_of('k')}, at 2026-01-31T12:00:00Z, by [{USER}]") == 100
        assert max(len(each["Detail"]) for each in entries) < 256 * 1024
        bodies = [json.dumps(RESULT | {"detail": json.loads(each["Detail"])}) for each in entries]


def test_a_long_report_is_sent_as_several_messages(aws):
    """SNS takes 256 KB. Results of any length may be in a queue."""
    long = RESULT | {"detail": {"lines": ["x" * 9000] * 500}}
    aws.letters = [letter(number, json.dumps(long), HUB) for number in range(10)]
    process(aws)
    assert max(len(each["Message"]) for each in aws.sent) < 256 * 1024
    text = "\n".join(each["Message"] for each in aws.sent)
    assert text.count("x" * 900) == 10 * 80
    assert aws.changed == [f"delete {number}" for number in range(10)]


def test_an_event_with_fields_of_another_form_is_reported_too(aws):
    """A `[[watch]]` may match any event."""
    odd = [WHERE | {"detail-type": "x", "detail": {"lines": lines}} for lines in (7, {"a": 1}, "a")]
    odd.append(WHERE | {"detail-type": "x", "detail": {"subject": {"name": "y"}, "lines": [7]}})
    aws.letters = [letter(number, json.dumps(each)) for number, each in enumerate(odd)]
    where = "account 444455556666, Region ap-south-1, missing: its alert ()"
    assert process(aws) == (4, [f"x, {where}"] * 3 + [f"x: {{'name': 'y'}}, {where}"])


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
