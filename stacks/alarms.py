"""The alarms of one Region."""

from collections.abc import Iterable

from reprieve.guard.resources import SUM_OF_METRICS, Alarm, Metric
from stacks.cdk import (
    AwsProvider,
    CloudwatchMetricAlarm,
    CloudwatchMetricAlarmMetricQuery,
    CloudwatchMetricAlarmMetricQueryMetric,
    Construct,
)
from stacks.references import References


class Alarms(Construct):
    """A CloudWatch alarm for each of the guard's."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        alarms: Iterable[Alarm],
        provider: AwsProvider,
        references: References,
    ) -> None:
        super().__init__(scope, id)
        for alarm in alarms:
            CloudwatchMetricAlarm(
                self,
                alarm.id,
                provider=provider,
                alarm_name=alarm.name,
                alarm_description=references.text(alarm.description),
                comparison_operator=alarm.comparison,
                threshold=alarm.threshold,
                evaluation_periods=alarm.evaluation_periods,
                treat_missing_data=alarm.missing_data,
                alarm_actions=[references.text(arn) for arn in alarm.actions],
                **_sum(alarm) if alarm.label else _single(alarm.metrics[0]),
            )


def _single(metric: Metric) -> dict[str, object]:
    return {
        "namespace": metric.namespace,
        "metric_name": metric.name,
        "dimensions": metric.dimensions,
        "statistic": metric.statistic,
        "period": metric.period_seconds,
    }


def _sum(alarm: Alarm) -> dict[str, object]:
    """Return the sum of metrics that each count for one rule by itself."""
    metrics = [
        CloudwatchMetricAlarmMetricQuery(
            id=alarm.metric_id(metric),
            return_data=False,
            metric=CloudwatchMetricAlarmMetricQueryMetric(
                namespace=metric.namespace,
                metric_name=metric.name,
                dimensions=metric.dimensions,
                stat=metric.statistic,
                period=metric.period_seconds,
            ),
        )
        for metric in alarm.metrics
    ]
    total = CloudwatchMetricAlarmMetricQuery(
        id="total", expression=SUM_OF_METRICS, label=alarm.label, return_data=True
    )
    return {"metric_query": [total, *metrics]}
