"""Sending to a queue on behalf of an AWS service."""

from __future__ import annotations

from collections.abc import Mapping

from moto.sqs.models import sqs_backends

from sandbox.core.account import ACCOUNT_ID
from sandbox.iam.authorization import service_denial_reason


def queue_denial_reason(service: str, queue_arn: str, region: str, source_arn: str) -> str | None:
    """Return why a service may not send to a queue for `source_arn`, or None if it may."""
    queue = sqs_backends[ACCOUNT_ID][region].queues.get(_name_of(queue_arn))
    if queue is None or queue.queue_arn != queue_arn:
        return f"the queue {queue_arn} does not exist"
    return service_denial_reason(
        service, "sqs:SendMessage", queue_arn, queue._policy_json or {}, region, source_arn
    )


def send_message(
    queue_arn: str, region: str, body: str, attributes: Mapping[str, str] | None = None
) -> None:
    """Put a message into a queue. The attributes are strings."""
    sqs_backends[ACCOUNT_ID][region].send_message(
        queue_name=_name_of(queue_arn),
        message_body=body,
        message_attributes={
            name: {"DataType": "String", "StringValue": value}
            for name, value in (attributes or {}).items()
        },
    )


def _name_of(queue_arn: str) -> str:
    return queue_arn.rsplit(":", 1)[-1]
