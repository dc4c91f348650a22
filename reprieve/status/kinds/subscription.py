"""The attributes of an SNS subscription: the guard states its topic and its address only."""

from collections.abc import Mapping
from typing import Final

from reprieve.status.attributes import Attributes, Json
from reprieve.status.json_compare import parsed

_DEFAULT_SCOPE: Final = "MessageAttributes"


def expected() -> Attributes:
    """Return what the settings make of a subscription: nothing limits what it receives."""
    return {"raw message delivery": "false"}


def deployed(attributes: Mapping[str, str]) -> Attributes:
    """Return what is deployed, of GetSubscriptionAttributes (SNS API reference)."""
    scope = attributes.get("FilterPolicyScope")
    return {
        "filter policy": _json(attributes.get("FilterPolicy")),
        "filter policy scope": None if scope == _DEFAULT_SCOPE else scope,
        "raw message delivery": (attributes.get("RawMessageDelivery") or "false").lower(),
        "redrive policy": _json(attributes.get("RedrivePolicy")),
        "delivery policy": _json(attributes.get("DeliveryPolicy")),
        "replay policy": _json(attributes.get("ReplayPolicy")),
        "role ARN": attributes.get("SubscriptionRoleArn") or None,
    }


def _json(text: str | None) -> Json | None:
    """Return JSON; None for what says nothing: SNS accepts "" and "{}" to remove a policy."""
    value = parsed(text)
    return Json(value) if value else None
