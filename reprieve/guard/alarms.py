"""The alarms of a Region: they report an alert, or a rescue, that did not get through."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Final

from reprieve.events.alarm_events import alarm_raised
from reprieve.events.heartbeats import EVERY_MINUTES, HEARTBEAT
from reprieve.events.severity import Severity
from reprieve.events.threat import EventPattern
from reprieve.events.threats import APPROVED, KEY_DELETION_SCHEDULED
from reprieve.guard.channels import ChannelTopic
from reprieve.guard.resources import DEFAULT_BUS, Alarm, Metric, Queue, Rule, Topic
from reprieve.guard.topology import forwarding_regions
from reprieve.location import Location
from reprieve.names import HUB, Names
from reprieve.settings.schema import ReliabilitySettings, Settings
from reprieve.text import counted

HEARTBEAT_PERIOD: Final = 900
"""Seconds of the periods over which the hub counts heartbeats."""

_MAX_DESCRIPTION: Final = 1024
"""Characters (CloudWatch API reference, PutMetricAlarm)."""

_DELETIONS = (KEY_DELETION_SCHEDULED.name, APPROVED[KEY_DELETION_SCHEDULED.name])


_CANCELLING = (
    "3. Reprieve is cancelling every deletion that is not exempt. Run 'reprieve sweep' to see "
    "which keys are still pending deletion."
)
_NOT_CANCELLING = (
    "3. Reprieve does not cancel deletions, because the settings turn that off. Run 'reprieve "
    "sweep --cancel' to cancel them."
)


def alarms_of(
    reliability: ReliabilitySettings,
    names: Names,
    queue: Queue,
    topics: tuple[Topic, ...],
    rules: tuple[Rule, ...],
    channels: tuple[ChannelTopic, ...] = (),
) -> tuple[Alarm, ...]:
    """Return the alarms on the queue, on the deliveries of topics, and on the rules.

    Of `topics` the first sends the alerts, and all get the alarms. CloudWatch sums at most ten
    metrics in one alarm, so the rules share alarms by their groups.
    """
    return (
        *_delivery_alarms(names, queue, topics, rules),
        *_channel_alarms(names, topics, channels),
        *_mass_deletion_alarms(names, reliability.storm_threshold, topics, rules),
    )


def events_by_severity(alarms: Iterable[Alarm], names: Names) -> dict[Severity, EventPattern]:
    """Return the pattern of the alarms of each severity that there is.

    It has one prefix for all alarms on heartbeats: a hub has one for each account, and a pattern
    takes 2,048 characters (EventBridge user guide, quotas).
    """
    beginning = names.of(f"{HUB}-{HEARTBEAT}-")
    found: dict[Severity, set[str]] = {}
    for alarm in alarms:
        found.setdefault(alarm.severity, set()).add(alarm.name)
    patterns = {}
    for severity, every in found.items():
        heartbeats = {each for each in every if each.startswith(beginning)}
        prefixes = [{"prefix": beginning}] if heartbeats else []
        patterns[severity] = alarm_raised([*sorted(every - heartbeats), *prefixes])
    return patterns


def hub_unreachable_alarm(names: Names, topics: tuple[Topic, ...]) -> Alarm:
    """Return the alarm of a Region that cannot reach its hub.

    The hub gets it too, once it can be reached again.
    """
    rule = names.of(HEARTBEAT)
    return _alarm(
        names,
        "hub-unreachable",
        "ACT NOW: this Region cannot send its alerts to the hub. EventBridge tries again for 24 "
        "hours, then it leaves them in the queue "
        f"{names.dead_letters}. Keys are still rescued. Run 'reprieve status' to find the cause, "
        "and 'reprieve sweep' to see which keys are pending deletion.",
        tuple(topic.arn for topic in topics),
        *(
            _metric("AWS/Events", name, "Sum", RuleName=rule)
            for name in ("FailedInvocations", "RetryInvocationAttempts")
        ),
        label="Heartbeats that failed",
    )


def heartbeat_alarms(
    settings: Settings, location: Location, rules: Iterable[Rule], topics: tuple[Topic, ...]
) -> Iterator[Alarm]:
    """Yield the alarms of the hub on the heartbeats of each account.

    Each Region sends three in a period. CloudWatch and EventBridge count on best effort: one that
    is missing, of all Regions, is none.
    """
    names = settings.resource_names
    by_id = {rule.id: rule for rule in rules}
    for account, regions in forwarding_regions(settings).items():
        rule = by_id[f"{HUB}-{HEARTBEAT}-{account or 'own'}"]
        expected = regions * HEARTBEAT_PERIOD // (60 * EVERY_MINUTES)
        metric = _metric("AWS/Events", "MatchedEvents", "Sum", **_of(rule))
        alarm = _alarm(
            names,
            rule.id,
            "ACT NOW: heartbeats are missing at the hub, so alerts may be missing too. The account "
            f"{account or location.account} forwards from {counted(regions, 'Region')}. At least "
            "one of them no longer reaches the hub, or its guard is not there any more. Run "
            "'reprieve status' for that account now.",
            tuple(topic.arn for topic in topics),
            replace(metric, period_seconds=HEARTBEAT_PERIOD),
            threshold=expected - 1,
        )
        yield replace(
            alarm,
            comparison="LessThanThreshold",
            evaluation_periods=2,
            missing_data="breaching",
        )


def _mass_deletion_alarms(
    names: Names, threshold: int, topics: tuple[Topic, ...], rules: tuple[Rule, ...]
) -> Iterator[Alarm]:
    """Yield the alarms that report many deletions at once, and rescues that have to wait."""
    actions = tuple(topic.arn for topic in topics)
    deletions = [rule for rule in rules if rule.id in _DELETIONS]
    if deletions:
        remediated = any(rule.starts_runbook for rule in deletions)
        yield _alarm(
            names,
            "storm",
            f"ACT NOW: more than {threshold} KMS keys were scheduled for deletion in this Region "
            "within a minute. Unless this was planned, stop the caller: 1. The alerts name the "
            "caller, and so does 'aws cloudtrail lookup-events --lookup-attributes "
            "AttributeKey=EventName,AttributeValue=ScheduleKeyDeletion'. 2. Deny "
            "kms:ScheduleKeyDeletion to the caller. "
            + (_CANCELLING if remediated else _NOT_CANCELLING)
            + " 4. Run 'reprieve status': SNS may have suspended mailboxes that got many alerts.",
            actions,
            *(_metric("AWS/Events", "MatchedEvents", "Sum", **_of(rule)) for rule in deletions),
            label="Scheduled deletions" if len(deletions) > 1 else None,
            threshold=threshold,
        )
    starting = [rule for rule in rules if rule.pattern and rule.starts_runbook]
    if starting:
        yield _alarm(
            names,
            "waiting-rescues",
            "Systems Manager could not start every rescue at once. EventBridge tries again for up "
            "to 24 hours. Run 'reprieve sweep' to see which keys are still pending deletion. No "
            "key is lost before its waiting period of at least 7 days ends.",
            actions,
            *(
                _metric("AWS/Events", "RetryInvocationAttempts", "Sum", **_of(rule))
                for rule in starting
            ),
            label="Attempts to start a rescue again" if len(starting) > 1 else None,
            severity=Severity.WARNING,
        )


def _delivery_alarms(
    names: Names, queue: Queue, topics: tuple[Topic, ...], rules: Iterable[Rule]
) -> Iterator[Alarm]:
    actions = tuple(topic.arn for topic in topics)
    yield _alarm(
        names,
        "dead-letters",
        "ACT NOW: an alert was not delivered, or a rescue did not start. Run 'reprieve sweep' to "
        "see which keys are pending deletion. Then run 'reprieve status', which prints the command "
        f"that reads the missing events in the queue {queue.name}. The next patrol reports them "
        "too.",
        actions,
        _metric("AWS/SQS", "ApproximateNumberOfMessagesVisible", "Maximum", QueueName=queue.name),
    )
    for alerts in topics[:1]:
        yield _alarm(
            names,
            "failed-notifications",
            "SNS could not deliver an alert to a subscriber of the topic "
            f"{alerts.name}. Run 'reprieve status' to check the subscriptions: perhaps a mailbox "
            "does not exist any more, or a queue was deleted.",
            actions,
            _metric("AWS/SNS", "NumberOfNotificationsFailed", "Sum", TopicName=alerts.name),
            severity=Severity.WARNING,
        )
    groups: dict[str, list[Rule]] = {}
    for rule in rules:
        if rule.group:
            groups.setdefault(rule.group, []).append(rule)
    for group, members in groups.items():
        text = (
            "ACT NOW: an alert was not delivered, or a rescue did not start. Run 'reprieve sweep' "
            "to see which keys are pending deletion. Then run 'reprieve status': it shows the "
            f"missing events in the queue {queue.name}. If there are none, and the patrol has "
            "reported none, look for the events in CloudTrail. The event matched one of these "
            "rules: "
        )
        room = _MAX_DESCRIPTION - len(text) - 1
        yield _alarm(
            names,
            f"failed-invocations-{group}",
            f"{text}{_as_many_as_fit([rule.name for rule in members], room)}.",
            actions,
            # EventBridge counts for each rule by itself.
            *(_metric("AWS/Events", "FailedInvocations", "Sum", **_of(rule)) for rule in members),
            label="Failed invocations",
        )


def _as_many_as_fit(names: Sequence[str], room: int) -> str:
    """Return the names, or as many as the room takes and the number of the others."""
    for shown in range(len(names), -1, -1):
        others = len(names) - shown
        text = ", ".join([*names[:shown], *([f"{others} more"] if others else [])])
        if len(text) <= room:
            break
    return text


def _channel_alarms(
    names: Names, topics: tuple[Topic, ...], channels: tuple[ChannelTopic, ...]
) -> Iterator[Alarm]:
    """Yield the alarms on the deliveries to the channels: of at most ten topics each."""
    for id, is_lifeline in (("failed-channels", False), ("failed-lifeline-channels", True)):
        sending = [each.topic.name for each in channels if each.is_lifeline == is_lifeline]
        if sending:
            yield _alarm(
                names,
                id,
                "SNS could not deliver a message to a channel. Run 'reprieve status' to check the "
                "subscriptions of these topics, and the endpoint of the channel: "
                f"{', '.join(sending)}.",
                tuple(topic.arn for topic in topics),
                *(
                    _metric("AWS/SNS", "NumberOfNotificationsFailed", "Sum", TopicName=name)
                    for name in sending
                ),
                label="Failed notifications" if len(sending) > 1 else None,
                severity=Severity.WARNING,
            )


def _alarm(
    names: Names,
    id: str,
    description: str,
    actions: tuple[str, ...],
    *metrics: Metric,
    label: str | None = None,
    threshold: int = 0,
    severity: Severity = Severity.CRITICAL,
) -> Alarm:
    return Alarm(
        id=id,
        name=names.of(id),
        description=description,
        metrics=metrics,
        actions=actions,
        label=label,
        # By default one message in the queue, or one failed delivery, is one too many.
        threshold=threshold,
        comparison="GreaterThanThreshold",
        evaluation_periods=1,
        # EventBridge and SNS send these metrics only when there is something to count.
        missing_data="notBreaching",
        severity=severity,
    )


def _of(rule: Rule) -> dict[str, str]:
    """Return the dimensions of a rule's metrics (EventBridge user guide, "Monitoring")."""
    bus = {} if rule.bus == DEFAULT_BUS else {"EventBusName": rule.bus}
    return {**bus, "RuleName": rule.name}


def _metric(namespace: str, name: str, statistic: str, **dimensions: str) -> Metric:
    return Metric(namespace, name, statistic, dimensions, period_seconds=60)
