"""What the event pattern of an old rule matches, compared with those of Reprieve's threats."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from reprieve.diff.pattern_coverage import what_may_match_less
from reprieve.events.patterns import pattern_errors
from reprieve.events.threat import Threat, pattern_json
from reprieve.events.threats import BY_NAME, CATALOGUE, KEY_DELETION_SCHEDULED
from reprieve.guard.rules import pattern_of
from reprieve.settings.schema import Settings

Pattern = Mapping[str, Any]

_CALL: Final = "ScheduleKeyDeletion"
UNREADABLE: Final = "Reprieve cannot compare its pattern"


def names_deletions(pattern: Pattern) -> bool:
    """Return whether a pattern names the call that schedules a deletion."""
    return _CALL in event_names(pattern)


def reacts_to_deletions(pattern: Pattern) -> bool:
    """Return whether a pattern of KMS's events matches every scheduled deletion, named or not."""
    return "kms" in json.dumps(pattern) and not gaps(pattern, KEY_DELETION_SCHEDULED.event_pattern)


def gaps(pattern: Pattern, wanted: Pattern) -> list[str]:
    """Return why a pattern may not match all that another one does; empty if it matches all."""
    if pattern_errors(pattern_json(dict(pattern))):
        return [UNREADABLE]  # EventBridge accepted it: it is newer than the check
    return what_may_match_less(wanted, pattern)


def threats_of(settings: Settings, region: str) -> dict[str, Pattern]:
    """Return the patterns of the threats of the settings in a Region, by their names."""
    return {name: pattern_of(BY_NAME[name], settings, region) for name in settings.notify.threats}


def unwatched_names(patterns: Sequence[Pattern], settings: Settings) -> dict[str, Threat | None]:
    """Return the calls that old patterns name and the settings do not watch, each with its threat.

    The threat is None if Reprieve knows none: such a call needs a `[[watch]]`.
    """
    known = {call: threat for threat in CATALOGUE for call in event_names(threat.event_pattern)}
    watched = {call for call, each in known.items() if each.name in settings.notify.threats}
    for each in settings.watch:
        watched.update(event_names(json.loads(each.pattern)))
    named = dict.fromkeys(call for pattern in patterns for call in event_names(pattern))
    return {call: known.get(call) for call in named if call not in watched}


def event_names(pattern: Pattern) -> list[str]:
    """Return the names of calls that a pattern accepts literally, in alternatives too."""
    return list(dict.fromkeys(_literals(pattern)))


def _literals(node: Any) -> Iterator[str]:
    if isinstance(node, list):
        for each in node:
            yield from _literals(each)
    if not isinstance(node, Mapping):
        return
    for name, value in node.items():
        if name in ("eventName", "detail.eventName") and isinstance(value, list):
            yield from (text for text in value if isinstance(text, str))
        elif name in ("detail", "$or"):
            yield from _literals(value)
