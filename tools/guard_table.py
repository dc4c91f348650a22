"""The table of docs/architecture.md: what a guard consists of, why, and what it costs."""

from collections.abc import Iterator
from typing import Final

from reprieve.guard.guard import RegionalGuard, regional_guard
from reprieve.guard.resources import Alarm
from reprieve.location import Location
from reprieve.names import LIFELINE, PREFIX
from reprieve.settings.schema import NotifySettings, Settings

METRIC_PRICE: Final = 0.10
"""US$ a month for a metric of a standard alarm (CloudWatch pricing, us-east-1, May 2026)."""

_REGION: Final = "eu-west-1"
_ALARM_PURPOSES: Final = {
    "dead-letters": "something is in that queue",
    "failed-notifications": "SNS could not deliver to a subscriber",
}
# What the settings add, which no default guard has.
_OPTIONAL: Final = (
    (
        "`aws_kms_key`",
        '1 with `notify.encryption = "own"`',
        "encrypts the topic",
        "1.00, and 1.00 more after each of the first two yearly rotations",
    ),
    (
        f"the topic `{LIFELINE}`, its policy and subscriptions; rule "
        f"`{PREFIX}-alert-key-endangered`",
        "1 each with `notify.encryption`",
        "reports, unencrypted, that the key of the alerts is in danger",
        "0.10",
    ),
    (
        f"rule `{PREFIX}-key-deletion-approved` and its target",
        "1 each with `exempt`",
        "sends an alert about an exempt deletion, which is not cancelled",
        "0.10",
    ),
    (
        f"rule `{PREFIX}-watch-NAME` and its target",
        "1 each per `[[watch]]`",
        "sends an alert about another event",
        "0.10",
    ),
)


def default_guard() -> RegionalGuard:
    """Return the guard of the default settings with one e-mail address."""
    settings = Settings(notify=NotifySettings(emails=("security@example.com",)))
    return regional_guard(settings, Location("aws", _REGION))


def guard_rows() -> list[list[str]]:
    """Return a row for each kind of resource of a Region: type, how many, purpose, price."""
    guard = default_guard()
    rows = [[type_, many, what, price] for type_, many, what, price in _rows(guard)]
    monthly = sum(len(alarm.metrics) for alarm in guard.alarms) * METRIC_PRICE
    total = f"**{_resource_count(guard)}** with one address"
    rows.append(["**a Region in total**", total, "", f"**{monthly:.2f}**"])
    return rows + [list(row) for row in _OPTIONAL]


def _rows(guard: RegionalGuard) -> Iterator[tuple[str, str, str, str]]:
    topic_targets = [t for rule in guard.rules for t in rule.targets if t.runbook is None]
    runbook_targets = [t for rule in guard.rules for t in rule.targets if t.runbook]
    threats = [rule for rule in guard.rules if rule.id != "rescue-failed"]
    yield (
        "`aws_sns_topic`, `aws_sns_topic_policy`",
        "1 each",
        "where alerts are sent. EventBridge and this account's `reprieve-*` alarms may publish, "
        "over TLS",
        "0",
    )
    yield "`aws_sns_topic_subscription`", "1 per address", "the people who are notified", "0"
    yield (
        f"`aws_cloudwatch_event_rule` `{PREFIX}-THREAT`",
        f"1 per threat: {len(threats)}",
        "matches the events of one threat ([threats.md](threats.md))",
        "0",
    )
    yield (
        f"`aws_cloudwatch_event_rule` `{PREFIX}-rescue-failed`",
        str(len(guard.rules) - len(threats)),
        "matches rescues that failed, took too long or were cancelled. Systems Manager itself "
        "sends that event; no trail is needed",
        "0",
    )
    yield (
        "`aws_cloudwatch_event_target` to the topic",
        f"1 per rule: {len(topic_targets)}",
        "the alert, as text. EventBridge retries for an hour, then sends it to the dead-letter "
        "queue",
        "0",
    )
    yield (
        "`aws_cloudwatch_event_target` to the runbook",
        str(len(runbook_targets)),
        "the rescue. Retried and kept in the same way",
        "0",
    )
    for document in guard.documents:
        yield (
            f"`aws_ssm_document` `{document.name}`",
            "1",
            "finds the key, runs AWSConfigRemediation-CancelKeyDeletion, verifies the key's state "
            'and sends the result; not with `remediation.runbook = "aws"`',
            "0",
        )
    yield (
        f"`aws_sqs_queue` `{guard.queue.name}`",
        "1",
        f"keeps for {guard.queue.retention_seconds // 86400} days what could not be delivered, and "
        "why. Only EventBridge may send to it, for rules named `reprieve-*`",
        "0",
    )
    for alarm in guard.alarms:
        if alarm.id in _ALARM_PURPOSES:
            yield (
                f"`aws_cloudwatch_metric_alarm` `{alarm.name}`",
                "1",
                _ALARM_PURPOSES[alarm.id],
                _price(alarm),
            )
    sums = [alarm for alarm in guard.alarms if alarm.id not in _ALARM_PURPOSES]
    metrics = sum(len(alarm.metrics) for alarm in sums)
    yield (
        f"`aws_cloudwatch_metric_alarm` `{PREFIX}-failed-invocations-*`",
        "1 for the rescue's rules, 1 for the others",
        "EventBridge gave up on a target. It counts rule by rule, so each rule is a metric: "
        f"{metrics}",
        _price(*sums),
    )


def _price(*alarms: Alarm) -> str:
    return f"{sum(len(alarm.metrics) for alarm in alarms) * METRIC_PRICE:.2f}"


def _resource_count(guard: RegionalGuard) -> int:
    """Return how many Terraform resources a guard is: a topic is one, its policy another."""
    return (
        sum(2 + len(topic.emails) for topic in guard.topics)
        + sum(1 + len(rule.targets) for rule in guard.rules)
        + len(guard.documents)
        + len(guard.alarms)
        + 1  # the queue
        + (guard.key is not None)
    )
