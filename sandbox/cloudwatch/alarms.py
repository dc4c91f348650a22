"""CloudWatch's alarms: their state, and what they send.

No time passes in the sandbox. The alarms of a Region are evaluated once, over one period, whenever
something was delivered there and nothing is left to do.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from threading import Lock, get_ident
from typing import Any

from botocore.loaders import Loader
from moto.cloudwatch.exceptions import CloudWatchException
from moto.cloudwatch.models import Alarm, CloudWatchBackend, cloudwatch_backends
from moto.sns.models import sns_backends

from sandbox.cloudwatch.metrics import SNS, Metrics, Period, watched_by
from sandbox.core.account import ACCOUNT_ID
from sandbox.core.background import Work
from sandbox.core.errors import AwsError, SandboxCannot
from sandbox.core.patching import Method, wrap
from sandbox.iam import authorization
from sandbox.sns import publish

OK, ALARM, UNKNOWN = "OK", "ALARM", "INSUFFICIENT_DATA"
_COMPARISONS = {
    "GreaterThanThreshold": "greater than",
    "GreaterThanOrEqualToThreshold": "greater than or equal to",
}
# SNS API reference, Publish: a subject has fewer than 100 characters.
_SUBJECT = 99
# API reference, PutMetricAlarm: of the actions of each state.
_MAX_ACTIONS = 5


@dataclass(frozen=True)
class AlarmChange:
    """One change of an alarm's state.

    `actions` are the topics that were to hear of it, each with None or why it did not.
    """

    name: str
    region: str
    state: str
    reason: str
    actions: tuple[tuple[str, str | None], ...]


class Alarms:
    """The alarms of all Regions, which moto keeps and this evaluates."""

    def __init__(self, work: Work) -> None:
        self._work = work
        self._metrics = Metrics()
        self._lock = Lock()
        self._changes: list[AlarmChange] = []
        self._evaluator: int | None = None
        self._unhooks = [
            wrap(CloudWatchBackend, "put_metric_alarm", self._around_put),
            publish.hook(self._notification_failed),
        ]

    @property
    def changes(self) -> list[AlarmChange]:
        """Every change so far, oldest first; not that a new alarm has nothing to tell."""
        with self._lock:
            return list(self._changes)

    def clear(self) -> None:
        """Forget the changes so far, and what was counted."""
        self._metrics.clear()
        with self._lock:
            self._changes.clear()

    def close(self) -> None:
        """Leave moto as it was."""
        for unhook in self._unhooks:
            unhook()

    def count(self, region: str, namespace: str, name: str, of: str) -> None:
        """Add a data point to a metric; see `Metrics.count`."""
        self._metrics.count(region, namespace, name, of)

    def evaluate_later(self, region: str) -> None:
        """Evaluate a Region's alarms when nothing else is left to do."""
        self._work.when_done(("alarms", region), lambda: self._evaluate(region))

    def _notification_failed(self, region: str, topic_name: str) -> None:
        self.count(region, SNS, "NumberOfNotificationsFailed", topic_name)
        # What fails while an alarm tells of itself is of the next period, which begins when
        # something else happens: otherwise this one would be over at once.
        if self._evaluator != get_ident():
            self.evaluate_later(region)

    def _around_put(self, put: Method) -> Method:
        def put_checked(backend: Any, **given: Any) -> Any:
            region = backend.region_name
            untagged = {name: value for name, value in given.items() if name != "tags"}
            try:
                watched = _check(Alarm(ACCOUNT_ID, region, **untagged), region)
            except AwsError as fault:
                raise CloudWatchException(fault.code, fault.message) from None
            before = backend.alarms.get(given["name"])
            alarm = put(backend, **given)
            # API reference, PutMetricAlarm: a new alarm is in INSUFFICIENT_DATA until it is
            # evaluated; one that is updated keeps its state.
            if before is not None:
                for name in ("value", "reason", "reason_data", "updated_timestamp"):
                    setattr(alarm, f"state_{name}", getattr(before, f"state_{name}"))
            elif watched:
                alarm.state_value = UNKNOWN
            if watched:
                self.evaluate_later(region)
            return alarm

        return put_checked

    def _evaluate(self, region: str) -> None:
        period = self._metrics.end_period(region)
        self._evaluator = get_ident()
        try:
            for alarm in list(cloudwatch_backends[ACCOUNT_ID][region].alarms.values()):
                state, reason = _judge(alarm, period, region)
                if state != alarm.state_value:
                    self._change(alarm, state, reason)
        finally:
            self._evaluator = None

    def _change(self, alarm: Any, state: str, reason: str) -> None:
        before = alarm.state_value
        alarm.update_state(reason, "{}", state)
        arns = _actions_of(alarm)[state] if alarm.actions_enabled else []
        actions = tuple((arn, _publish(arn, alarm, before)) for arn in arns)
        if (before, state, actions) == (UNKNOWN, OK, ()):
            return
        with self._lock:
            self._changes.append(AlarmChange(alarm.name, alarm.region_name, state, reason, actions))


def _actions_of(alarm: Any) -> dict[str, list[str]]:
    return {
        ALARM: alarm.alarm_actions or [],
        OK: alarm.ok_actions,
        UNKNOWN: alarm.insufficient_data_actions,
    }


def _check(alarm: Any, region: str) -> bool:
    """Whether the sandbox evaluates this alarm; raises what PutMetricAlarm refuses it with."""
    if alarm.rule:
        raise SandboxCannot(f"the composite alarm {alarm.name}")
    if watched_by(alarm) is None:
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
    service, where = [*arn.split(":"), "", "", ""][2:4]
    if service != "sns":
        raise SandboxCannot(f"the alarm action {arn}")
    if where != region:
        raise AwsError(
            "ValidationError", f"Invalid region {where} specified. Only {region} is supported."
        )


def _judge(alarm: Any, period: Period, region: str) -> tuple[str, str]:
    """The state that a period puts an alarm in, and CloudWatch's sentence on it.

    CloudWatch user guide, «Configuring how CloudWatch alarms treat missing data».
    """
    watched = watched_by(alarm)
    if watched is None:
        return alarm.state_value, ""
    point, threshold = watched.value(period, region), float(alarm.threshold)
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


def _publish(topic_arn: str, alarm: Any, before: str) -> str | None:
    """Tell a topic of an alarm's new state; gives why that failed.

    Everyone gets the text that CloudWatch sends to e-mail addresses; in AWS a queue gets JSON.
    """
    region = alarm.region_name
    try:
        refusal = publish.why_service_may_not_publish(
            authorization.CLOUDWATCH, topic_arn, region, alarm.alarm_arn
        )
    except SandboxCannot as fault:
        return fault.message
    if refusal:
        return refusal[1]
    subject = f'{alarm.state_value}: "{alarm.name}" in {_long_name(region)}'
    topic = sns_backends[ACCOUNT_ID][region].topics[topic_arn]
    topic.publish(_mail(alarm, before), subject[:_SUBJECT])
    return None


def _mail(alarm: Any, before: str) -> str:
    """The text of CloudWatch's e-mail, as those who got one have published it."""
    now = datetime.now(UTC)
    moment = f"{now:%A} {now:%d} {now:%B}, {now:%Y %H:%M:%S} UTC"
    details = {
        "Name": alarm.name,
        "Description": alarm.description or "",
        "State Change": f"{before} -> {alarm.state_value}",
        "Reason for State Change": alarm.state_reason,
        "Timestamp": moment,
        "AWS Account": ACCOUNT_ID,
        "Alarm Arn": alarm.alarm_arn,
    }
    return "\n".join(
        [
            f'You are receiving this email because your Amazon CloudWatch Alarm "{alarm.name}" in '
            f"the {_long_name(alarm.region_name)} region has entered the {alarm.state_value} "
            f'state, because "{alarm.state_reason}" at "{moment}".',
            "",
            "Alarm Details:",
            *(f"- {name + ':':<27} {value}".rstrip() for name, value in details.items()),
        ]
    )


@cache
def _region_names() -> dict[str, str]:
    partitions = Loader().load_data("partitions")["partitions"]
    return {
        code: region["description"]
        for partition in partitions
        for code, region in partition["regions"].items()
    }


def _long_name(region: str) -> str:
    return _region_names().get(region, region)
