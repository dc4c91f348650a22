"""Delivers events to targets: transforms, sends, retries, and keeps what failed."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from sandbox.core.account import current_account, in_account
from sandbox.core.background import Work
from sandbox.core.errors import AwsError, DeliveryFailed, SandboxCannot
from sandbox.core.observed import Observed
from sandbox.events import retries
from sandbox.events.bus_targets import check_forwarding, match_bus
from sandbox.events.delivery import Delivery, Hops, Task
from sandbox.events.transformer import TransformFailed, transform
from sandbox.iam.authorization import EVENTS
from sandbox.sqs.queues import queue_denial_reason, send_message

Forward = Callable[[Mapping[str, Any], str, str, Hops], None]


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


@dataclass(frozen=True)
class _Outcome:
    """How an attempt ended. With `failure` None it succeeded, or only the sandbox failed."""

    body: str = ""
    recipients: tuple[str, ...] = ()
    error: str | None = None
    failure: DeliveryFailed | None = None


class Dispatcher:
    """Carries out the deliveries of all buses in the background.

    `forward` puts an event on another bus of the present account: (event, region, bus name, hops).
    """

    def __init__(self, work: Work, others: OtherServices, forward: Forward) -> None:
        self._work = work
        self._others = others
        self._forward = forward
        self._deliveries = Observed[Delivery]()
        self._generation = 0
        self._ahead = 0.0

    @property
    def deliveries(self) -> list[Delivery]:
        """Every delivery attempt so far, oldest first."""
        return self._deliveries.all

    def clear(self) -> None:
        """Forget the delivery attempts so far."""
        self._deliveries.clear()

    @property
    def now(self) -> float:
        """The time, in seconds, by which the age of an event is measured."""
        return time.monotonic() + self._ahead

    def age(self, hours: float) -> None:
        """Make the events that wait for a retry older, and retry them now."""
        self._ahead += hours * 3600
        self._work.hurry()

    def give_up(self) -> None:
        """Retry nothing that was submitted so far."""
        self._generation += 1

    def submit(self, task: Task) -> None:
        """Deliver an event to a target soon."""
        generation = self._generation
        self._work.submit(lambda: self._attempt(task, generation))

    def count(self, metric: str, region: str, rule_arn: str) -> None:
        """Add a data point to one of EventBridge's metrics of a rule: `RULE`, or `BUS/RULE`."""
        self._others.count(region, metric, rule_arn.split(":rule/", 1)[-1])

    def _attempt(self, task: Task, generation: int) -> None:
        # EventBridge User Guide, "Monitoring Amazon EventBridge": attempts include retries.
        self.count("InvocationAttempts", task.region, task.rule_arn)
        if task.retries:
            self.count("RetryInvocationAttempts", task.region, task.rule_arn)
        outcome = self._try(task)
        error, will_retry = outcome.error, False
        if failure := outcome.failure:
            condition = self._exhausted_condition(task, failure)
            will_retry = condition is None
            error = str(failure) if will_retry else self._dead_letter(task, failure, condition)
        self._add(task, outcome, error, will_retry)
        if will_retry:
            self._retry_later(task, generation)
        # What becomes of an alarm's own event counts for the next period. Otherwise the alarm's new
        # state would be over immediately.
        if task.event["source"] != "aws.cloudwatch":
            self._others.evaluate_alarms(task.region)

    def _try(self, task: Task) -> _Outcome:
        body = ""
        try:
            body = transform(task.target, task.event, task.rule_arn)
            return _Outcome(body, self._send(task, body))
        except TransformFailed as error:
            return _Outcome(body, failure=DeliveryFailed("INVALID_JSON", str(error)))
        except DeliveryFailed as error:
            return _Outcome(body, failure=error)
        except SandboxCannot as error:
            return _Outcome(body, error=error.message)  # AWS might have delivered it.
        except Exception as error:
            return _Outcome(body, error=f"the sandbox itself failed: {error!r}")

    def _exhausted_condition(self, task: Task, failure: DeliveryFailed) -> str | None:
        """Return why the event is not tried again, as a dead letter names it, or None."""
        if isinstance(failure, retries.DeliveryDelayed):
            age = self.now - task.began
            return retries.exhausted_condition(task.target, task.retries, age)
        return "MaximumRetryAttempts"

    def _retry_later(self, task: Task, generation: int) -> None:
        def retry() -> None:
            if generation == self._generation:
                self._attempt(replace(task, retries=task.retries + 1), generation)

        self._work.submit_later(retries.wait_before(task.retries), retry)

    def _add(self, task: Task, outcome: _Outcome, error: str | None, will_retry: bool) -> None:
        event = task.event
        delivery = Delivery(
            event_id=str(event["id"]),
            event_name=str(event["detail"].get("eventName") or event["detail-type"]),
            account=current_account(),
            region=task.region,
            rule_arn=task.rule_arn,
            target_id=task.target["Id"],
            target_arn=task.target["Arn"],
            body=outcome.body,
            recipients=outcome.recipients,
            error=error,
            at=time.time(),
            will_retry=will_retry,
        )
        self._deliveries.add([delivery])

    def _send(self, task: Task, body: str) -> tuple[str, ...]:
        arn, region, rule_arn = task.target["Arn"], task.region, task.rule_arn
        service = arn.split(":")[2]
        if service == "sns":
            return self._others.publish(arn, region, rule_arn, body)
        if service == "sqs":
            group = (task.target.get("SqsParameters") or {}).get("MessageGroupId")
            _send_to_queue(arn, region, rule_arn, body, group)
            return ()
        if service == "ssm":
            try:
                self._others.start_automation(task.target, rule_arn, region, body)
            except AwsError as error:
                raise retries.failure_of(error) from None
            return ()
        if bus := match_bus(arn):
            hops = check_forwarding(task, bus, current_account())
            with in_account(bus.account):
                self._forward(task.event, bus.region, bus.name, hops)
            return ()
        raise SandboxCannot(f"delivering to {arn}")

    def _dead_letter(self, task: Task, failure: DeliveryFailed, condition: str | None) -> str:
        """Send a failed event to the dead-letter queue. Return the text of the failure.

        A failure counts even if the event reaches the queue (EventBridge User Guide, "Monitoring
        Amazon EventBridge").
        """
        region, rule_arn, message = task.region, task.rule_arn, str(failure)
        self.count("FailedInvocations", region, rule_arn)
        queue_arn = (task.target.get("DeadLetterConfig") or {}).get("Arn")
        if not queue_arn:
            return message
        try:
            reason = queue_denial_reason(EVENTS, queue_arn, region, rule_arn)
        except SandboxCannot as error:
            return f"{message}; and not kept in the dead-letter queue: {error.message}"
        if reason:
            self.count("InvocationsFailedToBeSentToDlq", region, rule_arn)
            return f"{message}; and not kept in the dead-letter queue: {reason}"
        attributes = {
            "RULE_ARN": rule_arn,
            "TARGET_ARN": task.target["Arn"],
            "ERROR_CODE": failure.code,
            "ERROR_MESSAGE": message,
            "EXHAUSTED_RETRY_CONDITION": condition or "",
            "RETRY_ATTEMPTS": str(task.retries),
        }
        send_message(queue_arn, region, json.dumps(task.event), attributes)
        self.count("InvocationsSentToDlq", region, rule_arn)
        return message


def _send_to_queue(
    queue_arn: str, region: str, rule_arn: str, body: str, group: str | None
) -> None:
    if reason := queue_denial_reason(EVENTS, queue_arn, region, rule_arn):
        raise DeliveryFailed("NO_PERMISSIONS", reason)
    if queue_arn.endswith(".fifo"):
        raise SandboxCannot(f"delivering to the FIFO queue {queue_arn}, group {group}")
    send_message(queue_arn, region, body)
