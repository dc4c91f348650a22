"""Read the dead-letter queue, report what it holds, and then empty it."""

import json
from typing import Any

from reprieve.runbooks.scripts.calls import Calls, is_missing_queue
from reprieve.runbooks.scripts.messages import printable, publish

# How many events one report describes.
_BATCH = 100
# How many lines one message has of a report, and how many characters a line: SNS takes 256 KB.
_LINES = 200
_LONGEST_LINE = 1000
# How many lines a result has (`result_events`).
_RESULT_LINES = 80


def process_dead_letters(calls: Calls, events: dict[str, Any]) -> int:
    """Report every event that EventBridge could not deliver; return how many there were.

    An event is deleted from the queue once its report is sent, not before.
    """
    sqs = calls.client("sqs")
    try:
        url = calls.make(sqs.get_queue_url, QueueName=events["DeadLetters"])["QueueUrl"]
    except Exception as error:
        if is_missing_queue(error):
            return 0  # the check of this guard, from the Region before it, reports that
        raise
    total = 0
    while batch := _receive(calls, sqs, url):
        lines = [line[:_LONGEST_LINE] for message in batch for line in _described_letter(message)]
        count = "1 event" if len(batch) == 1 else f"{len(batch)} events"
        for first in range(0, len(lines), _LINES):
            publish(
                calls,
                events,
                f"{count} not delivered",
                f"EventBridge could not deliver {count} in {events['Region']}, so an alert or a "
                "rescue is missing. The patrol now checks every key. Run 'reprieve status' to find "
                "the cause.",
                "Not delivered:",
                *lines[first : first + _LINES],
            )
        for message in batch:
            calls.make(sqs.delete_message, QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        total += len(batch)
    return total


def _receive(calls: Calls, sqs: Any, url: str) -> list[dict[str, Any]]:
    batch: list[dict[str, Any]] = []
    while len(batch) < _BATCH and calls.seconds_left > 0:
        answer = calls.make(
            sqs.receive_message,
            QueueUrl=url,
            MaxNumberOfMessages=10,
            MessageAttributeNames=["All"],
            VisibilityTimeout=300,
            WaitTimeSeconds=1,
        )
        messages = answer.get("Messages", [])
        batch += messages
        if not messages:
            break
    return batch


def _described_letter(message: dict[str, Any]) -> list[str]:
    """Return a line about a letter, and the lines of the result that it holds, if it does.

    A result may be an earlier report, whose letters are deleted: so no line is left out.
    """
    attributes = {
        name: each.get("StringValue", "")
        for name, each in message.get("MessageAttributes", {}).items()
    }
    if "TARGET_ARN" not in attributes:
        reason = attributes.get("ErrorMessage") or attributes.get("ErrorCode", "")
        return [printable(f"{_summary(message['Body'])}, missing: its delivery by SNS ({reason})")]
    lost = "its rescue" if ":ssm:" in attributes["TARGET_ARN"] else "its alert"
    lines: list[str] = []
    try:
        event = json.loads(message["Body"])
        detail, kind = event.get("detail") or {}, event.get("detail-type")
        if kind == "Scheduled Event":
            lost = "a patrol"
        what = [detail.get("eventName") or kind]
        what += filter(None, map(detail.get, ("subject", "alarmName", "ExecutionId")))
        facts = [": ".join(map(str, what))]
        for name, each in (
            ("account", event.get("account")),
            ("Region", event.get("region")),
            ("key", (detail.get("requestParameters") or {}).get("keyId") or detail.get("key")),
            ("at", detail.get("eventTime") or event.get("time")),
            ("by", (detail.get("userIdentity") or {}).get("arn")),
        ):
            if each:
                facts.append(f"{name} [{each}]" if name == "by" else f"{name} {each}")
        if isinstance(detail.get("lines"), list):
            lines = [f"  {each}" for each in detail["lines"][:_RESULT_LINES]]
    except (ValueError, TypeError, AttributeError):
        facts = ["an event that cannot be read"]
    reason = attributes.get("ERROR_MESSAGE") or attributes.get("ERROR_CODE", "")
    facts.append(f"missing: {lost} ({reason})")
    return [printable(each) for each in (", ".join(facts), *lines)]


def _summary(body: str) -> str:
    """Return what a message to a channel says, which SNS left: in its envelope, or alone."""
    try:
        content = json.loads(body)
        text = content.get("Message") or body
        return str(json.loads(text)["summary"])
    except (ValueError, KeyError, TypeError, AttributeError):
        return f"a message to a channel: {body[:200]}"
