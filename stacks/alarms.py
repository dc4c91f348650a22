"""The alarms of one Region: what tells that an alert, or a rescue, did not get out."""

from reprieve.names import PREFIX
from stacks.cdk import (
    AwsProvider,
    CloudwatchMetricAlarm,
    CloudwatchMetricAlarmMetricQuery,
    CloudwatchMetricAlarmMetricQueryMetric,
    Construct,
)

_MINUTE = 60


class Alarms(Construct):
    """An alarm on the dead-letter queue, on the topic's deliveries, and on the rules' invocations.

    `rule_names` are rules by the group that shares an alarm, of at most ten each; `actions` are the
    ARNs of the topics that hear of it.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        provider: AwsProvider,
        queue_name: str,
        topic_name: str,
        rule_names: dict[str, list[str]],
        actions: list[str],
    ) -> None:
        super().__init__(scope, id)
        self._provider = provider
        self._actions = actions
        self._alarm(
            "dead-letters",
            "Reprieve could not deliver an alert, or start a rescue, for an hour. The messages in "
            f"the queue {queue_name} say which and why: look there NOW.",
            namespace="AWS/SQS",
            metric_name="ApproximateNumberOfMessagesVisible",
            dimensions={"QueueName": queue_name},
            statistic="Maximum",
            period=_MINUTE,
        )
        self._alarm(
            "failed-notifications",
            "SNS could not deliver an alert to one of those who subscribe to the topic "
            f"{topic_name}. E-mail addresses may have been switched off, or queues deleted.",
            namespace="AWS/SNS",
            metric_name="NumberOfNotificationsFailed",
            dimensions={"TopicName": topic_name},
            statistic="Sum",
            period=_MINUTE,
        )
        for group, names in rule_names.items():
            self._alarm(
                f"failed-invocations-{group}",
                "EventBridge gave up on a target of one of these rules: "
                f"{', '.join(names)}. If the dead-letter queue {queue_name} is empty, the event "
                "is lost: look for it in CloudTrail.",
                metric_query=_sum_of_failures(names),
            )

    def _alarm(self, id: str, description: str, **metric: object) -> None:
        CloudwatchMetricAlarm(
            self,
            id,
            provider=self._provider,
            alarm_name=f"{PREFIX}-{id}",
            alarm_description=description,
            comparison_operator="GreaterThanThreshold",
            threshold=0,
            evaluation_periods=1,
            # EventBridge and SNS send these metrics only when there is something to count.
            treat_missing_data="notBreaching",
            alarm_actions=self._actions,
            **metric,
        )


def _sum_of_failures(rule_names: list[str]) -> list[CloudwatchMetricAlarmMetricQuery]:
    """Return the sum of FailedInvocations, which EventBridge counts for each rule by itself."""
    metrics = [
        CloudwatchMetricAlarmMetricQuery(
            id=name.replace("-", "_"),
            return_data=False,
            metric=CloudwatchMetricAlarmMetricQueryMetric(
                namespace="AWS/Events",
                metric_name="FailedInvocations",
                dimensions={"RuleName": name},
                stat="Sum",
                period=_MINUTE,
            ),
        )
        for name in rule_names
    ]
    total = CloudwatchMetricAlarmMetricQuery(
        id="total",
        expression="SUM(FILL(METRICS(), 0))",
        label="Failed invocations",
        return_data=True,
    )
    return [total, *metrics]
