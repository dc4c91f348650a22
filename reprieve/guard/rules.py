"""What stands in one Region, as plain data: the rules, their targets, the names of the alarms.

The stacks make Terraform resources of it, and `reprieve status` compares it with what is there.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from reprieve.events.alerts import (
    Transformer,
    alert,
    alert_key_alert,
    cancel_key_deletion_input,
    rescue_failed_alert,
    runbook_input,
    watch_alert,
)
from reprieve.events.exemptions import Exemptions, exemptions_in, split
from reprieve.events.threats import (
    ALERT_KEY,
    APPROVED,
    BY_NAME,
    RESCUE_FAILED,
    EventPattern,
    Threat,
    alert_key_endangered,
    pattern_json,
    rescue_failed,
)
from reprieve.guard.remediation import runbook_against, runbooks_of
from reprieve.names import PREFIX
from reprieve.runbooks.runbook import Runbook
from reprieve.settings.schema import Settings

MAXIMUM_EVENT_AGE: Final = 3600
"""For how many seconds EventBridge tries to deliver an event.

After an hour it goes to the dead-letter queue, whose alarm tells of it: sooner than after
EventBridge's own 24 hours, and still in the first of a key's seven days at least.
"""
MAXIMUM_RETRIES: Final = 185


@dataclass(frozen=True)
class Place:
    """Where the guard of a Region stands: ids and ARNs, or Terraform references to them.

    `key_arn` and `lifeline_arn` are None without encryption, the roles without remediation.
    """

    region: str
    account: str
    topic_arn: str
    key_arn: str | None = None
    lifeline_arn: str | None = None
    automation_role_arn: str | None = None
    eventbridge_role_arn: str | None = None


@dataclass(frozen=True)
class Target:
    """What a rule sets going. `runbook` is the one that it starts, which has to be there."""

    id: str
    arn: str
    transformer: Transformer
    role_arn: str | None = None
    runbook: Runbook | None = None


@dataclass(frozen=True)
class Rule:
    """A rule on the default event bus. `id` is its name without the prefix.

    `pattern` is JSON; `group` says with which other rules its failures share an alarm.
    """

    id: str
    description: str
    pattern: str
    group: str
    targets: tuple[Target, ...]

    @property
    def name(self) -> str:
        """The rule's name in AWS."""
        return f"{PREFIX}-{self.id}"


def rules_of(
    settings: Settings, place: Place, quote: Callable[[str], str] = str
) -> tuple[Rule, ...]:
    """Return the rules of a Region with their targets; `quote` gets every text of the user's."""
    return tuple(_rules(settings, place, quote))


def alarm_names(rules: Iterable[Rule]) -> tuple[str, ...]:
    """Return the names of the alarms that a Region has if `reliability.alarms` is on."""
    groups = dict.fromkeys(f"failed-invocations-{rule.group}" for rule in rules)
    return tuple(f"{PREFIX}-{id}" for id in ("dead-letters", "failed-notifications", *groups))


def _rules(settings: Settings, place: Place, quote: Callable[[str], str]) -> Iterator[Rule]:
    for name in settings.notify.threats:
        yield from _against(BY_NAME[name], settings, place)
    if used := runbooks_of(settings.remediation):
        yield _rule(
            RESCUE_FAILED,
            "A rescue failed, took too long, or was cancelled",
            pattern_json(rescue_failed(*(each.name for each in used))),
            "rescue",
            _to_topic(RESCUE_FAILED, place.topic_arn, rescue_failed_alert()),
            # With encryption twice, since its key may be the reason.
            *_to_lifeline(f"{RESCUE_FAILED}-lifeline", place, rescue_failed_alert()),
        )
    if place.key_arn and place.lifeline_arn:
        yield _rule(
            ALERT_KEY,
            "The key that encrypts the alerts is endangered",
            pattern_json(alert_key_endangered(place.key_arn)),
            "rescue",
            *_to_lifeline(ALERT_KEY, place, alert_key_alert()),
        )
    for watch in settings.watch:
        name, summary = f"watch-{watch.name}", quote(watch.summary)
        told = watch_alert(watch.name, summary)
        target = _to_topic(name, place.topic_arn, told)
        yield _rule(name, summary, quote(watch.pattern), "watch", target)


def _against(threat: Threat, settings: Settings, place: Place) -> Iterator[Rule]:
    """Yield the rule of a threat, or both where some such events are approved."""
    runbook = runbook_against(threat, settings.remediation)
    group = "rescue" if threat.name in APPROVED else "threats"
    summary = threat.summary[0].upper() + threat.summary[1:]
    pattern, approved_pattern = _split(threat, settings, place) if runbook else (None, None)
    if approved_pattern:
        name = APPROVED[threat.name]
        yield _rule(
            name,
            f"{summary}, and that is approved",
            pattern_json(approved_pattern),
            group,
            _to_topic(name, place.topic_arn, alert(threat, approved=True)),
        )
    targets = [_to_topic(threat.name, place.topic_arn, alert(threat, runbook))]
    if runbook:
        targets.append(_to_runbook(threat, runbook, settings, place))
    yield _rule(
        threat.name, summary, pattern_json(pattern or threat.event_pattern), group, *targets
    )


def _split(
    threat: Threat, settings: Settings, place: Place
) -> tuple[EventPattern | None, EventPattern | None]:
    """Return what is taken back and what is approved; None for both if nothing is."""
    exempt: Exemptions = exemptions_in(
        place.region,
        settings.exempt.principals,
        settings.exempt.keys,
        partition=settings.regions.partition,
        account=place.account,
    )
    return split(threat.event_pattern, exempt) if exempt else (None, None)


def _rule(id: str, summary: str, pattern: str, group: str, *targets: Target) -> Rule:
    return Rule(id, f"Reprieve: {summary}", pattern, group, targets)


def _to_topic(name: str, topic_arn: str, transformer: Transformer) -> Target:
    # SNS lets EventBridge in by the topic's policy; a role on this target may break delivery.
    return Target(f"{name}-alert", topic_arn, transformer)


def _to_lifeline(name: str, place: Place, transformer: Transformer) -> Iterator[Target]:
    if place.lifeline_arn:
        yield _to_topic(name, place.lifeline_arn, transformer)


def _to_runbook(threat: Threat, runbook: Runbook, settings: Settings, place: Place) -> Target:
    role_arn = place.automation_role_arn
    assert role_arn, "with remediation there is a role"  # noqa: S101
    return Target(
        f"{threat.name}-remediation",
        runbook.target_arn(settings.regions.partition, place.region, place.account),
        cancel_key_deletion_input(role_arn)
        if runbook.is_amazons
        else runbook_input(threat, role_arn, place.topic_arn),
        place.eventbridge_role_arn,
        runbook,
    )
