"""EventBridge's retries of targets that are busy."""

import json
import time
from collections.abc import Callable
from dataclasses import replace

import pytest

from sandbox.core.background import Work
from sandbox.core.errors import AwsError, DeliveryFailed, SandboxCannot
from sandbox.events import retries
from sandbox.events.delivery import Hops, Task
from sandbox.events.dispatcher import Dispatcher, OtherServices
from tests.support.emulated_account import (
    EVENTS,
    REGION,
    RULE_ARN,
    Account,
    allow,
)

BUSY = AwsError("AutomationExecutionLimitExceededException", "too many automations")
EVENT = {"id": "1", "source": "aws.kms", "detail-type": "t", "detail": {}}


@pytest.mark.parametrize(
    ("error", "kind", "code"),
    [
        (BUSY, retries.DeliveryDelayed, "RESOURCE_LIMIT_EXCEEDED"),
        (AwsError("ThrottlingException", ""), retries.DeliveryDelayed, "THROTTLING"),
        (AwsError("InternalServerError", "", 500), retries.DeliveryDelayed, "INTERNAL_ERROR"),
        (AwsError("AccessDeniedException", ""), DeliveryFailed, "NO_PERMISSIONS"),
        (AwsError("InvalidParameters", ""), DeliveryFailed, "SDK_CLIENT_ERROR"),
    ],
)
def test_an_error_that_may_pass_is_retried(error, kind, code):
    """Others are permanent. A dead letter has the code."""
    failure = retries.failure_of(error)
    assert (type(failure), failure.code) == (kind, code)


def test_what_the_sandbox_cannot_do_is_no_failure_of_the_target():
    """AWS might have delivered it."""
    with pytest.raises(SandboxCannot):
        retries.failure_of(SandboxCannot("x"))


@pytest.mark.parametrize(
    ("policy", "so_far", "age", "expected"),
    [
        ({}, 184, 0, None),
        ({}, 185, 0, "MaximumRetryAttempts"),
        ({}, 0, 86_399, None),
        ({}, 0, 86_400, "MaximumEventAgeInSeconds"),
        ({"MaximumRetryAttempts": 0}, 0, 0, "MaximumRetryAttempts"),
        ({"MaximumRetryAttempts": 2}, 1, 0, None),
        ({"MaximumEventAgeInSeconds": 60}, 1, 61, "MaximumEventAgeInSeconds"),
    ],
)
def test_the_retry_policy_of_the_target_limits_the_retries(policy, so_far, age, expected):
    """By default 24 hours and 185 times."""
    assert retries.exhausted_condition({"RetryPolicy": policy}, so_far, age) == expected


def test_waits_double_up_to_a_few_seconds():
    """They have jitter of up to a half."""
    waits = [retries.wait_before(count) for count in range(8)]
    bounds = [0.2, 0.4, 0.8, 1.6, 3.0, 3.0, 3.0, 3.0]
    assert all(bound <= wait <= 1.5 * bound for bound, wait in zip(bounds, waits, strict=True)), (
        waits
    )


class Target:
    """A Systems Manager that is busy for the first calls, and what EventBridge counted."""

    def __init__(self, busy_calls):
        self.calls = 0
        self.on_call: Callable[[], None] = lambda: None
        self.counted: list[tuple[str, str, str]] = []
        self._busy_calls = busy_calls
        self.work = Work()
        others = OtherServices(
            publish=lambda *given: (),
            start_automation=self._start,
            count=lambda *given: self.counted.append(given),
            evaluate_alarms=lambda region: None,
        )
        self.dispatcher = Dispatcher(self.work, others, lambda *given: None)

    def _start(self, *given):
        self.calls += 1
        self.on_call()
        if self.calls <= self._busy_calls:
            raise BUSY

    def deliver(self, **policy):
        """Deliver an event to the target, and wait until that has ended or failed permanently."""
        target = {"Id": "t", "Arn": f"arn:aws:ssm:{REGION}::automation-definition/D:1", **policy}
        task = Task(EVENT, REGION, RULE_ARN, target, Hops(), began=time.monotonic())
        self.dispatcher.submit(task)
        self.work.settle(20)
        self.work.stop()
        return self.dispatcher.deliveries

    def count_of(self, metric):
        """Return how often a metric was counted for the rule."""
        return self.counted.count((REGION, metric, "guard"))


def test_a_busy_target_gets_the_event_when_it_has_room():
    """Every attempt is listed. Attempts and retries are counted, and no failure."""
    target = Target(busy_calls=2)
    deliveries = target.deliver()
    assert [(d.error, d.will_retry) for d in deliveries] == [
        ("too many automations", True),
        ("too many automations", True),
        (None, False),
    ]
    counts = ("InvocationAttempts", "RetryInvocationAttempts", "FailedInvocations")
    assert [target.count_of(name) for name in counts] == [3, 2, 0]


def test_retries_end_with_the_retry_policy():
    """Then the invocation has failed, once."""
    target = Target(busy_calls=9)
    deliveries = target.deliver(RetryPolicy={"MaximumRetryAttempts": 1})
    assert [d.will_retry for d in deliveries] == [True, False]
    assert (target.calls, target.count_of("FailedInvocations")) == (2, 1)


def test_retries_are_given_up_on_request():
    """A reset of the sandbox does not wait for a target that stays busy."""
    target = Target(busy_calls=1_000)
    target.on_call = target.dispatcher.give_up
    deliveries = target.deliver()
    assert (len(deliveries), target.calls) == (1, 1)


def test_an_exhausted_event_goes_to_the_dead_letter_queue(sandbox, monkeypatch):
    """The letter says how often EventBridge retried, and which limit ended that."""
    account = Account(sandbox)
    account.make_roles()
    queue = account.make_queue("dead", allow("sqs:SendMessage", Principal=EVENTS))

    def is_busy(*given):
        raise BUSY

    monkeypatch.setattr(sandbox._services.automations, "start", is_busy)
    target = account.automation_target(
        DeadLetterConfig={"Arn": queue}, RetryPolicy={"MaximumRetryAttempts": 2}
    )
    account.make_rule(target)
    account.schedule()
    (message,) = account.messages("dead")
    attributes = {k: v["StringValue"] for k, v in message["MessageAttributes"].items()}
    assert json.loads(message["Body"])["detail"]["eventName"] == "ScheduleKeyDeletion"
    names = ("ERROR_CODE", "ERROR_MESSAGE", "EXHAUSTED_RETRY_CONDITION", "RETRY_ATTEMPTS")
    assert [attributes[name] for name in names] == [
        "RESOURCE_LIMIT_EXCEEDED",
        "too many automations",
        "MaximumRetryAttempts",
        "2",
    ]
    assert [d.will_retry for d in sandbox.deliveries] == [True, True, False]


def test_rescues_that_systems_manager_refuses_start_when_it_has_room(sandbox):
    """At first its queue is full. No event becomes a dead letter."""
    account = Account(sandbox)
    account.make_roles()
    queue = account.make_queue("dead", allow("sqs:SendMessage", Principal=EVENTS))
    account.make_rule(account.automation_target(DeadLetterConfig={"Arn": queue}))
    kms = account.client("kms")
    keys = [kms.create_key()["KeyMetadata"]["KeyId"] for _ in range(5)]
    before = sandbox.quotas
    sandbox.quotas = replace(before, running_automations=0, queued_automations=0)
    try:
        for key in keys:
            kms.schedule_key_deletion(KeyId=key, PendingWindowInDays=7)
        with pytest.raises(TimeoutError):
            sandbox.settle(0.5)
    finally:
        sandbox.quotas = before
    sandbox.settle()
    assert {account.state(key) for key in keys} == {"Disabled"}
    assert sum(not delivery.will_retry for delivery in sandbox.deliveries) == len(keys)
    assert len(sandbox.deliveries) > len(keys)
    assert account.messages("dead") == []
