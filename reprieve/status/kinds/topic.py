"""The attributes of an SNS topic."""

from collections.abc import Mapping
from typing import Any, Final

from reprieve.guard.resources import Topic
from reprieve.status.attributes import Attributes, Json, PolicyJson, attributes_of
from reprieve.status.json_compare import parsed

NOT_COMPARED: Final = {
    "id": "it is Terraform's address; the sentences call the topic so",
    "name": "the ARN has it",
    "emails": "subscriptions are resources of their own: `kinds.subscription`",
    "subscriptions": "they are resources of their own: `kinds.subscription`",
}


def expected(topic: Topic) -> Attributes:
    """Return what the settings make of a topic."""
    return attributes_of(topic, NOT_COMPARED, policy=PolicyJson)


def deployed(attributes: Mapping[str, Any], data_protection: str | None) -> Attributes:
    """Return what is deployed, of GetTopicAttributes and GetDataProtectionPolicy.

    Other attributes count messages or subscriptions, log deliveries, or apply to FIFO topics only
    (SNS API reference, GetTopicAttributes). The effective delivery policy follows from the other.
    """
    return {
        "ARN": attributes.get("TopicArn"),
        "display name": attributes.get("DisplayName") or None,
        "key ARN": attributes.get("KmsMasterKeyId") or None,
        "policy": PolicyJson(parsed(attributes.get("Policy"))),
        "delivery policy": _json(attributes.get("DeliveryPolicy")),
        "data protection policy": _json(data_protection),
    }


def _json(text: str | None) -> Json | None:
    return Json(parsed(text)) if text else None
