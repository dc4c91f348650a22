"""The event bus: which rules an event meets, and what becomes of it at each target."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from threading import Lock
from typing import Any

from moto.sns.models import sns_backends
from moto.sqs.models import sqs_backends

from sandbox.cloudwatch import metrics
from sandbox.cloudwatch.alarms import Alarms
from sandbox.core.account import ACCOUNT_ID
from sandbox.core.background import Work
from sandbox.core.errors import AwsError, SandboxCannot
from sandbox.events import validation
from sandbox.events.delivery import Delivery
from sandbox.events.matching import matches
from sandbox.events.transformer import TransformFailed, transform
from sandbox.iam import authorization
from sandbox.sns import publish
from sandbox.sns.emails import recipients_of

Event = Mapping[str, Any]


class DeliveryFailed(Exception):
    """A target could not be given an event: `code` is for the dead-letter queue."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class Bus:
    """The event buses of all Regions. Retries are not simulated: a failure is final.

    `start_automation` starts a document for a rule: (target, rule_arn, region, body); it raises
    AwsError with a sentence that says what is missing.
    """

    def __init__(
        self,
        work: Work,
        start_automation: Callable[[Mapping[str, Any], str, str, str], None],
        alarms: Alarms,
    ) -> None:
        self._work = work
        self._alarms = alarms
        self._start_automation = start_automation
        self._lock = Lock()
        self._deliveries: list[Delivery] = []

    @property
    def deliveries(self) -> list[Delivery]:
        """Every attempt so far, oldest first."""
        with self._lock:
            return list(self._deliveries)

    def clear(self) -> None:
        """Forget the attempts so far."""
        with self._lock:
            self._deliveries.clear()

    def emit(self, event: Event, region: str, bus: str = "default") -> None:
        """Hand an envelope to every enabled rule that it meets; delivery goes on in background."""
        for rule in list(validation.bus_of(bus, region).rules.values()):
            pattern = rule.event_pattern.dump()
            if rule.state != "ENABLED" or not pattern or not matches(pattern, event):
                continue
            for target in list(rule.targets):
                self._work.submit(_job(self._deliver, event, region, rule.arn, dict(target)))

    def put_events(self, parameters: Mapping[str, Any], region: str) -> dict[str, Any]:
        """PutEvents: the response; entries that are refused carry an ErrorCode of their own."""
        entries = parameters.get("Entries") or []
        if not 1 <= len(entries) <= validation.MAX_ENTRIES:
            raise AwsError(
                "ValidationException",
                f"1 validation error detected: Value at 'entries' failed to satisfy constraint: "
                f"Member must have length between 1 and {validation.MAX_ENTRIES}",
            )
        answers: list[dict[str, str]] = []
        for entry in entries:
            if refusal := validation.check_entry(entry):
                answers.append(dict(zip(("ErrorCode", "ErrorMessage"), refusal, strict=True)))
                continue
            moment = datetime.fromtimestamp(entry.get("Time", time.time()), UTC)
            event = {
                "version": "0",
                "id": str(uuid.uuid4()),
                "detail-type": entry["DetailType"],
                "source": entry["Source"],
                "account": ACCOUNT_ID,
                "time": f"{moment:%Y-%m-%dT%H:%M:%SZ}",
                "region": region,
                "resources": entry.get("Resources", []),
                "detail": json.loads(entry["Detail"]),
            }
            self.emit(event, region, entry.get("EventBusName") or "default")
            answers.append({"EventId": event["id"]})
        failed = sum("ErrorCode" in answer for answer in answers)
        return {"FailedEntryCount": failed, "Entries": answers}

    def _deliver(self, event: Event, region: str, rule_arn: str, target: Mapping[str, Any]) -> None:
        body, error = "", None
        recipients: tuple[str, ...] = ()
        try:
            body = transform(target, event, rule_arn)
            recipients = self._hand_over(target, region, rule_arn, body)
        except TransformFailed as fault:
            error = self._dead_letter(event, region, rule_arn, target, "INVALID_JSON", str(fault))
        except DeliveryFailed as fault:
            error = self._dead_letter(event, region, rule_arn, target, fault.code, str(fault))
        except SandboxCannot as fault:
            error = fault.message  # AWS might have delivered: nothing for the dead-letter queue.
        except Exception as fault:
            error = f"the sandbox itself failed: {fault!r}"
        delivery = Delivery(
            event_id=str(event["id"]),
            event_name=str(event["detail"].get("eventName") or event["detail-type"]),
            region=region,
            rule_arn=rule_arn,
            target_id=target["Id"],
            target_arn=target["Arn"],
            body=body,
            recipients=recipients,
            error=error,
            at=time.time(),
        )
        with self._lock:
            self._deliveries.append(delivery)
        self._alarms.evaluate_later(region)

    def _hand_over(
        self, target: Mapping[str, Any], region: str, rule_arn: str, body: str
    ) -> tuple[str, ...]:
        arn = target["Arn"]
        service = arn.split(":")[2]
        if service == "sns":
            return _publish(arn, region, rule_arn, body)
        if service == "sqs":
            group = (target.get("SqsParameters") or {}).get("MessageGroupId")
            _send(arn, region, rule_arn, body, group)
            return ()
        if service == "ssm":
            try:
                self._start_automation(target, rule_arn, region, body)
            except SandboxCannot:
                raise
            except AwsError as fault:
                code = "NO_PERMISSIONS" if "Denied" in fault.code else "SDK_CLIENT_ERROR"
                raise DeliveryFailed(code, fault.message) from None
            return ()
        raise SandboxCannot(f"delivering to {arn}")

    def _dead_letter(
        self,
        event: Event,
        region: str,
        rule_arn: str,
        target: Mapping[str, Any],
        code: str,
        message: str,
    ) -> str:
        # Failures that went to a dead-letter queue count as well (EventBridge user guide,
        # «Monitoring Amazon EventBridge»): what does not, DeadLetterInvocations, are loops.
        self._count("FailedInvocations", region, rule_arn)
        queue_arn = (target.get("DeadLetterConfig") or {}).get("Arn")
        if not queue_arn:
            return message
        try:
            refusal = authorization.why_queue_refuses(
                authorization.EVENTS, queue_arn, region, rule_arn
            )
        except SandboxCannot as fault:
            return f"{message}; and not kept in the dead-letter queue: {fault.message}"
        if refusal:
            self._count("InvocationsFailedToBeSentToDlq", region, rule_arn)
            return f"{message}; and not kept in the dead-letter queue: {refusal}"
        attributes = {
            "RULE_ARN": rule_arn,
            "TARGET_ARN": target["Arn"],
            "ERROR_CODE": code,
            "ERROR_MESSAGE": message,
            "EXHAUSTED_RETRY_CONDITION": "MaximumRetryAttempts",
            "RETRY_ATTEMPTS": "0",
        }
        sqs_backends[ACCOUNT_ID][region].send_message(
            queue_name=queue_arn.rsplit(":", 1)[-1],
            message_body=json.dumps(event),
            message_attributes={
                name: {"DataType": "String", "StringValue": value}
                for name, value in attributes.items()
            },
        )
        self._count("InvocationsSentToDlq", region, rule_arn)
        return message

    def _count(self, metric: str, region: str, rule_arn: str) -> None:
        name = rule_arn.split(":rule/", 1)[-1]
        # The rules of other buses have a dimension more, which no alarm here can name.
        if "/" not in name:
            self._alarms.count(region, metrics.EVENTS, metric, name)


def _job(deliver: Callable[..., None], *arguments: Any) -> Callable[[], None]:
    return lambda: deliver(*arguments)


def _publish(topic_arn: str, region: str, rule_arn: str, body: str) -> tuple[str, ...]:
    if refusal := publish.why_service_may_not_publish(
        authorization.EVENTS, topic_arn, region, rule_arn
    ):
        raise DeliveryFailed(*refusal)
    topic = sns_backends[ACCOUNT_ID][region].topics[topic_arn]
    topic.publish(body)
    return recipients_of(topic, body)


def _send(queue_arn: str, region: str, rule_arn: str, body: str, group: str | None) -> None:
    if refusal := authorization.why_queue_refuses(
        authorization.EVENTS, queue_arn, region, rule_arn
    ):
        raise DeliveryFailed("NO_PERMISSIONS", refusal)
    if queue_arn.endswith(".fifo"):
        raise SandboxCannot(f"delivering to the FIFO queue {queue_arn}, group {group}")
    sqs_backends[ACCOUNT_ID][region].send_message(
        queue_name=queue_arn.rsplit(":", 1)[-1], message_body=body
    )
