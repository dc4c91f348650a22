"""Sending to a queue on behalf of an AWS service, and what moto's queues do differently."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

from moto.sqs.models import SQSBackend, sqs_backends

from sandbox.core.account import account_of, current_account
from sandbox.core.patching import Method, wrap
from sandbox.iam.authorization import service_denial_reason


def queue_denial_reason(service: str, queue_arn: str, region: str, source_arn: str) -> str | None:
    """Return why a service may not send to a queue for `source_arn`, or None if it may."""
    queue = sqs_backends[account_of(queue_arn)][region].queues.get(_name_of(queue_arn))
    if queue is None or queue.queue_arn != queue_arn:
        return f"the queue {queue_arn} does not exist"
    return service_denial_reason(
        service, "sqs:SendMessage", queue_arn, queue._policy_json or {}, region, source_arn
    )


def send_message(
    queue_arn: str, region: str, body: str, attributes: Mapping[str, str] | None = None
) -> None:
    """Put a message into a queue. The attributes are strings."""
    sqs_backends[account_of(queue_arn)][region].send_message(
        queue_name=_name_of(queue_arn),
        message_body=body,
        message_attributes={
            name: {"DataType": "String", "StringValue": value}
            for name, value in (attributes or {}).items()
        },
    )


def backdate(region: str, name: str, *, hours: float) -> None:
    """Let a queue be as old as this, since no call of AWS can change when it was created."""
    queue = sqs_backends[current_account()][region].queues[name]
    queue.created_timestamp = time.time() - hours * 3600


def hook() -> Callable[[], None]:
    """Make SetQueueAttributes keep a policy that it does not name. Return how to undo that.

    SQS API reference, SetQueueAttributes: it sets the attributes that are given. moto removes the
    policy as well.
    """

    def around(set_attributes: Method) -> Method:
        def set_given(backend: Any, queue_name: str, attributes: dict[str, Any]) -> Any:
            queue = backend.get_queue(queue_name)
            given = attributes if "Policy" in attributes else {**attributes, "Policy": queue.policy}
            return set_attributes(backend, queue_name, given)

        return set_given

    return wrap(SQSBackend, "set_queue_attributes", around)


def _name_of(queue_arn: str) -> str:
    return queue_arn.rsplit(":", 1)[-1]
