"""The attributes of the KMS key that encrypts the alerts, where Reprieve makes it."""

from collections.abc import Mapping
from typing import Any, Final

from reprieve.guard.resources import Key
from reprieve.status.attributes import Attributes, PolicyJson, attributes_of
from reprieve.status.json_compare import parsed

NOT_COMPARED: Final = {
    "deletion_window_days": "Terraform gives it to the call that deletes the key; KMS keeps it not",
}


def expected(key: Key) -> Attributes:
    """Return what the settings make of the key."""
    return attributes_of(key, NOT_COMPARED, policy=PolicyJson, rotated=_rotation)


def _rotation(rotated: bool) -> Attributes:
    return {"rotation": "yearly" if rotated else "none"}


def deployed(metadata: Mapping[str, Any], policy: str, rotated: bool) -> Attributes:
    """Return what is deployed, of DescribeKey, GetKeyPolicy and GetKeyRotationStatus."""
    return {
        "ARN": metadata.get("Arn"),
        "description": metadata.get("Description"),
        "policy": PolicyJson(parsed(policy)),
        **_rotation(rotated),
    }
