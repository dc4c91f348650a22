"""Read the dead-letter queue, report what it holds, and then empty it."""

import json
from typing import Any

from reprieve.runbooks.scripts.calls import Calls, is_missing_queue
from reprieve.runbooks.scripts.messages import printable, publish

# How many events one message describes.
_BATCH = 100


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
        lines = [_described_letter(message) for message in batch]
        count = "1 event" if len(batch) == 1 else f"{len(batch)} events"
        publish(
            calls,
            events,
            f"{count} not delivered",
            f"EventBridge could not deliver {count} in {events['Region']}, so an alert or a rescue "
            "is missing. The patrol now checks every key. Run 'reprieve status' to find the cause.",
            "Not delivered:",
            *lines,
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


def _described_letter(message: dict[str, Any]) -> str:
    attributes = {
        name: each.get("StringValue", "")
        for name, each in message.get("MessageAttributes", {}).items()
    }
    if "TARGET_ARN" not in attributes:
        reason = attributes.get("ErrorMessage") or attributes.get("ErrorCode", "")
        return printable(f"{_summary(message['Body'])}, missing: its delivery by SNS ({reason})")
    try:
        event = json.loads(message["Body"])
        detail = event.get("detail") or {}
        what = detail.get("eventName") or event.get("detail-type")
        key = (detail.get("requestParameters") or {}).get("keyId") or ""
        at = detail.get("eventTime") or event.get("time")
        caller = (detail.get("userIdentity") or {}).get("arn") or ""
    except (ValueError, AttributeError):
        what, key, at, caller = "an event that cannot be read", "", "", ""
    target = attributes.get("TARGET_ARN", "")
    lost = "its rescue" if ":ssm:" in target else "its alert"
    reason = attributes.get("ERROR_MESSAGE") or attributes.get("ERROR_CODE", "")
    facts = [f"{what}", f"key {key}" if key else "", f"at {at}" if at else ""]
    facts += [f"by [{caller}]" if caller else "", f"missing: {lost} ({reason})"]
    return printable(", ".join(filter(None, facts)))


def _summary(body: str) -> str:
    """Return what a message to a channel says, which SNS left: in its envelope, or alone."""
    try:
        content = json.loads(body)
        text = content.get("Message") or body
        return str(json.loads(text)["summary"])
    except (ValueError, KeyError, TypeError, AttributeError):
        return f"a message to a channel: {body[:200]}"
