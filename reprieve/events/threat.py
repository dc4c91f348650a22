"""What a threat is: a kind of event that endangers KMS keys or their guard."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from reprieve.events.severity import Severity

EventPattern = dict[str, Any]


def pattern_json(pattern: EventPattern) -> str:
    """Return the pattern as JSON without spaces: EventBridge counts every character."""
    return json.dumps(pattern, separators=(",", ":"))


class Impact(StrEnum):
    """How bad the threat is if nobody acts. Alerts by e-mail contain these texts."""

    CRITICAL = "CRITICAL"
    """What the key encrypted is lost permanently, or may be."""
    HIGH = "HIGH"
    """Nobody can read what the key encrypted until somebody acts."""
    MEDIUM = "MEDIUM"
    """A step that often precedes one of the others."""


_SEVERITIES: Final = {
    Impact.CRITICAL: Severity.CRITICAL,
    Impact.HIGH: Severity.WARNING,
    Impact.MEDIUM: Severity.INFO,
}


@dataclass(frozen=True)
class Threat:
    """A kind of event that endangers KMS keys.

    `name` becomes part of rule names and Terraform addresses: never change it.
    `event_pattern` is the pattern that EventBridge matches.
    `summary` says what happened; ` in REGION.` follows it in the first line of the alert.
    `act` is the short sentence after that: what the reader does now.
    `named` is what names the endangered resource in the first line: a label, and the JSON paths of
    which an event has one. The texts refer to it as `<named>`.
    `facts` are lines of the alert, each a label and the JSON path of its value in the event. If the
    event has the ARN of a key, the first label is Key, and the texts refer to it as `<key>`.
    `resource` are JSON paths of which a call has one: it names the resource that was changed.
    `meaning` and `undo` are sentences; `undo` describes what a person can do, in order: each
    command is a line of its own.
    """

    name: str
    summary: str
    impact: Impact
    event_pattern: EventPattern
    act: str
    named: tuple[str, tuple[str, ...]]
    facts: tuple[tuple[str, str], ...]
    meaning: str
    undo: tuple[str, ...]
    by_default: bool = True
    resource: tuple[str, ...] = ()

    @property
    def severity(self) -> Severity:
        """The severity of its alert, unless the event is exempt: that alert is an info."""
        return _SEVERITIES[self.impact]

    @property
    def is_call(self) -> bool:
        """Whether the event reports an API call; otherwise KMS reports its own action."""
        return bool(self.event_pattern["detail-type"] == [API_CALL])


def api_call(
    service: str, event_names: Iterable[str], **request_parameters: list[Any]
) -> EventPattern:
    """Return the pattern of a service's successful calls, as CloudTrail sends them to the bus.

    CloudTrail also records calls that were denied or failed. Only those have an `errorCode`
    (CloudTrail user guide, "record contents"). They changed nothing, so they send no alert.
    """
    detail: dict[str, Any] = {
        "eventSource": [f"{service}.amazonaws.com"],
        "eventName": list(event_names),
        "errorCode": [{"exists": False}],
    }
    if request_parameters:
        detail["requestParameters"] = request_parameters
    return {"source": [f"aws.{service}"], "detail-type": [API_CALL], "detail": detail}


API_CALL: Final = "AWS API Call via CloudTrail"
"""The detail-type of an event that reports a call (EventBridge user guide)."""
