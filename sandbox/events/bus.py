"""The event buses: they match events to rules and deliver them to the rules' targets."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from threading import Lock
from typing import Any

from sandbox.core.account import ACCOUNT_ID
from sandbox.core.background import Work
from sandbox.core.errors import AwsError, DeliveryFailed, SandboxCannot
from sandbox.events import validation
from sandbox.events.delivery import Delivery
from sandbox.events.matching import matches
from sandbox.events.transformer import TransformFailed, transform
from sandbox.iam.authorization import EVENTS
from sandbox.sqs.queues import queue_denial_reason, send_message

Event = Mapping[str, Any]


@dataclass(frozen=True)
class OtherServices:
    """The other services that the event buses reach.

    `publish` publishes to a topic as EventBridge, (topic_arn, region, rule_arn, body), and returns
    the recipients of e-mails; it raises DeliveryFailed. `start_automation` starts a document,
    (target, rule_arn, region, body); it raises AwsError. `count` adds a data point to a metric,
    (region, metric, rule name). `evaluate_alarms` evaluates a Region's alarms after a delivery.
    """

    publish: Callable[[str, str, str, str], tuple[str, ...]]
    start_automation: Callable[[Mapping[str, Any], str, str, str], None]
    count: Callable[[str, str, str], None]
    evaluate_alarms: Callable[[str], None]


class Bus:
    """The event buses of all Regions. They do not retry: a failure is final."""

    def __init__(self, work: Work, others: OtherServices) -> None:
        self._work = work
        self._others = others
        self._lock = Lock()
        self._deliveries: list[Delivery] = []

    @property
    def deliveries(self) -> list[Delivery]:
        """Every delivery attempt so far, oldest first."""
        with self._lock:
            return list(self._deliveries)

    def clear(self) -> None:
        """Forget the delivery attempts so far."""
        with self._lock:
            self._deliveries.clear()

    def emit(self, event: Event, region: str, bus: str = "default") -> None:
        """Deliver an envelope to the targets of all enabled rules that match, in the background."""
        for rule in list(validation.bus_of(bus, region).rules.values()):
            pattern = rule.event_pattern.dump()
            if rule.state != "ENABLED" or not pattern or not matches(pattern, event):
                continue
            for target in list(rule.targets):
                self._work.submit(_job(self._deliver, event, region, rule.arn, dict(target)))

    def put_events(self, parameters: Mapping[str, Any], region: str) -> dict[str, Any]:
        """Answer PutEvents. An entry that is refused has an ErrorCode of its own."""
        entries = parameters.get("Entries") or []
        if not 1 <= len(entries) <= validation.MAX_ENTRIES:
            raise AwsError(
                "ValidationException",
                f"1 validation error detected: Value at 'entries' failed to satisfy constraint: "
                f"Member must have length between 1 and {validation.MAX_ENTRIES}",
            )
        answers: list[dict[str, str]] = []
        for entry in entries:
            if rejection := validation.check_entry(entry):
                answers.append(dict(zip(("ErrorCode", "ErrorMessage"), rejection, strict=True)))
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
        body, failure = "", None
        recipients: tuple[str, ...] = ()
        try:
            body = transform(target, event, rule_arn)
            recipients = self._send(target, region, rule_arn, body)
        except TransformFailed as error:
            failure = self._dead_letter(event, region, rule_arn, target, "INVALID_JSON", str(error))
        except DeliveryFailed as error:
            failure = self._dead_letter(event, region, rule_arn, target, error.code, str(error))
        except SandboxCannot as error:
            failure = error.message  # AWS might have delivered it: no dead letter.
        except Exception as error:
            failure = f"the sandbox itself failed: {error!r}"
        delivery = Delivery(
            event_id=str(event["id"]),
            event_name=str(event["detail"].get("eventName") or event["detail-type"]),
            region=region,
            rule_arn=rule_arn,
            target_id=target["Id"],
            target_arn=target["Arn"],
            body=body,
            recipients=recipients,
            error=failure,
            at=time.time(),
        )
        with self._lock:
            self._deliveries.append(delivery)
        self._others.evaluate_alarms(region)

    def _send(
        self, target: Mapping[str, Any], region: str, rule_arn: str, body: str
    ) -> tuple[str, ...]:
        arn = target["Arn"]
        service = arn.split(":")[2]
        if service == "sns":
            return self._others.publish(arn, region, rule_arn, body)
        if service == "sqs":
            group = (target.get("SqsParameters") or {}).get("MessageGroupId")
            _send_to_queue(arn, region, rule_arn, body, group)
            return ()
        if service == "ssm":
            try:
                self._others.start_automation(target, rule_arn, region, body)
            except SandboxCannot:
                raise
            except AwsError as error:
                code = "NO_PERMISSIONS" if "Denied" in error.code else "SDK_CLIENT_ERROR"
                raise DeliveryFailed(code, error.message) from None
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
        """Send a failed event to the dead-letter queue. Return the text of the failure.

        A failure counts even if the event reaches the queue (EventBridge User Guide, "Monitoring
        Amazon EventBridge").
        """
        self._count("FailedInvocations", region, rule_arn)
        queue_arn = (target.get("DeadLetterConfig") or {}).get("Arn")
        if not queue_arn:
            return message
        try:
            reason = queue_denial_reason(EVENTS, queue_arn, region, rule_arn)
        except SandboxCannot as error:
            return f"{message}; and not kept in the dead-letter queue: {error.message}"
        if reason:
            self._count("InvocationsFailedToBeSentToDlq", region, rule_arn)
            return f"{message}; and not kept in the dead-letter queue: {reason}"
        attributes = {
            "RULE_ARN": rule_arn,
            "TARGET_ARN": target["Arn"],
            "ERROR_CODE": code,
            "ERROR_MESSAGE": message,
            "EXHAUSTED_RETRY_CONDITION": "MaximumRetryAttempts",
            "RETRY_ATTEMPTS": "0",
        }
        send_message(queue_arn, region, json.dumps(event), attributes)
        self._count("InvocationsSentToDlq", region, rule_arn)
        return message

    def _count(self, metric: str, region: str, rule_arn: str) -> None:
        name = rule_arn.split(":rule/", 1)[-1]
        # The metrics of rules on other buses have one more dimension. No alarm here supports it.
        if "/" not in name:
            self._others.count(region, metric, name)


def _job(deliver: Callable[..., None], *arguments: Any) -> Callable[[], None]:
    return lambda: deliver(*arguments)


def _send_to_queue(
    queue_arn: str, region: str, rule_arn: str, body: str, group: str | None
) -> None:
    if reason := queue_denial_reason(EVENTS, queue_arn, region, rule_arn):
        raise DeliveryFailed("NO_PERMISSIONS", reason)
    if queue_arn.endswith(".fifo"):
        raise SandboxCannot(f"delivering to the FIFO queue {queue_arn}, group {group}")
    send_message(queue_arn, region, body)
