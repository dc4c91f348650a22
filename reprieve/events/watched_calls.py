"""The calls that a Region waits for, read from event patterns: a trail has to log them.

`reprieve status` reads the patterns of all rules of a Region, and the patrol those of the threats.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from reprieve.events.threat import API_CALL, EventPattern
from reprieve.location import Location
from reprieve.regions import home_of

# What EventBridge calls CloudTrail's records, by their eventType.
_TYPES: Final = {
    API_CALL: "AwsApiCall",
    "AWS Service Event via CloudTrail": "AwsServiceEvent",
}
# A rule gets no record of a call that only reads (EventBridge user guide, "Read-only management
# events"), so no trail has to log it.
_READS: Final = ("Get", "List", "Describe")
# Its events arrive in one Region of a partition only (CloudTrail user guide, "Global service
# events"). Patterns of other Regions name it, too.
_IAM: Final = "iam.amazonaws.com"


@dataclass(frozen=True)
class WatchedCall:
    """A call by its service, `kms.amazonaws.com`; `name` is None if a pattern states none."""

    source: str
    name: str | None
    type: str

    def __str__(self) -> str:
        """Return what a sentence calls it."""
        return self.name or f"the calls of {self.source}"


def watched_calls(patterns: Iterable[EventPattern], location: Location) -> tuple[WatchedCall, ...]:
    """Return each call that writes and that patterns of a Region name literally, once."""
    calls = (call for pattern in patterns for call in _calls(pattern))
    is_home = location.region == home_of(location.partition)
    return tuple(dict.fromkeys(call for call in calls if is_home or call.source != _IAM))


def _calls(pattern: EventPattern) -> Iterator[WatchedCall]:
    detail = pattern.get("detail", {})
    names: list[str | None] = [*_literals(detail, "eventName")] or [None]
    for kind in pattern.get("detail-type", ()):
        if kind not in _TYPES:
            continue
        for source in _literals(detail, "eventSource"):
            for name in names:
                if not (name and name.startswith(_READS)):
                    yield WatchedCall(source, name, _TYPES[kind])


def _literals(node: Any, field: str) -> list[str]:
    """Return the texts that a pattern accepts for a field, in alternatives too."""
    if isinstance(node, list):
        return [text for each in node for text in _literals(each, field)]
    if not isinstance(node, dict):
        return []
    found = [text for text in node.get(field, ()) if isinstance(text, str)]
    return found + _literals(node.get("$or"), field)
