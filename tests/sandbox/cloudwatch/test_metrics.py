"""The metrics that alarms can watch, and their sums."""

import pytest
from botocore.exceptions import ClientError
from moto.cloudwatch.models import cloudwatch_backends

from sandbox.core.account import ACCOUNT_ID
from tests.support.alarms import NOTIFY, failing, happen, metric, put_alarm, state_of
from tests.support.emulated_account import (
    EVENTS,
    PUBLISH,
    REGION,
    SNS,
    TOPIC_ARN,
    TOPIC_TARGET,
    Account,
    allow,
)

VISIBLE = metric("ApproximateNumberOfMessagesVisible", "dead", "AWS/SQS", "QueueName")


NOT_NOTIFIED = metric("NumberOfNotificationsFailed", "alerts", "AWS/SNS", "TopicName")


@pytest.mark.parametrize(
    ("statements", "sent"), [([allow("sqs:SendMessage", Principal=EVENTS)], True), ([], False)]
)
def test_events_sent_to_the_dead_letter_queue_and_lost_events_are_counted(
    sandbox, statements, sent
):
    """Both also count as failed invocations. The queue's length is a metric too."""
    account = Account(sandbox)
    account.make_topic(NOTIFY)
    queue = account.make_queue("dead", *statements)
    account.make_rule({**TOPIC_TARGET, "DeadLetterConfig": {"Arn": queue}})
    names = ("FailedInvocations", "InvocationsSentToDlq", "InvocationsFailedToBeSentToDlq")
    for name in names:
        put_alarm(account, AlarmName=name, **metric(name))
    put_alarm(account, **VISIBLE, Statistic="Maximum")
    happen(account)
    expected = {"FailedInvocations", names[1] if sent else names[2], *(["late"] if sent else [])}
    assert {change.name for change in sandbox.alarms} == expected


@pytest.mark.parametrize(
    ("statements", "delivered"),
    [
        ([allow("sqs:SendMessage", Principal=SNS)], True),
        ([allow("sqs:SendMessage", Principal=EVENTS)], False),
        (None, False),
    ],
)
def test_a_message_that_a_queue_refuses_is_a_failed_notification(sandbox, statements, delivered):
    """The queue's policy allows SNS, does not allow it, or there is no queue. E-mails are sent."""
    account = failing(sandbox, PUBLISH)
    queue = f"arn:aws:sqs:{REGION}:{ACCOUNT_ID}:inbox"
    if statements:
        account.make_queue("inbox", *statements)
    sns = account.client("sns")
    sns.subscribe(TopicArn=TOPIC_ARN, Protocol="sqs", Endpoint=queue)
    put_alarm(account, **NOT_NOTIFIED)
    happen(account)
    assert state_of(account) == ("OK" if delivered else "ALARM")
    assert sandbox.mails[0].recipients == ("people@example.com",)
    assert bool(statements and account.messages("inbox")) == delivered


def test_failed_notifications_count_for_every_publisher(sandbox):
    """A message that a filter policy excludes is no failure."""
    account = Account(sandbox)
    account.make_topic(NOTIFY)
    sns = account.client("sns")
    sns.subscribe(
        TopicArn=TOPIC_ARN,
        Protocol="sqs",
        Endpoint=f"arn:aws:sqs:{REGION}:{ACCOUNT_ID}:gone",
        Attributes={"FilterPolicy": '{"kind": ["alert"]}'},
    )
    put_alarm(account, **NOT_NOTIFIED)
    sns.publish(TopicArn=TOPIC_ARN, Message="m")
    assert state_of(account) == "OK"
    kind = {"kind": {"DataType": "String", "StringValue": "alert"}}
    sns.publish(TopicArn=TOPIC_ARN, Message="m", MessageAttributes=kind)
    assert state_of(account) == "ALARM"


def maths(expression, *stats, **total):
    """Return the metrics of a sum: m1 is of the rule `guard`, the others of rules without failures.

    `stats` are the ids of the metrics.
    """
    return [
        {"Id": "total", "Expression": expression, "ReturnData": True, **total},
        *(
            {
                "Id": id,
                "ReturnData": False,
                "MetricStat": {
                    "Metric": metric(of="guard" if id == "m1" else id),
                    "Period": 60,
                    "Stat": "Sum",
                },
            }
            for id in stats
        ),
    ]


SUMS = {
    "SUM(METRICS())": "ALARM",
    "SUM(FILL(METRICS(), 0))": "ALARM",
    "SUM([m2, m1])": "ALARM",
    "FILL(m1, 0) + FILL(m2, 0)": "ALARM",
    "SUM([FILL(m2, 0), m1])": "ALARM",
    "m1": "ALARM",
    "m2": "OK",
    "m1 + m2": "OK",  # m2 is missing, and so is the sum.
}


def test_each_form_of_a_sum_has_cloudwatchs_value(sandbox):
    """One rule of the sum has a failure, and one has none."""
    account = failing(sandbox)
    for expression in SUMS:
        put_alarm(account, AlarmName=expression, Metrics=maths(expression, "m1", "m2"))
    happen(account)
    alarms = account.client("cloudwatch").describe_alarms()["MetricAlarms"]
    assert {alarm["AlarmName"]: alarm["StateValue"] for alarm in alarms} == SUMS


TEN = [f"m{n}" for n in range(10)]


def test_a_sum_of_ten_metrics_is_accepted(sandbox):
    """CloudWatch User Guide, "Limits". A test below shows that eleven are refused."""
    account = failing(sandbox)
    put_alarm(account, Metrics=maths("SUM(METRICS())", *TEN))
    happen(account)
    assert state_of(account) == "ALARM"


@pytest.mark.filterwarnings("ignore:.*SandboxCannot does not match an error shape")
@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"Metrics": maths("SUM(METRICS())", *TEN, "m10")}, "ValidationError"),
        ({"Metrics": maths("m1 + m3", "m1", "m2")}, "ValidationError"),
        ({"Metrics": maths("m1", "m1", "m1")}, "ValidationError"),
        ({"Metrics": maths("SUM(METRICS())", "M1")}, "ValidationError"),
        ({"Metrics": maths("m1", "m1", ReturnData=False)}, "ValidationError"),
        ({"Metrics": maths("m1", "m1"), "Statistic": "Sum"}, "ValidationError"),
        ({"AlarmActions": [TOPIC_ARN.replace(REGION, "us-east-1")]}, "ValidationError"),
        ({"AlarmActions": [TOPIC_ARN] * 6}, "ValidationError"),
        ({"Metrics": maths("MAX(METRICS())", "m1", "m2")}, "SandboxCannot"),
        ({"Metrics": maths("m1 - m2", "m1", "m2")}, "SandboxCannot"),
        ({"Statistic": "Average"}, "SandboxCannot"),
        ({"Unit": "Bytes"}, "SandboxCannot"),
        ({"EvaluationPeriods": 2}, "SandboxCannot"),
        ({"TreatMissingData": "breaching"}, "SandboxCannot"),
        ({"ComparisonOperator": "LessThanThreshold"}, "SandboxCannot"),
        (metric("Invocations"), "SandboxCannot"),
        ({"Dimensions": [{"Name": "EventBusName", "Value": "b"}]}, "SandboxCannot"),
        ({"AlarmActions": [f"arn:aws:lambda:{REGION}:{ACCOUNT_ID}:function:f"]}, "SandboxCannot"),
    ],
)
def test_an_alarm_that_is_refused_is_not_kept(running_sandbox, changes, code):
    """CloudWatch's errors have HTTP status 400, the sandbox's have 501."""
    account = Account(running_sandbox)
    with pytest.raises(ClientError) as raised:
        put_alarm(account, AlarmName="refused", **changes)
    answer = raised.value.response
    status = answer["ResponseMetadata"]["HTTPStatusCode"]
    assert (answer["Error"]["Code"], status) == (code, 501 if code == "SandboxCannot" else 400)
    assert "refused" not in cloudwatch_backends[ACCOUNT_ID][REGION].alarms
