"""The alarms of a Region: they report an alert, or a rescue, that did not get through."""

from collections.abc import Iterable, Iterator

from reprieve.guard.resources import Alarm, Metric, Queue, Rule, Topic
from reprieve.names import PREFIX


def alarms_of(queue: Queue, topics: tuple[Topic, ...], rules: Iterable[Rule]) -> tuple[Alarm, ...]:
    """Return the alarms on the queue, on the first topic's deliveries, and on the rules.

    CloudWatch sums at most ten metrics in one alarm, so the rules share alarms by their groups.
    """
    return tuple(_alarms(queue, topics, rules))


def _alarms(queue: Queue, topics: tuple[Topic, ...], rules: Iterable[Rule]) -> Iterator[Alarm]:
    alerts, actions = topics[0], tuple(topic.arn for topic in topics)
    yield _alarm(
        "dead-letters",
        "Reprieve could not deliver an alert, or start a rescue, for an hour. The messages in "
        f"the queue {queue.name} say which and why: look there NOW.",
        actions,
        _metric("AWS/SQS", "ApproximateNumberOfMessagesVisible", "Maximum", QueueName=queue.name),
    )
    yield _alarm(
        "failed-notifications",
        "SNS could not deliver an alert to one of those who subscribe to the topic "
        f"{alerts.name}. E-mail addresses may have been switched off, or queues deleted.",
        actions,
        _metric("AWS/SNS", "NumberOfNotificationsFailed", "Sum", TopicName=alerts.name),
    )
    groups: dict[str, list[str]] = {}
    for rule in rules:
        groups.setdefault(rule.group, []).append(rule.name)
    for group, names in groups.items():
        yield _alarm(
            f"failed-invocations-{group}",
            "EventBridge gave up on a target of one of these rules: "
            f"{', '.join(names)}. If the dead-letter queue {queue.name} is empty, the event "
            "is lost: look for it in CloudTrail.",
            actions,
            # EventBridge counts for each rule by itself.
            *(_metric("AWS/Events", "FailedInvocations", "Sum", RuleName=name) for name in names),
            label="Failed invocations",
        )


def _alarm(
    id: str, description: str, actions: tuple[str, ...], *metrics: Metric, label: str | None = None
) -> Alarm:
    return Alarm(
        id=id,
        name=f"{PREFIX}-{id}",
        description=description,
        metrics=metrics,
        actions=actions,
        label=label,
        # One message in the queue, or one failed delivery, is one too many.
        threshold=0,
        comparison="GreaterThanThreshold",
        evaluation_periods=1,
        # EventBridge and SNS send these metrics only when there is something to count.
        missing_data="notBreaching",
    )


def _metric(namespace: str, name: str, statistic: str, **dimensions: str) -> Metric:
    return Metric(namespace, name, statistic, dimensions, period_seconds=60)
