"""The sandbox's alarms: what they count, what they send, and what PutMetricAlarm refuses."""

import pytest
from botocore.exceptions import ClientError

from sandbox.core.account import ACCOUNT_ID
from tests.support.alarms import NOTIFY, failing, happen, metric, put_alarm, state_of
from tests.support.emulated_account import (
    CLOUDWATCH,
    ENCRYPT,
    EVENTS,
    PUBLISH,
    REGION,
    TOPIC_ARN,
    Account,
    allow,
    encrypt_topic,
    policy,
)

ALARM_ARN = f"arn:aws:cloudwatch:{REGION}:{ACCOUNT_ID}:alarm:late"


def allow_publishing(account, *statements):
    """Replace the topic's policy."""
    account.client("sns").set_topic_attributes(
        TopicArn=TOPIC_ARN, AttributeName="Policy", AttributeValue=policy(*statements)
    )


def test_an_alarm_is_sent_for_a_failure_and_ends_when_none_follows(sandbox):
    """The e-mail, the state and the history are right, and the state returns to OK."""
    account = failing(sandbox)
    put_alarm(account, OKActions=[TOPIC_ARN])
    allow_publishing(account, NOTIFY)
    assert state_of(account) == "OK"
    happen(account)
    assert state_of(account) == "ALARM"
    mail, change = sandbox.mails[-1], sandbox.alarms[-1]
    assert mail.subject == 'ALARM: "late" in Europe (Ireland)'
    assert mail.recipients == ("people@example.com",)
    for part in ("has entered the ALARM state, because", "An alert is late.", ALARM_ARN):
        assert part in mail.body
    assert (change.name, change.region, change.state) == ("late", REGION, "ALARM")
    assert change.actions == ((TOPIC_ARN, None),)
    assert "[1.0 (" in change.reason
    allow_publishing(account, NOTIFY, PUBLISH)
    happen(account)
    assert state_of(account) == "OK"
    assert [change.state for change in sandbox.alarms] == ["OK", "ALARM", "OK"]
    assert sandbox.mails[-1].subject.startswith('OK: "late"')


def test_an_alarm_is_sent_only_when_its_state_changes(sandbox):
    """A second failure finds the alarm in ALARM."""
    account = failing(sandbox)
    put_alarm(account)
    happen(account)
    happen(account)
    assert [change.state for change in sandbox.alarms] == ["ALARM"]


@pytest.mark.parametrize(
    "changes",
    [
        metric(of="another"),
        metric("InvocationsSentToDlq"),
        {"Threshold": 1},
        {"ComparisonOperator": "GreaterThanOrEqualToThreshold", "Threshold": 2},
    ],
)
def test_an_alarm_ignores_other_rules_other_metrics_and_too_few_failures(sandbox, changes):
    """Its state stays OK."""
    account = failing(sandbox)
    put_alarm(account, **changes)
    happen(account)
    assert (state_of(account), sandbox.alarms) == ("OK", [])


def test_an_alarm_without_data_is_in_insufficient_data(sandbox):
    """Missing data is treated as missing, and is not a data point of 0."""
    account = failing(sandbox)
    put_alarm(account, TreatMissingData="missing")
    assert state_of(account) == "INSUFFICIENT_DATA"
    happen(account)
    assert state_of(account) == "ALARM"


def test_an_alarm_with_disabled_actions_sends_nothing(sandbox):
    """Its state changes nevertheless."""
    account = failing(sandbox)
    put_alarm(account, ActionsEnabled=False)
    happen(account)
    (change,) = sandbox.alarms
    assert (change.state, change.actions) == ("ALARM", ())
    assert sandbox.mails == []


@pytest.mark.parametrize(
    ("statement", "refusal"),
    [
        (
            {
                **NOTIFY,
                "Condition": {"ArnLike": {"aws:SourceArn": ALARM_ARN[:-2] + "*"}},
            },
            None,
        ),
        (
            {
                **NOTIFY,
                "Condition": {"StringEquals": {"aws:SourceAccount": ACCOUNT_ID}},
            },
            None,
        ),
        (
            {**NOTIFY, "Condition": {"ArnLike": {"aws:SourceArn": ALARM_ARN + "r"}}},
            "not allow",
        ),
        (allow("sns:Subscribe", TOPIC_ARN, Principal=CLOUDWATCH), "does not allow cloudwatch"),
        (
            {**NOTIFY, "Condition": {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}},
            "cannot do this",
        ),
    ],
)
def test_an_alarm_needs_permission_from_the_topic_policy(sandbox, statement, refusal):
    """The change records why an action failed, and the alarm is in ALARM."""
    account = failing(sandbox, statement)
    put_alarm(account)
    happen(account)
    (change,) = sandbox.alarms
    ((_, error),) = change.actions
    assert error is None if refusal is None else refusal in error
    assert bool(error) == (not sandbox.mails)


@pytest.mark.parametrize(
    ("principal", "disabled", "refusal"),
    [
        (CLOUDWATCH, False, None),
        (EVENTS, False, "does not allow cloudwatch.amazonaws.com kms:GenerateDataKey"),
        (CLOUDWATCH, True, "is Disabled"),
    ],
)
def test_an_alarm_needs_an_enabled_key_and_its_policy_for_an_encrypted_topic(
    sandbox, principal, disabled, refusal
):
    """Otherwise the change records why the action failed."""
    account = failing(sandbox)
    key = encrypt_topic(account, allow(ENCRYPT, Principal=principal))
    if disabled:
        account.client("kms").disable_key(KeyId=key)
    put_alarm(account)
    happen(account)
    ((_, error),) = sandbox.alarms[-1].actions
    assert error is None if refusal is None else refusal in error


def test_an_update_that_is_refused_changes_nothing(sandbox):
    """The alarm stays as it was."""
    account = Account(sandbox)
    put_alarm(account)
    with pytest.raises(ClientError):
        put_alarm(account, AlarmDescription="new", AlarmActions=[TOPIC_ARN] * 6)
    (alarm,) = account.client("cloudwatch").describe_alarms()["MetricAlarms"]
    assert alarm["AlarmDescription"] == "An alert is late."


def test_alarms_on_other_metrics_are_kept_and_never_evaluated(sandbox):
    """moto alone handles them."""
    account = Account(sandbox)
    put_alarm(account, Namespace="AWS/EC2", Statistic="Average", EvaluationPeriods=3)
    assert (state_of(account), sandbox.alarms) == ("OK", [])


def test_an_alarm_on_what_is_missing_is_evaluated_over_the_time_of_a_test(sandbox):
    """It is on after a period with too few data points, and off after one with enough."""
    account = failing(sandbox)
    changes = {"ComparisonOperator": "LessThanThreshold", "TreatMissingData": "breaching"}
    put_alarm(account, Threshold=2, EvaluationPeriods=2, **changes)
    allow_publishing(account, NOTIFY)
    happen(account)
    sandbox.end_long_period(REGION)
    assert state_of(account) == "ALARM"
    happen(account)
    happen(account)
    sandbox.end_long_period(REGION)
    assert state_of(account) == "OK"
    sandbox.end_long_period(REGION)
    assert state_of(account) == "ALARM"
