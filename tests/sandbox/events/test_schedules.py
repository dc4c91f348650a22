"""Rules with a schedule."""

import json

import pytest

from sandbox.core.account import ACCOUNT_ID
from sandbox.events.schedules import is_valid
from tests.support.emulated_account import (
    PUBLISH,
    REGION,
    RULE_ARN,
    TOPIC_ARN,
    TOPIC_TARGET,
    Account,
    error_code_of,
)

ACCEPTED = [
    "rate(1 minute)",
    "rate(6 hours)",
    "rate(30 days)",
    "cron(0 10 * * ? *)",
    "cron(15 12 * * ? *)",
    "cron(0 18 ? * MON-FRI *)",
    "cron(0 8 1 * ? *)",
    "cron(0/10 * ? * MON-FRI *)",
    "cron(0/5 8-17 ? * MON-FRI *)",
    "cron(0/30 20-2 ? * MON-FRI *)",
    "cron(0 12 L * ? 2027)",
    "cron(0 12 3W JAN,JUL ? *)",
    "cron(0 12 ? * 3#2 *)",
    "cron(0 12 ? * 6L 2027-2030)",
]
REFUSED = [
    "rate(1 minutes)",
    "rate(5 minute)",
    "rate(0 minutes)",
    "rate(-1 minutes)",
    "rate(1.5 hours)",
    "rate(2 weeks)",
    "rate(2  hours)",
    "every 6 hours",
    "cron(0 10 * * *)",
    "cron(0 10 * * * *)",
    "cron(0 10 ? * ? *)",
    "cron(60 10 * * ? *)",
    "cron(0 24 * * ? *)",
    "cron(0 10 32 * ? *)",
    "cron(0 10 * 13 ? *)",
    "cron(0 10 ? * 8 *)",
    "cron(0 10 ? * MONDAY *)",
    "cron(0 10 * * ? 1969)",
    "cron(0 10 * * ? *) ",
]


@pytest.mark.parametrize("expression", ACCEPTED)
def test_an_expression_that_eventbridge_documents_is_accepted(expression):
    """Most are examples of the User Guide."""
    assert is_valid(expression)


@pytest.mark.parametrize("expression", REFUSED)
def test_an_expression_that_breaks_a_documented_rule_is_refused(expression):
    """Units agree with their number, and exactly one of the two days is a question mark."""
    assert not is_valid(expression)


def make_schedule(account, expression="rate(6 hours)", **options):
    """Make the rule `guard` with a schedule and the topic as its target."""
    events = account.client("events")
    events.put_rule(Name="guard", ScheduleExpression=expression, **options)
    events.put_targets(Rule="guard", Targets=[TOPIC_TARGET])


def test_put_rule_refuses_an_invalid_schedule(sandbox):
    """As it refuses an invalid pattern."""
    events = Account(sandbox).client("events")
    code = error_code_of(events.put_rule, Name="guard", ScheduleExpression="rate(1 hours)")
    assert code == "ValidationException"


def test_a_schedule_is_allowed_on_the_default_bus_only(sandbox):
    """EventBridge User Guide, "Creating a rule that runs on a schedule"."""
    events = Account(sandbox).client("events")
    events.create_event_bus(Name="mine")
    given = {"Name": "r", "ScheduleExpression": "rate(1 hour)", "EventBusName": "mine"}
    assert error_code_of(events.put_rule, **given) == "ValidationException"


def test_a_schedule_sends_awss_event_to_its_targets(sandbox):
    """Once for each run, and not by itself. `describe_rule` shows the expression."""
    account = Account(sandbox)
    account.make_topic(PUBLISH)
    make_schedule(account)
    sandbox.run_schedules()
    sandbox.settle()
    (delivery,) = sandbox.deliveries
    event = json.loads(delivery.body)
    names = ("source", "detail-type", "account", "region", "resources", "detail")
    assert [event[name] for name in names] == [
        "aws.events",
        "Scheduled Event",
        ACCOUNT_ID,
        REGION,
        [RULE_ARN],
        {},
    ]
    assert (delivery.error, delivery.event_name) == (None, "Scheduled Event")
    described = account.client("events").describe_rule(Name="guard")
    assert described["ScheduleExpression"] == "rate(6 hours)"


def test_a_target_may_have_a_constant_input(sandbox):
    """The target gets this text instead of the event."""
    account = Account(sandbox)
    account.make_topic(PUBLISH)
    make_schedule(account)
    target = {**TOPIC_TARGET, "Input": '"Patrol"'}
    account.client("events").put_targets(Rule="guard", Targets=[target])
    sandbox.run_schedules(REGION)
    sandbox.settle()
    assert [mail.body for mail in sandbox.mails] == ['"Patrol"']


@pytest.mark.parametrize(
    ("state", "region", "runs"),
    [
        ("ENABLED", REGION, 1),
        ("ENABLED", None, 1),
        ("ENABLED", "us-east-1", 0),
        ("DISABLED", None, 0),
    ],
)
def test_enabled_schedules_of_the_region_run(sandbox, state, region, runs):
    """None means every Region."""
    account = Account(sandbox)
    account.make_topic(PUBLISH)
    make_schedule(account, State=state)
    sandbox.run_schedules(region)
    sandbox.settle()
    assert len(sandbox.deliveries) == runs


def test_a_rule_with_a_pattern_alone_does_not_run(sandbox):
    """It waits for events."""
    account = Account(sandbox)
    account.make_topic(PUBLISH)
    account.make_rule({"Id": "alert", "Arn": TOPIC_ARN})
    sandbox.run_schedules()
    sandbox.settle()
    assert sandbox.deliveries == []
