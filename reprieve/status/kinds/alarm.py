"""The attributes of a CloudWatch alarm."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from reprieve.guard.resources import SUM_OF_METRICS, Alarm, Metric
from reprieve.status.attributes import Attributes, attributes_of

NOT_COMPARED: Final = {
    "id": "it is Terraform's address; the name has it too",
    "severity": "it selects the rule for the channels, whose pattern is compared",
}


def expected(alarm: Alarm) -> Attributes:
    """Return what the settings make of an alarm.

    The metric of an alarm on one is an attribute by each of its fields; of several, each metric is
    one text.
    """
    metrics = alarm.metrics
    stated = attributes_of(
        alarm,
        NOT_COMPARED,
        metrics=lambda _: {} if alarm.label else metric_fields(metrics[0]),
        actions=tuple,
    )
    if alarm.label:
        stated["metrics"] = tuple(_as_text(metric_fields(each)) for each in metrics)
        stated["expressions"] = (f"{SUM_OF_METRICS}, which counts",)
    return {"alarm actions": "enabled"} | stated


def deployed(answer: Mapping[str, Any]) -> Attributes:
    """Return what is deployed: `answer` is of DescribeAlarms (CloudWatch API, MetricAlarm)."""
    attributes: Attributes = {
        "alarm actions": "enabled" if answer.get("ActionsEnabled", True) else "disabled",
        "name": answer.get("AlarmName"),
        "description": answer.get("AlarmDescription"),
        "actions": tuple(answer.get("AlarmActions", ())),
        "threshold": answer.get("Threshold"),
        "comparison": answer.get("ComparisonOperator"),
        "evaluation periods": answer.get("EvaluationPeriods"),
        "datapoints to alarm": _datapoints(answer),
        "missing data": answer.get("TreatMissingData", "missing"),
        "low sample count percentile": answer.get("EvaluateLowSampleCountPercentile"),
        "threshold metric": answer.get("ThresholdMetricId"),
        "actions on OK": tuple(answer.get("OKActions", ())),
        "actions without data": tuple(answer.get("InsufficientDataActions", ())),
    }
    if queries := answer.get("Metrics"):
        return attributes | _queries(queries)
    return attributes | _metric(answer, answer, answer.get("Statistic"))


def metric_fields(metric: Metric) -> Attributes:
    """Return a metric as attributes: each field by its name, a dimension by its own."""
    attributes = attributes_of(metric, {"name": "the metric"}, dimensions=_dimensions)
    return {"metric": metric.name} | attributes


def _datapoints(answer: Mapping[str, Any]) -> int | None:
    """Return how many periods have to breach, None if it is all of them."""
    datapoints: int | None = answer.get("DatapointsToAlarm")
    return None if datapoints == answer.get("EvaluationPeriods") else datapoints


def _dimensions(dimensions: Mapping[str, str]) -> Attributes:
    return {f"dimension {name}": value for name, value in dimensions.items()}


def _metric(metric: Mapping[str, Any], stat: Mapping[str, Any], statistic: Any) -> Attributes:
    """Return the same as `metric_fields`, of AWS's Metric and of what has the period and unit."""
    dimensions = {each["Name"]: each["Value"] for each in metric.get("Dimensions", ())}
    return {
        "metric": metric.get("MetricName"),
        "namespace": metric.get("Namespace"),
        "statistic": statistic or stat.get("ExtendedStatistic"),
        **_dimensions(dimensions),
        "period seconds": stat.get("Period"),
        "unit": stat.get("Unit"),
    }


def _queries(queries: list[Mapping[str, Any]]) -> Attributes:
    """Return the metrics and the expressions of a sum; what is returned is what counts."""
    metrics, expressions = [], []
    label = None
    for query in queries:
        counts = query.get("ReturnData", True)
        if stat := query.get("MetricStat"):
            text = _as_text(_metric(stat["Metric"], stat, stat.get("Stat")))
            account = f", account {query['AccountId']}" if query.get("AccountId") else ""
            metrics.append(f"{text}{account}{', which counts' if counts else ''}")
        else:
            text = str(query.get("Expression"))
            expressions.append(f"{text}{', which counts' if counts else ''}")
            label = query.get("Label") if counts else label
    return {"metrics": tuple(metrics), "expressions": tuple(expressions), "label": label}


def _as_text(attributes: Attributes) -> str:
    return ", ".join(_parts(attributes))


def _parts(attributes: Attributes) -> Iterator[str]:
    for name in sorted(attributes):
        if attributes[name] is not None:
            yield f"{name} {attributes[name]}"
