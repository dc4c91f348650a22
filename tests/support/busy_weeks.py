"""Three weeks of a busy account: 10,000 KMS events, of which 40 endanger keys, in a fixed order."""

import random
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from sandbox.core.account import ACCOUNT_ID
from sandbox.core.envelope import envelope

EVENTS = 10_000
# How often each threat comes up: 40 in all.
DUE = {
    "key-deletion-scheduled": 20,
    "key-disabled": 6,
    "key-material-deleted": 2,
    "key-material-expiring": 2,
    "key-material-expired": 1,
    "key-store-disconnected": 2,
    "key-store-deleted": 1,
    "key-policy-bypassed": 3,
    "key-gone": 3,
}
# What people and services do with keys all day long, and how often compared with each other.
_HARMLESS = {
    "CreateGrant": 40,
    "RetireGrant": 20,
    "GenerateDataKey": 20,
    "Decrypt": 20,
    "PutKeyPolicy": 6,
    "TagResource": 6,
    "CreateKey": 4,
    "CreateAlias": 4,
    "DeleteAlias": 2,
    "EnableKey": 2,
    "CancelKeyDeletion": 1,
    "ImportKeyMaterial": 1,
    "ConnectCustomKeyStore": 1,
}
# What would endanger a key, had it not been refused.
_REFUSED = {
    "ScheduleKeyDeletion": "AccessDenied",
    "DisableKey": "AccessDenied",
    "DeleteImportedKeyMaterial": "KMSInvalidStateException",
    "PutKeyPolicy": "MalformedPolicyDocumentException",
}
_KMS_OWN = {
    "key-gone": "KMS CMK Deletion",
    "key-material-expired": "KMS Imported Key Material Expiration",
}
_CALLS: dict[str, tuple[str, dict[str, Any]]] = {
    "key-deletion-scheduled": ("ScheduleKeyDeletion", {"pendingWindowInDays": 7}),
    "key-disabled": ("DisableKey", {}),
    "key-material-deleted": ("DeleteImportedKeyMaterial", {}),
    "key-material-expiring": (
        "ImportKeyMaterial",
        {"expirationModel": "KEY_MATERIAL_EXPIRES", "validTo": "Jan 1, 2027 8:00:00 PM"},
    ),
    "key-store-disconnected": ("DisconnectCustomKeyStore", {"customKeyStoreId": "cks-1"}),
    "key-store-deleted": ("DeleteCustomKeyStore", {"customKeyStoreId": "cks-2"}),
    "key-policy-bypassed": ("PutKeyPolicy", {"bypassPolicyLockoutSafetyCheck": True}),
}

Event = dict[str, Any]


def three_weeks(region: str, new_key: Callable[[], str]) -> list[tuple[str | None, str, Event]]:
    """Return the events, oldest first: the threat that each is, its key's ARN, the envelope.

    `new_key` makes a key for each deletion, pending as the event says, and returns its ARN.
    """
    chance = random.Random(20261124)  # noqa: S311 - the same weeks each time
    begin = datetime(2026, 11, 1, tzinfo=UTC)
    kinds: list[str | None] = [name for name, times in DUE.items() for _ in range(times)]
    kinds += [None] * (EVENTS - len(kinds))
    chance.shuffle(kinds)
    weeks = []
    for number, kind in enumerate(kinds):
        at = begin + timedelta(weeks=3) * (number / EVENTS)
        key = new_key() if kind == "key-deletion-scheduled" else _arn(region, chance)
        weeks.append((kind, key, _event(kind, key, region, at, chance)))
    return weeks


def _event(kind: str | None, key: str, region: str, at: datetime, chance: random.Random) -> Event:
    if kind in _KMS_OWN:
        event = envelope("aws.kms", _KMS_OWN[kind], region, {"key-id": key.rpartition("/")[2]})
        return event | {"resources": [key], "id": _id(chance)}
    if kind is None and chance.random() < 0.01:
        event = envelope("aws.kms", "KMS CMK Rotation", region, {"key-id": key.rpartition("/")[2]})
        return event | {"resources": [key], "id": _id(chance)}
    error = None
    if kind is not None:
        name, parameters = _CALLS[kind]
    elif chance.random() < 0.05:
        name, parameters = chance.choice(list(_REFUSED)), {}
        error = _REFUSED[name]
    else:
        (name,) = chance.choices(list(_HARMLESS), list(_HARMLESS.values()))
        parameters = {}
        if name == "ImportKeyMaterial":
            parameters = {"expirationModel": "KEY_MATERIAL_DOES_NOT_EXPIRE"}
    typed = key if chance.random() < 0.5 else key.rpartition("/")[2]
    about_store = "CustomKeyStore" in name
    detail: dict[str, Any] = {
        "eventVersion": "1.11",
        "userIdentity": _caller(chance),
        "eventTime": f"{at:%Y-%m-%dT%H:%M:%SZ}",
        "eventSource": "kms.amazonaws.com",
        "eventName": name,
        "awsRegion": region,
        "sourceIPAddress": f"192.0.2.{chance.randrange(1, 255)}",
        "userAgent": "aws-cli/2",
        "requestParameters": parameters | ({} if about_store else {"keyId": typed}),
        "responseElements": None if error or about_store else {"keyId": key},
        "eventID": _id(chance),
        "eventType": "AwsApiCall",
        "readOnly": name in ("GenerateDataKey", "Decrypt"),
    }
    if not about_store:
        detail["resources"] = [{"accountId": ACCOUNT_ID, "type": "AWS::KMS::Key", "ARN": key}]
    if error:
        detail |= {"errorCode": error, "errorMessage": "refused"}
    if name == "ScheduleKeyDeletion" and not error:
        detail["responseElements"] |= {"keyState": "PendingDeletion"}
    event = envelope("aws.kms", "AWS API Call via CloudTrail", region, detail)
    return event | {"id": _id(chance)}


def _caller(chance: random.Random) -> dict[str, Any]:
    if chance.random() < 0.3:
        return {"type": "IAMUser", "arn": f"arn:aws:iam::{ACCOUNT_ID}:user/alice"}
    role = f"arn:aws:iam::{ACCOUNT_ID}:role/Deploy"
    return {
        "type": "AssumedRole",
        "arn": f"arn:aws:sts::{ACCOUNT_ID}:assumed-role/Deploy/ci",
        "sessionContext": {"sessionIssuer": {"type": "Role", "arn": role}},
    }


def _arn(region: str, chance: random.Random) -> str:
    return f"arn:aws:kms:{region}:{ACCOUNT_ID}:key/{_id(chance)}"


def _id(chance: random.Random) -> str:
    return str(uuid.UUID(int=chance.getrandbits(128)))
