"""The KMS operations that the sandbox carries out itself, because moto differs from KMS."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta

from moto.core.utils import unix_time
from moto.kms.models import Key

from sandbox.core import clock
from sandbox.core.account import current_account
from sandbox.core.errors import AwsError, SandboxCannot
from sandbox.kms import keys, material, usage
from sandbox.kms.permissions import key_denial_reason
from sandbox.kms.request import Json, KmsCall

# The custom key stores here hold no keys. moto would create an ordinary key instead.
_UNKNOWN_ORIGINS = ("AWS_CLOUDHSM", "EXTERNAL_KEY_STORE")
# KMS API reference, CreateKey. moto has no default for these.
_DEFAULTS = {"KeyUsage": "ENCRYPT_DECRYPT", "MultiRegion": False}


def _schedule_deletion(call: KmsCall, key: Key) -> Json:
    days = call.parameters.get("PendingWindowInDays", 30)
    if not isinstance(days, int) or not 7 <= days <= 30:
        raise AwsError("ValidationException", "PendingWindowInDays must be between 7 and 30")
    key.enabled = False
    response = {"KeyId": key.arn, "PendingWindowInDays": days}
    if keys.live_replicas(key):
        # The waiting period of a primary begins when its last replica is deleted (KMS Developer
        # Guide, "Deleting multi-Region keys"); see `expiry`.
        key.key_state, key.deletion_date = "PendingReplicaDeletion", None
        keys.remember_window(key, days)
        return response | {"KeyState": key.key_state}
    key.key_state = "PendingDeletion"
    key.deletion_date = (clock.now() + timedelta(days=days)).replace(microsecond=0, tzinfo=None)
    return response | {"KeyState": key.key_state, "DeletionDate": unix_time(key.deletion_date)}


def _cancel_deletion(call: KmsCall, key: Key) -> Json:
    # KMS API reference, CancelKeyDeletion: afterwards the key is Disabled, whatever it was before.
    key.key_state, key.enabled, key.deletion_date = "Disabled", False, None
    return {"KeyId": key.arn}


def _enable(call: KmsCall, key: Key) -> Json:
    key.key_state, key.enabled = "Enabled", True
    return {}


def _disable(call: KmsCall, key: Key) -> Json:
    key.key_state, key.enabled = "Disabled", False
    return {}


def _describe(call: KmsCall, key: Key) -> Json:
    metadata = {k: v for k, v in key.to_dict()["KeyMetadata"].items() if v is not None}
    metadata["KeyManager"] = "AWS" if keys.is_aws_managed(key) else "CUSTOMER"
    metadata |= material.metadata(key)
    if key.key_state == "PendingReplicaDeletion":
        metadata["PendingDeletionWindowInDays"] = keys.remembered_window(key)
    if key.multi_region:
        kind = "PRIMARY" if keys.is_primary(key) else "REPLICA"
        metadata["MultiRegionConfiguration"] = {
            **key.multi_region_configuration,
            "MultiRegionKeyType": kind,
        }
    return {"KeyMetadata": metadata}


def create(call: KmsCall) -> Json:
    """Answer CreateKey. Raise SandboxCannot for a key in a custom key store."""
    origin = call.parameters.get("Origin", "AWS_KMS")
    if origin in _UNKNOWN_ORIGINS or call.parameters.get("CustomKeyStoreId"):
        raise SandboxCannot(f"creating a key of origin {origin}")
    response = call.forward({**_DEFAULTS, **call.parameters})
    key = keys.backend_of(call.region).keys[response["KeyMetadata"]["KeyId"]]
    # KMS's default policy lets the account in. It needs no check.
    if "Policy" in call.parameters:
        try:
            _check_lockout(call, key, key.policy)
        except AwsError:
            keys.backend_of(call.region).keys.pop(key.id)
            raise
    call.key_arns.append(key.arn)
    if origin == "EXTERNAL":
        material.await_import(key)
        return _describe(call, key)
    return response


def _put_policy(call: KmsCall, key: Key) -> Json:
    _check_lockout(call, key, call.parameters.get("Policy", ""))
    return call.forward({**call.parameters, "KeyId": key.id})


def _check_lockout(call: KmsCall, key: Key, policy: str) -> None:
    """Raise AwsError unless the caller can change the policy again (KMS API, PutKeyPolicy)."""
    try:
        document = json.loads(policy)
    except ValueError:
        raise AwsError("MalformedPolicyDocumentException", "The policy is not JSON.") from None
    if call.parameters.get("BypassPolicyLockoutSafetyCheck"):
        return
    if key_denial_reason(call.caller, "kms:PutKeyPolicy", key, policy=document):
        raise AwsError(
            "MalformedPolicyDocumentException",
            "The new key policy will not allow you to update the key policy in the future.",
        )


def _replicate(call: KmsCall, primary: Key) -> Json:
    region = str(call.parameters.get("ReplicaRegion"))
    if not keys.is_primary(primary):
        raise AwsError(
            "UnsupportedOperationException", f"{primary.arn} is not a multi-Region primary key."
        )
    if region == call.region or primary.id in keys.backend_of(region).keys:
        raise AwsError("AlreadyExistsException", f"Key {primary.id} already exists in {region}.")
    call.forward({"KeyId": primary.id, "ReplicaRegion": region})
    backend = keys.backend_of(region)
    replica = backend.keys[primary.id]
    keys.link_replica(primary, replica)
    replica.policy = call.parameters.get("Policy") or replica.generate_default_policy()
    replica.description = call.parameters.get("Description", "")
    tags = call.parameters.get("Tags") or []
    if tags:
        backend.tag_resource(replica.id, {tag["TagKey"]: tag["TagValue"] for tag in tags})
    metadata = replica.to_dict()["KeyMetadata"]
    return {"ReplicaKeyMetadata": metadata, "ReplicaPolicy": replica.policy, "ReplicaTags": tags}


def _refuse(call: KmsCall, key: Key) -> Json:
    raise SandboxCannot(f"KMS {call.operation} in account {current_account()}")


HANDLERS: dict[str, Callable[[KmsCall, Key], Json]] = {
    "ScheduleKeyDeletion": _schedule_deletion,
    "CancelKeyDeletion": _cancel_deletion,
    "EnableKey": _enable,
    "DisableKey": _disable,
    "DescribeKey": _describe,
    "PutKeyPolicy": _put_policy,
    "ImportKeyMaterial": lambda call, key: material.import_material(key, call.parameters),
    "DeleteImportedKeyMaterial": lambda call, key: material.delete_material(key),
    "ReplicateKey": _replicate,
    "UpdatePrimaryRegion": _refuse,
    "GetKeyLastUsage": lambda call, key: usage.describe(key),
}
"""By operation: a function of the call and its key that returns the response."""
