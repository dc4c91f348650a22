"""The attributes of an SNS subscription: of an e-mail address, or of another channel."""

from collections.abc import Mapping
from typing import Final

from reprieve.guard.resources import Subscription
from reprieve.status.attributes import Attributes, Json, attributes_of
from reprieve.status.json_compare import parsed

_DEFAULT_SCOPE: Final = "MessageAttributes"


NOT_COMPARED: Final = {
    "id": "it is Terraform's address",
    "protocol": "the subscription is found by it",
    "endpoint": "the subscription is found by it",
}


def expected(subscription: Subscription | None = None) -> Attributes:
    """Return what the settings make of a subscription.

    None stands for that of an e-mail address: nothing limits what it receives.
    """
    if subscription is None:
        return {"raw message delivery": "false"}
    return attributes_of(
        subscription,
        NOT_COMPARED,
        filter_policy=_filter,
        dead_letter_arn=lambda arn: {"redrive policy": Json({"deadLetterTargetArn": arn})},
        delivery_policy=lambda policy: Json(policy) if policy else None,
        raw=lambda raw: {"raw message delivery": str(raw).lower()},
    )


def _filter(policy: object) -> Attributes:
    scope = {"filter policy scope": "MessageBody"} if policy else {}
    return {"filter policy": Json(policy) if policy else None, **scope}


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
