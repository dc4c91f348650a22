"""AWS User Notifications: an e-mail address that confirms once for all Regions of an account.

AWS makes the text of the notifications. AWS User Notifications API reference, CreateEventRule: an
event rule takes events of AWS's services only, one source and one type of event, and its pattern
knows no wildcards. So it gets neither the results of Reprieve, which are no events of AWS, nor the
changes of the guard, whose pattern has wildcards.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final, NamedTuple

from reprieve.events.severity import Severity
from reprieve.guard.alarms import events_by_severity
from reprieve.guard.channels import is_of_channels
from reprieve.guard.guard import regional_guard
from reprieve.guard.resources import (
    DEFAULT_BUS,
    NotificationConfiguration,
    NotificationRule,
    RegionalGuard,
    Rule,
)
from reprieve.guard.topology import is_spoke
from reprieve.settings.schema import Settings

NOTIFICATIONS_REGION: Final = "us-east-1"
"""The Region of the control plane (AWS General Reference, "AWS User Notifications endpoints")."""

_LONGEST_PATTERN: Final = 4_096
"""Characters (AWS User Notifications API reference, CreateEventRule)."""


class _Events(NamedTuple):
    """The events of a message, by an EventBridge pattern."""

    id: str
    severity: Severity
    pattern: dict[str, Any]


def account_notifications(
    settings: Settings, guards: Iterable[RegionalGuard]
) -> tuple[NotificationConfiguration, ...]:
    """Return what AWS User Notifications sends about an account, whose guards these are.

    The patterns are those of the first watched Region. They are the same everywhere, but for exempt
    keys that are named by an ARN: only in its own Region is such a deletion an approved one. The
    alarms are those of all Regions: that of the hub has others.
    """
    channels = [each for each in settings.channel if each.type == "user-notifications"]
    if not channels:
        return ()
    events = list(_events(settings, list(guards)))
    return tuple(
        NotificationConfiguration(
            id=channel.name,
            name=settings.resource_names.of(channel.name),
            description=f"Reprieve: messages that are {', '.join(channel.severities)}",
            aggregation=(channel.aggregation or "none").upper(),
            address=str(channel.address),
            regions=settings.regions.watched,
            rules=tuple(
                rule
                for each in events
                if each.severity in channel.severities
                for rule in _rules(each)
            ),
        )
        for channel in channels
    )


def _events(settings: Settings, guards: Sequence[RegionalGuard]) -> Iterator[_Events]:
    first = settings.regions.watched[0]
    for rule in _notifying_rules(
        settings, next(each for each in guards if each.location.region == first)
    ):
        if rule.bus != DEFAULT_BUS or is_of_channels(rule):
            continue
        if rule.message and rule.pattern:
            yield _Events(rule.id, rule.message.severity, json.loads(rule.pattern))
    alarms = [alarm for guard in guards for alarm in guard.alarms]
    for severity, pattern in events_by_severity(alarms, settings.resource_names).items():
        yield _Events(f"alarms-{severity}", severity, pattern)


def _notifying_rules(settings: Settings, guard: RegionalGuard) -> Iterable[Rule]:
    """Return the rules of a Region as they notify people.

    Those of a Region that forwards to a hub name no message. They are as without a hub.
    """
    if not is_spoke(settings, guard.location.region):
        return guard.rules
    notify = settings.notify.model_copy(update={"topology": "regional"})
    alone = settings.model_copy(update={"notify": notify})
    forwarding = {rule.id for rule in guard.rules}
    rules = regional_guard(alone, guard.location, checks_neighbour=False).rules
    return [rule for rule in rules if rule.id in forwarding]


def _rules(events: _Events) -> Iterator[NotificationRule]:
    """Yield a rule for each source and type of event; none for what the service cannot match."""
    pattern = events.pattern
    rest = {name: value for name, value in pattern.items() if name not in ("source", "detail-type")}
    text = json.dumps(rest, separators=(",", ":"))
    types = pattern.get("detail-type", [None])
    pairs = [(source, type) for source in pattern["source"] for type in types]
    is_plain = all(isinstance(each, str) for pair in pairs for each in pair)
    if '"wildcard"' in text or len(text) > _LONGEST_PATTERN or not is_plain:
        return
    for number, (source, type) in enumerate(pairs):
        yield NotificationRule(
            id=f"{events.id}-{number}" if len(pairs) > 1 else events.id,
            source=source,
            event_type=type,
            pattern=text if rest else None,
        )
