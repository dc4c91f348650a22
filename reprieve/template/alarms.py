"""The properties of an alarm that say what it measures: a metric, or the sum of several."""

from typing import Any

from reprieve.guard.resources import SUM_OF_METRICS, Alarm, Metric


def measured(alarm: Alarm) -> dict[str, Any]:
    """Return the metric of an alarm, or the metric math of its sum."""
    return _sum(alarm) if alarm.label else _single(alarm.metrics[0])


def _single(metric: Metric) -> dict[str, Any]:
    return {
        "Namespace": metric.namespace,
        "MetricName": metric.name,
        "Dimensions": _dimensions(metric),
        "Statistic": metric.statistic,
        "Period": metric.period_seconds,
    }


def _sum(alarm: Alarm) -> dict[str, Any]:
    total = {
        "Id": "total",
        "Expression": SUM_OF_METRICS,
        "Label": alarm.label,
        "ReturnData": True,
    }
    metrics = [
        {
            "Id": alarm.metric_id(metric),
            "MetricStat": {
                "Metric": {
                    "Namespace": metric.namespace,
                    "MetricName": metric.name,
                    "Dimensions": _dimensions(metric),
                },
                "Period": metric.period_seconds,
                "Stat": metric.statistic,
            },
            "ReturnData": False,
        }
        for metric in alarm.metrics
    ]
    return {"Metrics": [total, *metrics]}


def _dimensions(metric: Metric) -> list[dict[str, str]]:
    return [{"Name": name, "Value": value} for name, value in metric.dimensions.items()]
