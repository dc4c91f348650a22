"""The calls that the rules of a Region wait for, read from their patterns."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from reprieve.events.threat import API_CALL
from reprieve.guard.resources import Rule

# What EventBridge calls CloudTrail's records, by their eventType.
_TYPES: Final = {
    API_CALL: "AwsApiCall",
    "AWS Service Event via CloudTrail": "AwsServiceEvent",
}
# A rule gets no record of a call that only reads (EventBridge user guide, "Read-only management
# events"), so no trail has to log it.
_READS: Final = ("Get", "List", "Describe")


@dataclass(frozen=True)
class WatchedCall:
    """A call by its service, `kms.amazonaws.com`; `name` is None if a pattern states none."""

    source: str
    name: str | None
    type: str

    def __str__(self) -> str:
        """Return what a sentence calls it."""
        return self.name or f"the calls of {self.source}"


def watched_calls(rules: Iterable[Rule]) -> tuple[WatchedCall, ...]:
    """Return each call that writes and that the patterns name literally, once."""
    calls = (call for rule in rules for call in _calls(json.loads(rule.pattern or "{}")))
    return tuple(dict.fromkeys(calls))


def _calls(pattern: dict[str, Any]) -> Iterator[WatchedCall]:
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
