"""The metrics that alarms of this account can watch, and the sums of them that are supported.

Every occurrence is a data point of 1. CloudWatch cuts time into periods. Here a period is the time
between two evaluations of a Region's alarms, as if it had just ended then. If something new was
counted in it, what was counted shortly before, within the length of a period, belongs to it too.
"""

from __future__ import annotations

import re
import time
from collections import Counter, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from threading import Lock
from typing import Any

from moto.sqs.models import sqs_backends

from sandbox.core.account import current_account
from sandbox.core.errors import AwsError, SandboxCannot

EVENTS, SNS, SQS = "AWS/Events", "AWS/SNS", "AWS/SQS"
VISIBLE = "ApproximateNumberOfMessagesVisible"
# The metrics that the sandbox has, with the one dimension of each. EventBridge User Guide,
# "Monitoring Amazon EventBridge": the dimension RuleName alone means the default bus. A rule on
# another bus has EventBusName too.
_DIMENSIONS = {
    (EVENTS, "MatchedEvents"): "RuleName",
    (EVENTS, "InvocationAttempts"): "RuleName",
    (EVENTS, "RetryInvocationAttempts"): "RuleName",
    (EVENTS, "FailedInvocations"): "RuleName",
    (EVENTS, "InvocationsSentToDlq"): "RuleName",
    (EVENTS, "InvocationsFailedToBeSentToDlq"): "RuleName",
    (SNS, "NumberOfNotificationsFailed"): "TopicName",
    (SNS, "NumberOfNotificationsRedrivenToDlq"): "TopicName",
    (SNS, "NumberOfNotificationsFailedToRedriveToDlq"): "TopicName",
    (SQS, VISIBLE): "QueueName",
}
_NAMESPACES = {namespace for namespace, _ in _DIMENSIONS}
# CloudWatch User Guide, "Limits", and API reference, MetricDataQuery: an alarm on metric math
# uses at most ten metrics.
MAX_METRICS = 10
_ID = re.compile(r"[a-z][A-Za-z0-9_]*")
_TERM = re.compile(r"(?P<filled>FILL\()?(?P<id>[a-z]\w*)(?(filled),0\))")

Metric = tuple[str, str, str]
"""Namespace, name, and the value of the dimension."""


@dataclass(frozen=True)
class Period:
    """What was counted: since the last evaluation, and within the length of a period."""

    new: Mapping[Metric, int]
    recent: Mapping[Metric, int]


class Metrics:
    """The data points of each account and Region. Times are seconds of `clock`."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = Lock()
        self._points: dict[tuple[str, str], deque[tuple[float, Metric]]] = {}
        self._new: dict[tuple[str, str], Counter[Metric]] = {}
        self._long: dict[tuple[str, str], Counter[Metric]] = {}

    def count(self, region: str, namespace: str, name: str, of: str) -> None:
        """Add a data point to the metric of a rule or topic (its name)."""
        metric, where = (namespace, name, of), (current_account(), region)
        with self._lock:
            self._points.setdefault(where, deque()).append((self._clock(), metric))
            self._new.setdefault(where, Counter())[metric] += 1
            self._long.setdefault(where, Counter())[metric] += 1

    def end_period(self, region: str, length: float) -> Period:
        """Return the counts of a Region, and start a new period there. The length is in seconds."""
        where = current_account(), region
        with self._lock:
            points = self._points.setdefault(where, deque())
            new = self._new.pop(where, Counter())
            begin = self._clock() - length
            # What is new counts even if it is older: no period may lose it.
            while len(points) > new.total() and points[0][0] < begin:
                points.popleft()
            return Period(new, Counter(metric for _, metric in points))

    def end_long_period(self, region: str) -> Period:
        """Return the counts of a Region since the last call of this method."""
        with self._lock:
            counts = self._long.pop((current_account(), region), Counter())
        return Period(counts, counts)

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._points.clear()
            self._new.clear()
            self._long.clear()


@dataclass(frozen=True)
class Series:
    """One statistic of one metric."""

    namespace: str
    name: str
    of: str
    statistic: str

    @property
    def metric(self) -> Metric:
        """The metric without the statistic."""
        return self.namespace, self.name, self.of

    def value(self, counts: Mapping[Metric, int], region: str) -> float | None:
        """Return the data point of a period with these counts, or None if there is none.

        EventBridge and SNS send these metrics only if there is something to count. SQS sends its
        metric for every queue that exists.
        """
        if self.namespace == SQS:
            queue = sqs_backends[current_account()][region].queues.get(self.of)
            return None if queue is None else float(queue.approximate_number_of_messages)
        count = counts.get(self.metric, 0)
        if not count:
            return None
        return float(count) if self.statistic == "Sum" else 1.0


@dataclass(frozen=True)
class MetricSum:
    """A sum of metrics, which an alarm watches.

    `terms` are the metrics, each with a flag that tells whether FILL(metric, 0) surrounds it. If
    the sum is `strict`, it is missing as soon as one of its terms is missing. m1+m2 is strict
    according to CloudWatch's users; its documentation does not say. SUM([m1,m2]) ignores missing
    terms.
    """

    terms: tuple[tuple[Series, bool], ...]
    strict: bool = False

    def value(self, period: Period, region: str) -> float | None:
        """Return the data point of a period, or None if there is none."""
        is_new = any(series.metric in period.new for series, _ in self.terms)
        counts = period.recent if is_new else period.new
        points = [
            0.0 if point is None and filled else point
            for point, filled in ((s.value(counts, region), filled) for s, filled in self.terms)
        ]
        known = [point for point in points if point is not None]
        return sum(known) if known and not (self.strict and len(known) < len(points)) else None


def metric_sum_of(alarm: Any) -> MetricSum | None:
    """Return what one of moto's alarms watches, or None if the sandbox lacks its metrics.

    Raise ValidationError for metric math that CloudWatch refuses. Raise SandboxCannot for an alarm
    that CloudWatch accepts and the sandbox cannot evaluate.
    """
    if not alarm.metric_data_queries:
        if alarm.namespace not in _NAMESPACES:
            return None
        if alarm.unit not in (None, "Count"):
            raise SandboxCannot(f"an alarm on the unit {alarm.unit}")
        return MetricSum(((_series(alarm, alarm.statistic or alarm.extended_statistic), False),))
    _check_queries(alarm)
    stats = {q.id: q.metric_stat for q in alarm.metric_data_queries if q.metric_stat}
    if not {stat.metric.namespace for stat in stats.values()} & _NAMESPACES:
        return None
    if any(stat.unit not in (None, "Count") for stat in stats.values()):
        raise SandboxCannot("an alarm on a metric with a unit other than Count")
    series = {id: _series(stat.metric, stat.stat) for id, stat in stats.items()}
    shown = next(q for q in alarm.metric_data_queries if _returns(q))
    expressions = [q for q in alarm.metric_data_queries if q.expression]
    if expressions and expressions != [shown]:
        raise SandboxCannot("an alarm with more than one expression")
    return _sum(shown.expression or shown.id, series)


def _check_queries(alarm: Any) -> None:
    """Raise ValidationError as PutMetricAlarm does for the list `Metrics` (API reference)."""
    queries = alarm.metric_data_queries
    if alarm.namespace or alarm.metric_name or alarm.statistic or alarm.dimensions or alarm.period:
        raise _invalid(
            "Metrics list must not be specified together with Namespace, MetricName, Dimensions, "
            "Period, Unit, Statistic or ExtendedStatistic"
        )
    if sum(1 for q in queries if q.metric_stat) > MAX_METRICS:
        raise _invalid(f"An alarm on metric math must not have more than {MAX_METRICS} metrics")
    if sum(1 for q in queries if q.expression) > MAX_METRICS:
        raise _invalid(f"An alarm must not have more than {MAX_METRICS} expressions")
    ids = [q.id for q in queries]
    if len(set(ids)) < len(ids) or not all(_ID.fullmatch(id or "") for id in ids):
        raise _invalid("The ids of the metrics list must differ and begin with a lowercase letter")
    if any(bool(q.metric_stat) == bool(q.expression) for q in queries):
        raise _invalid("Invalid metrics list")
    if sum(map(_returns, queries)) != 1:
        raise _invalid("Exactly one element of the metrics list should return data.")


def _returns(query: Any) -> bool:
    # In the query protocol the value is text. The default is true.
    return str(query.return_data).lower() != "false"


def _series(metric: Any, statistic: str | None) -> Series:
    namespace, name = metric.namespace, metric.metric_name
    dimension = _DIMENSIONS.get((namespace, name))
    dimensions = {d.name: d.value for d in metric.dimensions}
    bus = dimensions.get("EventBusName") if namespace == EVENTS else None
    others = dimensions.keys() - ({"EventBusName"} if bus else set())
    if dimension is None or others != {dimension}:
        raise SandboxCannot(f"an alarm on the metric {namespace} {name} of {dimensions}")
    if statistic not in ("Sum", "Maximum"):
        raise SandboxCannot(f"an alarm on the statistic {statistic} of {namespace} {name}")
    of = dimensions[dimension]
    return Series(namespace, name, f"{bus}/{of}" if bus else of, statistic)


def _sum(expression: str, series: Mapping[str, Series]) -> MetricSum:
    text = re.sub(r"\s", "", expression)
    if text in ("SUM(METRICS())", "SUM(FILL(METRICS(),0))"):
        return MetricSum(tuple((each, "FILL" in text) for each in series.values()))
    inner = re.fullmatch(r"SUM\(\[(.*)\]\)", text)
    # The comma in FILL(m1,0) does not separate terms.
    parts = re.split(r",(?!0\))", inner[1]) if inner else text.split("+")
    found = [_TERM.fullmatch(part) for part in parts]
    terms = [term for term in found if term]
    if len(terms) < len(parts):
        raise SandboxCannot(f"an alarm on the expression {expression}")
    if unknown := {term["id"] for term in terms} - set(series):
        raise _invalid(f"Invalid metrics list: {expression} names {', '.join(sorted(unknown))}")
    return MetricSum(
        tuple((series[term["id"]], bool(term["filled"])) for term in terms), strict=not inner
    )


def _invalid(message: str) -> AwsError:
    return AwsError("ValidationError", message)
