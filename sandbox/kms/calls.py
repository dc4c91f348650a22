"""Strict KMS: AWS's own refusals before moto acts, and the record that CloudTrail makes of it."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from threading import Lock
from typing import Any

from moto.core.utils import unix_time
from moto.kms.models import Key
from moto.utilities.utils import get_partition

from sandbox.cloudtrail import records
from sandbox.core import clock
from sandbox.core.account import ACCOUNT_ID
from sandbox.core.errors import AwsError, SandboxCannot
from sandbox.iam.authorization import why_caller_may_not, why_key_refuses
from sandbox.iam.principals import Caller
from sandbox.kms import custom_key_stores, keys, material, usage

Json = dict[str, Any]

_ACCEPTS_ALIAS = {
    "DescribeKey", "Encrypt", "Decrypt", "ReEncrypt", "GenerateDataKey", "GetPublicKey", "Sign",
    "GenerateDataKeyWithoutPlaintext", "GenerateDataKeyPair", "Verify", "GenerateMac", "VerifyMac",
    "GenerateDataKeyPairWithoutPlaintext", "DeriveSharedSecret", "ListAliases",
}  # fmt: skip
_KEY_PARAMETERS = ("KeyId", "TargetKeyId", "SourceKeyId", "DestinationKeyId")
# The key stores here hold no keys; moto would create an ordinary key instead.
_UNKNOWN_ORIGINS = ("AWS_CLOUDHSM", "EXTERNAL_KEY_STORE")
_NAMES_KEY = {
    "EnableKey", "DisableKey", "PutKeyPolicy", "CreateAlias", "UpdateAlias", "DeleteAlias",
    "ImportKeyMaterial", "DeleteImportedKeyMaterial", "EnableKeyRotation", "DisableKeyRotation",
    "TagResource", "UntagResource", "UpdateKeyDescription", "RetireGrant", "RevokeGrant",
}  # fmt: skip
# What moto does and what is done here must not interleave for one key.
_LOCK = Lock()


@dataclass
class KmsCall:
    """One KMS call. `forward` hands parameters to moto and returns its answer or raises AwsError.

    `key_arns` gathers the keys that the call is about, for the record.
    """

    operation: str
    parameters: Json
    caller: Caller
    region: str
    forward: Callable[[Json], Json]
    key_arns: list[str] = field(default_factory=list)


def answer(call: KmsCall) -> Json:
    """Do one KMS call as KMS would: rights, then the key's state, then the deed.

    Returns the response; raises AwsError with KMS's own code, or SandboxCannot.
    """
    found = _keys_of(call)
    for key in found.values():
        _check_rights(call, key)
    for action, resource in _rights_beside_keys(call):
        if refusal := why_caller_may_not(call.caller, action, resource, call.region):
            raise AwsError("AccessDeniedException", refusal)
    if call.operation in custom_key_stores.OPERATIONS:
        return custom_key_stores.answer(call.operation, call.parameters, call.region)
    if call.operation == "CreateKey":
        return _create(call)
    deed = _DEEDS.get(call.operation)
    if deed and "KeyId" in found:
        with _LOCK:
            _check_states(call, found)
            return deed(call, found["KeyId"])
    _check_states(call, found)
    # moto knows a key by its bare id in places where KMS also takes the ARN.
    plain = {name: key.id for name, key in found.items() if name in call.parameters}
    aliases = {n: v for n, v in call.parameters.items() if n in plain and ":key/" not in str(v)}
    response = call.forward({**call.parameters, **plain, **aliases})
    for key in found.values():
        usage.remember(key, call.operation)
    return response


def shown_parameters(call: KmsCall) -> Json:
    """CloudTrail's `requestParameters` for a KMS call, as `records.kms_record` takes them."""
    if call.operation == "ImportKeyMaterial":
        return material.shown_parameters(call.parameters)
    return call.parameters


def shown_response(call: KmsCall, response: Json) -> Json | None:
    """CloudTrail's `responseElements` for a KMS call that succeeded, or None for null.

    Since December 2022 it names the key also where the call itself answers nothing (KMS Developer
    Guide, «AWS KMS log entries»: EnableKey, DisableKey, PutKeyPolicy, DeleteAlias, …).
    """
    operation = call.operation
    if operation == "ScheduleKeyDeletion":
        elements = {"keyId": response["KeyId"], "keyState": response["KeyState"]}
        if "DeletionDate" in response:
            moment = datetime.fromtimestamp(response["DeletionDate"], UTC)
            return elements | {"deletionDate": records.deletion_date(moment)}
        return elements | {"pendingWindowInDays": response["PendingWindowInDays"]}
    if operation in (
        "CancelKeyDeletion",
        "CreateKey",
        "ReplicateKey",
        "CreateGrant",
        "CreateCustomKeyStore",
    ):
        shown: Json = records.lower_camel(response)
        return shown
    return {"keyId": call.key_arns[-1]} if operation in _NAMES_KEY and call.key_arns else None


def _keys_of(call: KmsCall) -> dict[str, Key]:
    found: dict[str, Key] = {}
    for name in _KEY_PARAMETERS:
        value = call.parameters.get(name)
        if not isinstance(value, str):
            continue
        is_alias = value.startswith("alias/") or ":alias/" in value
        if is_alias and call.operation not in _ACCEPTS_ALIAS:
            raise AwsError("NotFoundException", f"Invalid keyId {value}")
        if key := keys.find_key(value, call.region):
            found[name] = key
    by_ciphertext = {"Decrypt": "KeyId", "ReEncrypt": "SourceKeyId"}.get(call.operation)
    if by_ciphertext and (key := keys.key_of_ciphertext(call.parameters, call.region)):
        found.setdefault(by_ciphertext, key)
    moves_alias = call.operation in ("DeleteAlias", "UpdateAlias")
    if moves_alias and (key := keys.find_key(str(call.parameters.get("AliasName")), call.region)):
        found["AliasName"] = key
    call.key_arns.extend(dict.fromkeys(key.arn for key in found.values()))
    return found


def _check_rights(call: KmsCall, key: Key) -> None:
    operation = call.operation
    if keys.is_aws_managed(key) and records.is_write(operation):
        raise AwsError(
            "AccessDeniedException",
            f"User: {call.caller.arn} is not authorized to perform: kms:{operation} on resource: "
            f"{key.arn} (an AWS managed key)",
        )
    days = call.parameters.get("PendingWindowInDays", 30)
    extra = {
        "kms:ScheduleKeyDeletionPendingWindowInDays": (
            str(days) if operation == "ScheduleKeyDeletion" else None
        )
    }
    if operation == "ReEncrypt":
        raise SandboxCannot("ReEncrypt, whose rights are split over two keys")
    grants = [
        grant
        for grant in list(key.grants.values())
        if grant.grantee_principal in (call.caller.arn, call.caller.role_arn)
        and operation in grant.operations
    ]
    if grants and not any(grant.constraints for grant in grants):
        return
    if refusal := why_key_refuses(call.caller, f"kms:{operation}", key, extra):
        raise AwsError("AccessDeniedException", refusal)


def _rights_beside_keys(call: KmsCall) -> list[tuple[str, str]]:
    """Return the actions that no key's policy decides, with their resources.

    KMS developer guide, «AWS KMS permissions»: an alias is a resource of its own, and tags at a
    key's creation need kms:TagResource too.
    """
    given = call.parameters
    rights = []
    if not any(name in given for name in _KEY_PARAMETERS):
        rights.append((f"kms:{call.operation}", "*"))
    prefix = f"arn:{get_partition(call.region)}:kms:{call.region}:{ACCOUNT_ID}:"
    if call.operation == "CreateKey" and given.get("Tags"):
        rights.append(("kms:TagResource", f"{prefix}key/{uuid.uuid4()}"))
    if call.operation in ("CreateAlias", "UpdateAlias", "DeleteAlias"):
        rights.append((f"kms:{call.operation}", f"{prefix}{given.get('AliasName')}"))
    return rights


def _check_states(call: KmsCall, found: dict[str, Key]) -> None:
    for name, key in found.items():
        # Of an alias that moves only the new key's state counts (the table's note on UpdateAlias).
        if name != "AliasName":
            keys.check_state(call.operation, key)


def _schedule_deletion(call: KmsCall, key: Key) -> Json:
    days = call.parameters.get("PendingWindowInDays", 30)
    if not isinstance(days, int) or not 7 <= days <= 30:
        raise AwsError("ValidationException", "PendingWindowInDays must be between 7 and 30")
    key.enabled = False
    response = {"KeyId": key.arn, "PendingWindowInDays": days}
    if keys.live_replicas(key):
        # The waiting period of a primary begins when its last replica is gone (KMS Developer
        # Guide, «Deleting multi-Region keys»). No time passes here, so it never begins.
        key.key_state, key.deletion_date = "PendingReplicaDeletion", None
        keys.remember_window(key, days)
        return response | {"KeyState": key.key_state}
    key.key_state = "PendingDeletion"
    key.deletion_date = (clock.now() + timedelta(days=days)).replace(microsecond=0, tzinfo=None)
    return response | {"KeyState": key.key_state, "DeletionDate": unix_time(key.deletion_date)}


def _cancel_deletion(call: KmsCall, key: Key) -> Json:
    # KMS API reference, CancelKeyDeletion: the key is left Disabled, whatever it was before.
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


def _create(call: KmsCall) -> Json:
    origin = call.parameters.get("Origin", "AWS_KMS")
    if origin in _UNKNOWN_ORIGINS or call.parameters.get("CustomKeyStoreId"):
        raise SandboxCannot(f"creating a key of origin {origin}")
    response = call.forward(call.parameters)
    key = keys.backend_of(call.region).keys[response["KeyMetadata"]["KeyId"]]
    # KMS's own default policy lets the account in, and is not checked.
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
    """KMS API reference, PutKeyPolicy: the caller must be able to change the policy again."""
    try:
        document = json.loads(policy)
    except ValueError:
        raise AwsError("MalformedPolicyDocumentException", "The policy is not JSON.") from None
    if call.parameters.get("BypassPolicyLockoutSafetyCheck"):
        return
    if why_key_refuses(call.caller, "kms:PutKeyPolicy", key, policy=document):
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
    raise SandboxCannot(f"KMS {call.operation} in account {ACCOUNT_ID}")


_DEEDS: dict[str, Callable[[KmsCall, Key], Json]] = {
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
