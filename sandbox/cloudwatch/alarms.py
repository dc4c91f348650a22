"""CloudWatch's alarms: their states, and the messages that they send.

After something was delivered in a Region and no job is left, the Region's alarms are evaluated
once, over one period, without waiting for its end. While jobs are left they are evaluated whenever
a period has passed since something was counted. All alarms have the period of the quotas.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from threading import Lock, Timer, get_ident
from typing import Any

from moto.cloudwatch.exceptions import CloudWatchException
from moto.cloudwatch.models import Alarm, CloudWatchBackend, cloudwatch_backends

from sandbox.cloudwatch import absence
from sandbox.cloudwatch.alarm_events import state_change, state_of
from sandbox.cloudwatch.alarm_mails import subject_of, text_of
from sandbox.cloudwatch.metrics import EVENTS, SNS, Metrics, Period, metric_sum_of
from sandbox.core.account import bound, current_account
from sandbox.core.background import Work
from sandbox.core.errors import AwsError, DeliveryFailed, SandboxCannot
from sandbox.core.observed import Observed
from sandbox.core.patching import Method, wrap
from sandbox.core.quotas import Limits

Emit = Callable[[Mapping[str, Any], str], None]
Publish = Callable[[str, str, str, str, str], object]

OK, ALARM, UNKNOWN = "OK", "ALARM", "INSUFFICIENT_DATA"
_COMPARISONS = {
    "GreaterThanThreshold": "greater than",
    "GreaterThanOrEqualToThreshold": "greater than or equal to",
}
# API reference, PutMetricAlarm: the maximum number of actions for each state.
_MAX_ACTIONS = 5


@dataclass(frozen=True)
class AlarmChange:
    """One change of an alarm's state.

    `actions` are the topics that the alarm publishes to, each with None or why publishing failed.
    `at` is in seconds since the epoch.
    """

    name: str
    account: str
    region: str
    state: str
    reason: str
    actions: tuple[tuple[str, str | None], ...]
    at: float


class Alarms:
    """The alarms of all accounts and Regions. moto keeps them, and this class evaluates them.

    `publish` publishes to a topic as CloudWatch: (topic_arn, region, alarm_arn, body, subject). It
    raises DeliveryFailed. `emit` puts an event on a Region's default bus: (envelope, region).
    """

    def __init__(self, work: Work, limits: Limits, publish: Publish, emit: Emit) -> None:
        self._work = work
        self._limits = limits
        self._publish = publish
        self._emit = emit
        self._metrics = Metrics()
        self._lock = Lock()
        self._changes = Observed[AlarmChange]()
        self._evaluating = Lock()
        self._evaluator: int | None = None
        self._timers: dict[tuple[str, str], Timer] = {}
        self._undo = [
            wrap(CloudWatchBackend, "put_metric_alarm", self._around_put),
            wrap(Alarm, "update_state", self._around_update),
        ]

    @property
    def changes(self) -> list[AlarmChange]:
        """Every change so far, oldest first, except that a new alarm without actions becomes OK."""
        return self._changes.all

    def clear(self) -> None:
        """Forget the changes and the counts so far."""
        self._stop_timers()
        self._metrics.clear()
        self._changes.clear()

    def close(self) -> None:
        """Evaluate nothing more, and undo the changes to moto."""
        self._stop_timers()
        for undo in self._undo:
            undo()

    def _stop_timers(self) -> None:
        with self._lock:
            for timer in self._timers.values():
                timer.cancel()
            self._timers.clear()

    def count_for_rule(self, region: str, name: str, rule: str) -> None:
        """Add a data point to one of EventBridge's metrics of a rule."""
        self._count(region, EVENTS, name, rule)

    def evaluate_later(self, region: str) -> None:
        """Evaluate a Region's alarms once no other job is left."""
        key = "alarms", current_account(), region
        self._work.when_done(key, lambda: self._evaluation(region))

    def count_for_topic(self, region: str, topic_name: str, name: str) -> None:
        """Add a data point to one of SNS's metrics of a topic: what it could not deliver."""
        self._count(region, SNS, name, topic_name)
        # A failure of an alarm's own message counts for the next period. That period ends when
        # something else happens. Otherwise the new alarm state would be over immediately.
        if self._evaluator != get_ident():
            self.evaluate_later(region)

    def _count(self, region: str, namespace: str, name: str, of: str) -> None:
        """Add a data point. Evaluate the Region's alarms after a period, if nothing does before."""
        self._metrics.count(region, namespace, name, of)
        length = self._limits.quotas.alarm_period
        where = current_account(), region
        with self._lock:
            if length and where not in self._timers:
                timer = Timer(length, bound(lambda: self._period_ended(region)))
                timer.daemon = True
                self._timers[where] = timer
                timer.start()

    def _period_ended(self, region: str) -> None:
        with self._lock:
            self._timers.pop((current_account(), region), None)
        # Without jobs, whatever has happened is evaluated already.
        if self._work.is_busy:
            # In a thread that `settle` waits for. The workers may be busy for long.
            self._work.spawn(self._evaluation(region))

    def _around_put(self, put: Method) -> Method:
        def put_checked(backend: Any, **given: Any) -> Any:
            region = backend.region_name
            untagged = {name: value for name, value in given.items() if name != "tags"}
            try:
                watched = _check(Alarm(current_account(), region, **untagged), region)
            except AwsError as error:
                raise CloudWatchException(error.code, error.message) from None
            before = backend.alarms.get(given["name"])
            alarm = put(backend, **given)
            # API reference, PutMetricAlarm: a new alarm is in INSUFFICIENT_DATA until it is
            # evaluated. An updated alarm keeps its state.
            if before is not None:
                for name in ("value", "reason", "reason_data", "updated_timestamp"):
                    setattr(alarm, f"state_{name}", getattr(before, f"state_{name}"))
            elif watched:
                alarm.state_value = UNKNOWN
            if watched:
                self.evaluate_later(region)
            return alarm

        return put_checked

    def _around_update(self, update: Method) -> Method:
        def update_and_emit(alarm: Any, *given: Any, **named: Any) -> None:
            before = state_of(alarm)
            update(alarm, *given, **named)
            # Also for SetAlarmState, and whether or not the alarm's actions are enabled.
            if alarm.state_value != before.value:
                self._emit(state_change(alarm, before), alarm.region_name)

        return update_and_emit

    def _evaluation(self, region: str) -> Callable[[], None]:
        """End the period of a Region now. Return the job that evaluates the alarms over it."""
        with self._lock:
            if timer := self._timers.pop((current_account(), region), None):
                timer.cancel()
        period = self._metrics.end_period(region, self._limits.quotas.alarm_period)
        return lambda: self._evaluate(region, period)

    def _evaluate(self, region: str, period: Period) -> None:
        with self._evaluating:
            self._evaluator = get_ident()
            try:
                for alarm in list(cloudwatch_backends[current_account()][region].alarms.values()):
                    if absence.is_watched_by(alarm):
                        continue
                    state, reason = _new_state(alarm, period, region)
                    if state != alarm.state_value:
                        self._change(alarm, state, reason)
            finally:
                self._evaluator = None

    def end_long_period(self, region: str) -> None:
        """Evaluate the alarms of a Region on what is missing: over the time since the last call."""
        period = self._metrics.end_long_period(region)
        for alarm in list(cloudwatch_backends[current_account()][region].alarms.values()):
            if absence.is_watched_by(alarm):
                state, reason = absence.new_state(alarm, period, region)
                if state != alarm.state_value:
                    self._change(alarm, state, reason)

    def _change(self, alarm: Any, state: str, reason: str) -> None:
        before = alarm.state_value
        alarm.update_state(reason, "{}", state)
        arns = _actions_of(alarm)[state] if alarm.actions_enabled else []
        actions = tuple((arn, self._notify(arn, alarm, before)) for arn in arns)
        if (before, state, actions) == (UNKNOWN, OK, ()):
            return
        change = AlarmChange(
            name=alarm.name,
            account=current_account(),
            region=alarm.region_name,
            state=state,
            reason=reason,
            actions=actions,
            at=time.time(),
        )
        self._changes.add([change])

    def _notify(self, topic_arn: str, alarm: Any, before: str) -> str | None:
        """Publish an alarm's new state to a topic. Return why that failed, or None.

        All subscribers get the text that CloudWatch sends to e-mail addresses. In AWS a queue gets
        JSON.
        """
        region = alarm.region_name
        body, subject = text_of(alarm, before), subject_of(alarm)
        try:
            self._publish(topic_arn, region, alarm.alarm_arn, body, subject)
        except SandboxCannot as error:
            return error.message
        except DeliveryFailed as error:
            return str(error)
        return None


def _actions_of(alarm: Any) -> dict[str, list[str]]:
    return {
        ALARM: alarm.alarm_actions or [],
        OK: alarm.ok_actions,
        UNKNOWN: alarm.insufficient_data_actions,
    }


def _check(alarm: Any, region: str) -> bool:
    """Tell whether the sandbox evaluates this alarm. Raise PutMetricAlarm's error for it."""
    if alarm.rule:
        raise SandboxCannot(f"the composite alarm {alarm.name}")
    if metric_sum_of(alarm) is None:
        return False
    if absence.is_watched_by(alarm):
        return False
    for what, value, known in (
        ("ComparisonOperator", alarm.comparison_operator, tuple(_COMPARISONS)),
        ("TreatMissingData", alarm.treat_missing_data, (None, "missing", "notBreaching")),
        ("EvaluationPeriods", int(alarm.evaluation_periods or 0), (1,)),
        ("DatapointsToAlarm", int(alarm.datapoints_to_alarm or 1), (1,)),
        ("ThresholdMetricId", alarm.threshold_metric_id, (None,)),
    ):
        if value not in known:
            raise SandboxCannot(f"an alarm whose {what} is {value}")
    if alarm.threshold is None:
        raise AwsError("ValidationError", "Threshold is a required argument")
    for arns in _actions_of(alarm).values():
        if len(arns) > _MAX_ACTIONS:
            raise AwsError("ValidationError", f"An alarm has {_MAX_ACTIONS} actions at most")
        for arn in arns:
            _check_action(arn, region)
    return True


def _check_action(arn: str, region: str) -> None:
    service, topic_region = [*arn.split(":"), "", "", ""][2:4]
    if service != "sns":
        raise SandboxCannot(f"the alarm action {arn}")
    if topic_region != region:
        raise AwsError(
            "ValidationError",
            f"Invalid region {topic_region} specified. Only {region} is supported.",
        )


def _new_state(alarm: Any, period: Period, region: str) -> tuple[str, str]:
    """Return the state of an alarm after a period, and CloudWatch's reason for it.

    CloudWatch User Guide, "Configuring how CloudWatch alarms treat missing data".
    """
    metric_sum = metric_sum_of(alarm)
    if metric_sum is None:
        return alarm.state_value, ""
    point, threshold = metric_sum.value(period, region), float(alarm.threshold)
    if point is None and alarm.treat_missing_data == "notBreaching":
        return OK, (
            "Threshold Crossed: no datapoints were received for 1 period and 1 missing datapoint "
            "was treated as [NonBreaching]."
        )
    if point is None:
        return UNKNOWN, "Insufficient Data: 1 datapoint was unknown."
    reached = alarm.comparison_operator == "GreaterThanOrEqualToThreshold" and point == threshold
    state = ALARM if point > threshold or reached else OK
    was = f"was {'' if state == ALARM else 'not '}{_COMPARISONS[alarm.comparison_operator]}"
    change = "OK -> ALARM" if state == ALARM else "ALARM -> OK"
    return state, (
        f"Threshold Crossed: 1 out of the last 1 datapoints [{point} "
        f"({datetime.now(UTC):%d/%m/%y %H:%M}:00)] {was} the threshold ({threshold}) "
        f"(minimum 1 datapoint for {change} transition)."
    )
