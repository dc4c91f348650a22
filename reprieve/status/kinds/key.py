"""The attributes of the KMS key that encrypts the alerts, where Reprieve makes it."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from reprieve.guard.resources import Key
from reprieve.names import TAG_NAMESPACES
from reprieve.status.attributes import Attributes, PolicyJson, attributes_of
from reprieve.status.json_compare import parsed

NOT_COMPARED: Final = {
    "deletion_window_days": "Terraform gives it to the call that deletes the key; KMS keeps it not",
}


def expected(key: Key) -> Attributes:
    """Return what the settings make of the key."""
    return attributes_of(key, NOT_COMPARED, policy=PolicyJson, rotated=_rotation, tags=_tags)


def _rotation(rotated: bool) -> Attributes:
    return {"rotation": "yearly" if rotated else "none"}


def _tags(tags: Mapping[str, str]) -> Attributes:
    """Return Reprieve's tags as attributes; an account may demand others."""
    return {f"tag {name}": tags[name] for name in tags if name.startswith(TAG_NAMESPACES)}


def deployed(
    metadata: Mapping[str, Any],
    policy: str,
    rotated: bool,
    aliases: Iterable[str],
    tags: Mapping[str, str],
    beginning: str,
) -> Attributes:
    """Return what is deployed, of DescribeKey, GetKeyPolicy and GetKeyRotationStatus.

    `aliases` and `tags` are all that the key has; other aliases than Reprieve's, which have this
    `beginning`, mean nothing.
    """
    own = [alias for alias in aliases if alias.startswith(f"alias/{beginning}")]
    return {
        "ARN": metadata.get("Arn"),
        "description": metadata.get("Description"),
        "policy": PolicyJson(parsed(policy)),
        **_rotation(rotated),
        "alias": own[0] if own else None,
        **_tags(tags),
    }
