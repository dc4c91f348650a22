"""What endangers keys, and what the settings watch of it."""

import json
from dataclasses import dataclass
from typing import Any

from reprieve.events.severity import Severity
from reprieve.events.threats import CATALOGUE, KEY_DELETION_SCHEDULED, KEY_DISABLED
from reprieve.guard.rules import pattern_of
from reprieve.settings.schema import Settings


@dataclass(frozen=True)
class WatchedEvent:
    """A threat of the catalogue, or a `[[watch]]` of the settings.

    `undone` says whether the settings have a runbook undo it.
    """

    name: str
    severity: str
    watched: bool
    undone: bool
    summary: str
    pattern: dict[str, Any]


def list_events(settings: Settings) -> list[WatchedEvent]:
    """Return each threat of the catalogue, then each `[[watch]]`."""
    remediation = settings.remediation
    undone = {
        KEY_DELETION_SCHEDULED.name: remediation.enabled,
        KEY_DISABLED.name: remediation.enabled and remediation.enable_disabled,
    }
    catalogue = [
        WatchedEvent(
            name=threat.name,
            severity=threat.severity,
            watched=threat.name in settings.notify.threats,
            undone=undone.get(threat.name, False),
            summary=threat.summary,
            pattern=pattern_of(threat, settings, settings.regions.watched[0]),
        )
        for threat in CATALOGUE
    ]
    watches = [
        WatchedEvent(
            name=f"watch-{watch.name}",
            severity=Severity.WARNING,
            watched=True,
            undone=False,
            summary=watch.summary,
            pattern=json.loads(watch.pattern),
        )
        for watch in settings.watch
    ]
    return catalogue + watches
