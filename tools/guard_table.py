"""The table of docs/architecture.md: what a guard consists of, why, and what it costs."""

from collections.abc import Iterator
from typing import Final

from reprieve.events.guard_events import RESCUE_FAILED
from reprieve.events.threats import BY_NAME
from reprieve.guard.guard import regional_guard
from reprieve.guard.resources import Alarm, RegionalGuard
from reprieve.location import Location
from reprieve.names import Names
from reprieve.runbooks.runbook import PATROL, RESCUE_KEY
from reprieve.settings.schema import NotifySettings, Settings
from tools.prices import METRIC, patrol_price, regional_price

_NAMES: Final = Names()
_REGION: Final = "eu-west-1"
_SETTINGS: Final = Settings(notify=NotifySettings(emails=("security@example.com",)))
_PATROL_PRICE: Final = f"{patrol_price(_SETTINGS.patrol.every):.2f}"
_ALARM_PURPOSES: Final = {
    "dead-letters": "something is in that queue",
    "failed-notifications": "SNS could not deliver to a subscriber",
    "storm": "more deletions were scheduled in a minute than `reliability.storm_threshold`",
    "waiting-rescues": "EventBridge has to try again to start a rescue: Systems Manager is full",
}
_DOCUMENT_PURPOSES: Final = {
    RESCUE_KEY.id: "cancels the deletion, verifies the key's state and sends the result; not "
    'with `remediation.runbook = "aws"`',
    PATROL.id: "inspects every key, empties the dead-letter queue, and checks the guard of "
    "the next Region",
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
        f"the topic `{_NAMES.lifeline}`, its policy and subscriptions; rule "
        f"`{_NAMES.beginning}alert-key-endangered`",
        "1 each with `notify.encryption`",
        "reports, unencrypted, that the key of the alerts is in danger",
        "0.10",
    ),
    (
        f"the topic `{_NAMES.alarms}`, its policy and subscriptions",
        "1 each with `reliability.alarm_emails`",
        "sends the alarms, failed rescues and the patrol's reports to recipients of their own",
        "0",
    ),
    (
        f"`aws_cloudwatch_dashboard` `{_NAMES.dashboard}`",
        "1 an account with `reliability.dashboard`",
        "shows events, alerts, rescues, patrols and undelivered events of each Region",
        "3.00 for the account; an account has three dashboards of up to 50 metrics free",
    ),
    (
        "`aws_ssm_service_setting`",
        "1 with `remediation.adaptive_concurrency`",
        "lets the account run 500 automations at once",
        "0",
    ),
    (
        f"rule `{_NAMES.beginning}key-deletion-approved` and its target",
        "1 each with `exempt`",
        "sends an alert about an exempt deletion, which is not cancelled",
        "0.10",
    ),
    (
        f"rule `{_NAMES.beginning}watch-NAME` and its target",
        "1 each per `[[watch]]`",
        "sends an alert about another event",
        "0.10",
    ),
)


def default_guard() -> RegionalGuard:
    """Return the guard of the default settings with one e-mail address."""
    return regional_guard(_SETTINGS, Location("aws", _REGION))


def guard_rows() -> list[list[str]]:
    """Return a row for each kind of resource of a Region: type, how many, purpose, price."""
    guard = default_guard()
    rows = [[type_, many, what, price] for type_, many, what, price in _rows(guard)]
    monthly = regional_price(_SETTINGS, guard)
    total = f"**{_resource_count(guard)}** with one address"
    rows.append(["**a Region in total**", total, "", f"**{monthly:.2f}**"])
    return rows + [list(row) for row in _OPTIONAL]


def _rows(guard: RegionalGuard) -> Iterator[tuple[str, str, str, str]]:
    services = [t.arn.split(":")[2] for rule in guard.rules for t in rule.targets]
    threats = [rule for rule in guard.rules if rule.id in BY_NAME]
    forwarding = [rule for rule in guard.rules if rule.id.endswith("-forward")]
    schedules = [rule for rule in guard.rules if rule.schedule]
    yield (
        "`aws_sns_topic`, `aws_sns_topic_policy`",
        "1 each",
        "where alerts are sent. EventBridge and this account's `reprieve-*` alarms may publish, "
        "over TLS",
        "0",
    )
    yield "`aws_sns_topic_subscription`", "1 per address", "the people who are notified", "0"
    yield (
        f"`aws_cloudwatch_event_rule` `{_NAMES.beginning}THREAT`",
        f"1 per threat: {len(threats)}",
        "matches the events of one threat ([threats.md](threats.md))",
        "0",
    )
    yield (
        f"`aws_cloudwatch_event_rule` `{_NAMES.beginning}{RESCUE_FAILED}`",
        "1",
        "matches rescues that failed, took too long or were cancelled. Systems Manager itself "
        "sends that event; no trail is needed",
        "0",
    )
    yield (
        f"`aws_cloudwatch_event_rule` `{_NAMES.beginning}*-forward`",
        str(len(forwarding)),
        "matches changes of the guard and of trails in this Region, for the home Region",
        "0",
    )
    yield (
        f"`aws_cloudwatch_event_rule` `{_NAMES.beginning}patrol`, `{_NAMES.beginning}patrol-daily`",
        f"1 each: {len(schedules)}",
        "start the patrol every `patrol.every`, and once a day with reminders",
        "0",
    )
    yield (
        "`aws_cloudwatch_event_target` to a topic",
        f"1 per threat, and 1: {services.count('sns')}",
        "the alert, as text. EventBridge retries for an hour, then sends it to the dead-letter "
        "queue",
        "0",
    )
    yield (
        "`aws_cloudwatch_event_target` to a runbook",
        str(services.count("ssm")),
        "the rescue, and the patrol. EventBridge retries for 24 hours, then sends the event to the "
        "dead-letter queue",
        "0",
    )
    yield (
        "`aws_cloudwatch_event_target` to an event bus",
        str(services.count("events")),
        "the event as it is, to the default bus of the home Region; from there to the next Region",
        "0",
    )
    for document in guard.documents:
        yield (
            f"`aws_ssm_document` `{document.beginning}-HASH`",
            "1",
            _DOCUMENT_PURPOSES[document.runbook.id],
            _PATROL_PRICE if document.runbook is PATROL else "0",
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
        f"`aws_cloudwatch_metric_alarm` `{_NAMES.beginning}failed-invocations-*`",
        f"{len(sums)}: for the rescue's rules, the guard's, the others",
        "EventBridge gave up on a target. It counts rule by rule, so each rule is a metric: "
        f"{metrics}",
        _price(*sums),
    )


def _price(*alarms: Alarm) -> str:
    return f"{sum(len(alarm.metrics) for alarm in alarms) * METRIC:.2f}"


def _resource_count(guard: RegionalGuard) -> int:
    """Return how many Terraform resources a guard is: a topic is one, its policy another."""
    return (
        sum(2 + len(topic.emails) for topic in guard.topics)
        + sum(1 + len(rule.targets) for rule in guard.rules)
        + len(guard.documents)
        + len(guard.alarms)
        + 1  # the queue
        + 2 * (guard.key is not None)  # with its alias
        + (guard.service_setting is not None)
    )
