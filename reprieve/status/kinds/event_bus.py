"""The attributes of an event bus of the hub."""

from collections.abc import Mapping
from typing import Any, Final

from reprieve.guard.resources import EventBus
from reprieve.status.attributes import Attributes, Json, PolicyJson, attributes_of
from reprieve.status.json_compare import parsed

NOT_COMPARED: Final = {"id": "it is Terraform's address", "name": "the ARN has it"}


def expected(bus: EventBus) -> Attributes:
    """Return what the settings make of an event bus."""
    return attributes_of(bus, NOT_COMPARED, policy=PolicyJson)


def deployed(answer: Mapping[str, Any]) -> Attributes:
    """Return what is deployed, of DescribeEventBus (EventBridge API reference)."""
    policy, letters = answer.get("Policy"), answer.get("DeadLetterConfig")
    return {
        "ARN": answer.get("Arn"),
        "policy": PolicyJson(parsed(policy)) if policy else None,
        "description": answer.get("Description") or None,
        "key": answer.get("KmsKeyIdentifier") or None,
        "dead letters": Json(letters) if letters else None,
    }
