"""When alarms are evaluated, and which data points a period has."""

import json
import time

import pytest

from sandbox.cloudwatch.metrics import Metrics
from sandbox.core.quotas import Quotas
from tests.support.alarms import NOTIFY, happen, metric, put_alarm, state_of
from tests.support.emulated_account import (
    PUBLISH,
    REGION,
    TOPIC_TARGET,
    Account,
    role_arn,
)


@pytest.fixture
def account(sandbox):
    """Return an account with a rule that can publish, and the role of automations."""
    account = Account(sandbox)
    account.make_roles()
    account.make_topic(NOTIFY, PUBLISH)
    account.make_rule(TOPIC_TARGET)
    return account


def keep_busy(account):
    """Start an automation that takes ten seconds. Return its id."""
    step = {"name": "sleep", "action": "aws:sleep", "inputs": {"Duration": "PT10S"}}
    content = {
        "schemaVersion": "0.3",
        "assumeRole": role_arn("automation"),
        "mainSteps": [step],
    }
    ssm = account.client("ssm")
    ssm.create_document(
        Name="Busy", DocumentType="Automation", DocumentFormat="JSON", Content=json.dumps(content)
    )
    return ssm.start_automation_execution(DocumentName="Busy")["AutomationExecutionId"]


def test_a_storm_is_reported_while_it_still_runs(sandbox, account):
    """Jobs are left all the time. The alarm is evaluated at the end of a period."""
    sandbox.quotas = Quotas(alarm_period=0.2)
    put_alarm(account, **metric("MatchedEvents"), Threshold=2)
    sandbox.settle()
    execution_id = keep_busy(account)
    event = {
        "source": "aws.kms",
        "detail-type": "t",
        "detail": {"eventName": "ScheduleKeyDeletion"},
    }
    for _ in range(3):
        sandbox.emit(event, REGION)
    while not sandbox.alarms:
        time.sleep(0.01)
    (change,) = sandbox.alarms
    (execution,) = sandbox.executions
    assert (change.name, change.state, execution.status) == ("late", "ALARM", "InProgress")
    account.client("ssm").stop_automation_execution(AutomationExecutionId=execution_id)


def test_events_with_pauses_between_them_add_up_within_a_period(account):
    """After each event no job is left, and the alarm is evaluated."""
    put_alarm(account, **metric("MatchedEvents"), Threshold=2)
    states = []
    for _ in range(3):
        happen(account)
        states.append(state_of(account))
    assert states == ["OK", "OK", "ALARM"]


def test_without_a_length_only_what_happens_at_once_adds_up(sandbox, account):
    """A period ends when no job is left."""
    sandbox.quotas = Quotas(alarm_period=0)
    put_alarm(account, **metric("MatchedEvents"), Threshold=1)
    for _ in range(3):
        happen(account)
    assert state_of(account) == "OK"
    assert sandbox.alarms == []


@pytest.mark.parametrize("name", ["MatchedEvents", "InvocationAttempts", "RetryInvocationAttempts"])
def test_the_metrics_of_a_rule_can_be_watched(sandbox, account, name):
    """The event buses count them."""
    put_alarm(account, **metric(name))
    sandbox._services.alarms.count_for_rule(REGION, name, "guard")
    sandbox._services.alarms.evaluate_later(REGION)
    assert state_of(account) == "ALARM"


def test_a_period_has_what_was_counted_shortly_before():
    """What is older than a period is forgotten, except if no evaluation has seen it yet."""
    now = [0.0]
    metrics = Metrics(lambda: now[0])
    seen = []
    for moment, counted in ((0, 1), (30, 1), (59, 0), (95, 1), (300, 1)):
        now[0] = moment - 1
        for _ in range(counted):
            metrics.count(REGION, "n", "m", "of")
        now[0] = moment + (100 if moment == 300 else 0)
        period = metrics.end_period(REGION, 60)
        seen.append((period.new.get(("n", "m", "of"), 0), period.recent.get(("n", "m", "of"), 0)))
    assert seen == [(1, 1), (1, 2), (0, 2), (1, 1), (1, 1)]
