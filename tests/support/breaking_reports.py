"""Damages what reports a failure, in one Region, and restores it: the queue and an alarm."""

import json
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

from tests.support import tags
from tests.support.breaking import QUEUE, Breaker, Breaking

ALARM = "reprieve-dead-letters"


def queue_has_a_letter(aws: Breaker, restore: ExitStack) -> None:
    aws.sqs.send_message(QueueUrl=aws.queue, MessageBody="lost")
    restore.callback(aws.sqs.purge_queue, QueueUrl=aws.queue)


def queue_as_it_is(aws: Breaker) -> dict[str, Any]:
    """Return what SetQueueAttributes takes, of the queue."""
    found = aws.sqs.get_queue_attributes(QueueUrl=aws.queue, AttributeNames=["All"])["Attributes"]
    names = ("Policy", "MessageRetentionPeriod", "SqsManagedSseEnabled", "DelaySeconds")
    return {name: found[name] for name in names}


def queue_is_gone(aws: Breaker, restore: ExitStack) -> None:
    former = queue_as_it_is(aws)
    aws.sqs.delete_queue(QueueUrl=aws.queue)
    restore.callback(aws.sqs.create_queue, QueueName=QUEUE, Attributes=former, tags=tags.MAPPING)


def queue_is(**changes: str) -> Breaking:
    """Change attributes of the queue."""

    def put(aws: Breaker, restore: ExitStack) -> None:
        former = queue_as_it_is(aws)
        aws.sqs.set_queue_attributes(QueueUrl=aws.queue, Attributes=former | changes)
        restore.callback(aws.sqs.set_queue_attributes, QueueUrl=aws.queue, Attributes=former)

    return put


def queue_is_open(aws: Breaker, restore: ExitStack) -> None:
    policy = json.loads(queue_as_it_is(aws)["Policy"])
    del policy["Statement"][0]["Condition"]
    queue_is(Policy=json.dumps(policy))(aws, restore)


def alarm(change: Callable[[Any, str], object], back: Callable[[Any, str], object]) -> Breaking:
    """Change the alarm on the dead-letter queue."""

    def do(aws: Breaker, restore: ExitStack) -> None:
        change(aws.cloudwatch, ALARM)
        restore.callback(back, aws.cloudwatch, ALARM)

    return do


alarm_is_mute = alarm(
    lambda cloudwatch, name: cloudwatch.disable_alarm_actions(AlarmNames=[name]),
    lambda cloudwatch, name: cloudwatch.enable_alarm_actions(AlarmNames=[name]),
)


def alarm_is_muted(aws: Breaker, restore: ExitStack) -> None:
    """Create a mute rule that names the alarm, for every day."""
    schedule = {"Expression": "cron(0 0 * * *)", "Duration": "P1D"}
    targets = {"AlarmNames": [ALARM]}
    aws.cloudwatch.put_alarm_mute_rule(
        Name="quiet", Rule={"Schedule": schedule}, MuteTargets=targets
    )
    restore.callback(aws.cloudwatch.delete_alarm_mute_rule, AlarmMuteRuleName="quiet")


def alarm_is_on(aws: Breaker, restore: ExitStack) -> None:
    def put(state: str) -> None:
        aws.cloudwatch.set_alarm_state(
            AlarmName=ALARM, StateValue=state, StateReason="a test says so"
        )

    put("ALARM")
    restore.callback(put, "OK")


def alarm_as_it_is(aws: Breaker) -> dict[str, Any]:
    """Return what PutMetricAlarm takes, of the alarm on the dead-letter queue."""
    (alarm,) = aws.cloudwatch.describe_alarms(AlarmNames=[ALARM])["MetricAlarms"]
    names = (
        "AlarmName", "AlarmDescription", "ActionsEnabled", "AlarmActions", "MetricName",
        "Namespace", "Statistic", "Dimensions", "Period", "EvaluationPeriods", "Threshold",
        "ComparisonOperator", "TreatMissingData",
    )  # fmt: skip
    return {name: alarm[name] for name in names}


def alarm_is_gone(aws: Breaker, restore: ExitStack) -> None:
    there = alarm_as_it_is(aws)
    aws.cloudwatch.delete_alarms(AlarmNames=[there["AlarmName"]])
    restore.callback(aws.cloudwatch.put_metric_alarm, **there, Tags=tags.LIST)


def alarm_is(**changes: Any) -> Breaking:
    """Change what PutMetricAlarm takes, of the alarm on the dead-letter queue."""

    def put(aws: Breaker, restore: ExitStack) -> None:
        there = alarm_as_it_is(aws)
        aws.cloudwatch.put_metric_alarm(**there | changes)
        restore.callback(aws.cloudwatch.put_metric_alarm, **there)

    return put
