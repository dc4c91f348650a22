"""A custom event bus: which rules are on it, and which events are forwarded to it."""

from typing import Final

from reprieve.events.threat import API_CALL, EventPattern, Threat
from reprieve.events.threats import BY_NAME
from reprieve.guard.resources import DEFAULT_BUS
from reprieve.settings.schema import Settings

KMS_EVENTS: Final = "kms-events"
"""The name of the rule that forwards: CloudTrail's events reach the default bus only."""


def bus_of(threat: Threat, settings: Settings) -> str:
    """Return the name of the bus that the rules of a threat are on.

    Those about the guard itself stay on the default bus: other Regions forward such events to it,
    and EventBridge would not forward them again.
    """
    return settings.events.bus or DEFAULT_BUS if _is_of_kms(threat) else DEFAULT_BUS


def kms_events(settings: Settings) -> EventPattern:
    """Return the pattern of all events of KMS that the threats of the settings match."""
    patterns = [
        BY_NAME[name].event_pattern for name in settings.notify.threats if _is_of_kms(BY_NAME[name])
    ]
    calls = sorted(
        {call for each in patterns for call in each.get("detail", {}).get("eventName", ())}
    )
    types = sorted({type for each in patterns for type in each["detail-type"]} - {API_CALL})
    of_calls = {"detail-type": [API_CALL], "detail": {"eventName": calls}} if calls else {}
    if not calls or not types:
        return {"source": ["aws.kms"], **(of_calls or {"detail-type": types})}
    return {"source": ["aws.kms"], "$or": [of_calls, {"detail-type": types}]}


def _is_of_kms(threat: Threat) -> bool:
    return bool(threat.event_pattern["source"] == ["aws.kms"])
