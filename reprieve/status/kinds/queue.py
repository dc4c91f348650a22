"""The attributes of an SQS queue."""

from collections.abc import Mapping
from typing import Any, Final

from reprieve.guard.resources import Queue
from reprieve.status.attributes import Attributes, Json, PolicyJson, attributes_of
from reprieve.status.json_compare import parsed

NOT_COMPARED: Final = {"name": "the ARN has it"}

_LARGEST_EVENT: Final = 262_144
"""The size in bytes that EventBridge's events have at most (EventBridge quotas).

SQS's own default is larger since 2025, so that the limit of an old queue and of a new one differ.
"""

_DEFAULTS: Final[Attributes] = {
    "encryption": "with a key of SQS",
    "delivery delay": "0 s",
    "message size limit": _LARGEST_EVENT,
    "visibility timeout": "30 s",
    "receive wait time": "0 s",
}
"""What stacks/ states, and SQS's defaults (SQS API reference, SetQueueAttributes)."""


def expected(queue: Queue) -> Attributes:
    """Return what the settings make of a queue."""
    return _DEFAULTS | attributes_of(queue, NOT_COMPARED, policy=PolicyJson)


def deployed(attributes: Mapping[str, Any]) -> Attributes:
    """Return what is deployed, of GetQueueAttributes; the other attributes count messages."""
    limit = int(attributes.get("MaximumMessageSize", _LARGEST_EVENT))
    return {
        "ARN": attributes.get("QueueArn"),
        "policy": PolicyJson(parsed(attributes.get("Policy"))),
        "retention seconds": int(attributes.get("MessageRetentionPeriod", 345_600)),
        "encryption": _encryption(attributes),
        "delivery delay": f"{attributes.get('DelaySeconds', 0)} s",
        "message size limit": min(limit, _LARGEST_EVENT),
        "visibility timeout": f"{attributes.get('VisibilityTimeout', 30)} s",
        "receive wait time": f"{attributes.get('ReceiveMessageWaitTimeSeconds', 0)} s",
        "redrive policy": _json(attributes.get("RedrivePolicy")),
        "redrive allow policy": _json(attributes.get("RedriveAllowPolicy")),
    }


def _encryption(attributes: Mapping[str, Any]) -> str:
    if key := attributes.get("KmsMasterKeyId"):
        return f"with the key {key}"
    managed = str(attributes.get("SqsManagedSseEnabled", "false")).lower() == "true"
    return "with a key of SQS" if managed else "none"


def _json(text: str | None) -> Json | None:
    return Json(parsed(text)) if text else None
