"""The dashboard of an account: what its guards saw and did, Region by Region.

CloudWatch user guide, "Dashboard body structure and syntax". A dashboard is of the account, and its
metrics name their Regions.
"""

from collections.abc import Iterator, Sequence
from typing import Any, Final

from reprieve.events.guard_events import RESCUE_FAILED
from reprieve.guard.resources import DEFAULT_BUS, Dashboard, RegionalGuard
from reprieve.settings.schema import Settings

DOCUMENTED: Final = {
    "AWS/Events": ("FailedInvocations", "Invocations", "MatchedEvents", "RetryInvocationAttempts"),
    "AWS/SNS": (
        "NumberOfMessagesPublished",
        "NumberOfNotificationsDelivered",
        "NumberOfNotificationsFailed",
    ),
    "AWS/SQS": ("ApproximateNumberOfMessagesVisible",),
}
"""The metrics that Reprieve uses, by namespace, as AWS documents them.

EventBridge user guide, "Monitoring Amazon EventBridge"; SNS developer guide, "Monitoring Amazon SNS
topics using CloudWatch"; SQS developer guide, "Available CloudWatch metrics for Amazon SQS".
"""

_COLUMNS: Final = 24
"""How wide a dashboard is, in its own units."""
_HEIGHT: Final = 5
_HEADING: Final = 1
_PERIOD_SECONDS: Final = 300

_Metric = tuple[str, str, str, str, str]
"""Namespace, name, dimension, its value, statistic."""


def dashboard_of(settings: Settings, guards: Sequence[RegionalGuard]) -> Dashboard | None:
    """Return the dashboard of all guards of an account; None if the settings want none."""
    if not settings.reliability.dashboard:
        return None
    widgets = [
        widget
        for row, guard in enumerate(sorted(guards, key=lambda each: each.location.region))
        for widget in _row(guard, row * (_HEADING + _HEIGHT))
    ]
    return Dashboard(settings.resource_names.dashboard, {"widgets": widgets})


def _row(guard: RegionalGuard, top: int) -> Iterator[dict[str, Any]]:
    """Yield the heading of a Region, and its graphs beside each other."""
    region = guard.location.region
    yield {
        "type": "text",
        "x": 0,
        "y": top,
        "width": _COLUMNS,
        "height": _HEADING,
        "properties": {"markdown": f"## {region}"},
    }
    graphs = _graphs(guard)
    width = _COLUMNS // len(graphs)
    for index, (title, metrics) in enumerate(graphs.items()):
        yield {
            "type": "metric",
            "x": index * width,
            "y": top + _HEADING,
            "width": width,
            "height": _HEIGHT,
            "properties": {
                "title": title,
                "region": region,
                "view": "timeSeries",
                "stacked": False,
                "period": _PERIOD_SECONDS,
                "metrics": [
                    [namespace, name, dimension, value, {"stat": statistic}]
                    for namespace, name, dimension, value, statistic in metrics
                ],
            },
        }


def _graphs(guard: RegionalGuard) -> dict[str, list[_Metric]]:
    """Return the metrics of each graph by its title."""
    # Rules on the hub's buses have more dimensions; the events were counted in their own Regions.
    rules = [rule for rule in guard.rules if rule.bus == DEFAULT_BUS]
    matching = [rule.name for rule in rules if rule.pattern]
    rescuing = [rule.name for rule in rules if rule.pattern and rule.starts_runbook]
    failed = [rule.name for rule in rules if rule.id == RESCUE_FAILED]
    patrols = [rule.name for rule in rules if rule.schedule and rule.starts_runbook]
    topics = [topic.name for topic in guard.topics]
    found = {
        "Matched events": [_rule("MatchedEvents", name) for name in matching],
        "Alerts published, delivered, failed": [
            ("AWS/SNS", metric, "TopicName", name, "Sum")
            for name in topics
            for metric in DOCUMENTED["AWS/SNS"]
        ],
        # EventBridge counts a retry of the alert and one of the rescue alike.
        "Rescues started, retried, failed": [
            *(_rule("MatchedEvents", name) for name in rescuing),
            *(_rule("RetryInvocationAttempts", name) for name in rescuing),
            *(_rule("MatchedEvents", name) for name in failed),
        ],
        "Undelivered events": [
            (
                "AWS/SQS",
                "ApproximateNumberOfMessagesVisible",
                "QueueName",
                guard.queue.name,
                "Maximum",
            )
        ],
        "Patrols started": [_rule("Invocations", name) for name in patrols],
    }
    return {title: metrics for title, metrics in found.items() if metrics}


def _rule(metric: str, name: str) -> _Metric:
    return ("AWS/Events", metric, "RuleName", name, "Sum")
