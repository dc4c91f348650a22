"""Strict KMS: refuses invalid calls as AWS does, before moto gets them."""

from __future__ import annotations

import uuid
from threading import Lock

from moto.kms.models import Key
from moto.utilities.utils import get_partition

from sandbox.cloudtrail import records
from sandbox.core.account import current_account
from sandbox.core.errors import AwsError, SandboxCannot
from sandbox.core.quotas import Limits
from sandbox.iam.authorization import caller_denial_reason
from sandbox.kms import custom_key_stores, keys, usage
from sandbox.kms.handlers import HANDLERS, create
from sandbox.kms.permissions import (
    key_control_denial_reason,
    key_denial_reason,
    parameter_keys,
)
from sandbox.kms.request import Json, KmsCall
from sandbox.kms.throttling import check_rate

_ACCEPTS_ALIAS = {
    "DescribeKey", "Encrypt", "Decrypt", "ReEncrypt", "GenerateDataKey", "GetPublicKey", "Sign",
    "GenerateDataKeyWithoutPlaintext", "GenerateDataKeyPair", "Verify", "GenerateMac", "VerifyMac",
    "GenerateDataKeyPairWithoutPlaintext", "DeriveSharedSecret", "ListAliases",
}  # fmt: skip
_KEY_PARAMETERS = ("KeyId", "TargetKeyId", "SourceKeyId", "DestinationKeyId")
# For one key, checking its state and changing it must not interleave with another call.
_LOCK = Lock()


def answer(call: KmsCall, limits: Limits) -> Json:
    """Answer one KMS call as KMS does: check rate, permissions and the key's state, then act.

    Raise AwsError with KMS's own code, or SandboxCannot.
    """
    check_rate(call.operation, call.region, limits)
    found = _keys_of(call)
    for key in found.values():
        _check_permissions(call, key)
    extra = parameter_keys(call.operation, call.parameters)
    for action, resource in _actions_beside_keys(call):
        if reason := caller_denial_reason(call.caller, action, resource, call.region, extra):
            raise AwsError("AccessDeniedException", reason)
    if call.operation in custom_key_stores.OPERATIONS:
        return custom_key_stores.answer(call.operation, call.parameters, call.region)
    if call.operation == "CreateKey":
        return create(call)
    handler = HANDLERS.get(call.operation)
    if handler and "KeyId" in found:
        with _LOCK:
            _check_states(call, found)
            return handler(call, found["KeyId"])
    _check_states(call, found)
    # In some places moto accepts a bare key id only, where KMS also accepts the ARN.
    plain = {name: key.id for name, key in found.items() if name in call.parameters}
    aliases = {n: v for n, v in call.parameters.items() if n in plain and ":key/" not in str(v)}
    response = call.forward({**call.parameters, **plain, **aliases})
    for key in found.values():
        usage.remember(key, call.operation)
    return response


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


def _check_permissions(call: KmsCall, key: Key) -> None:
    operation = call.operation
    if keys.is_aws_managed(key) and records.is_write(operation):
        raise AwsError(
            "AccessDeniedException",
            f"User: {call.caller.arn} is not authorized to perform: kms:{operation} on resource: "
            f"{key.arn} (an AWS managed key)",
        )
    extra = parameter_keys(operation, call.parameters)
    if operation == "ReEncrypt":
        raise SandboxCannot("ReEncrypt, whose permissions involve two keys")
    grants = [
        grant
        for grant in list(key.grants.values())
        if grant.grantee_principal in (call.caller.arn, call.caller.role_arn)
        and operation in grant.operations
    ]
    if grants and not any(grant.constraints for grant in grants):
        if reason := key_control_denial_reason(call.caller, f"kms:{operation}", key, extra):
            raise AwsError("AccessDeniedException", reason)
        return
    if reason := key_denial_reason(call.caller, f"kms:{operation}", key, extra):
        raise AwsError("AccessDeniedException", reason)


def _actions_beside_keys(call: KmsCall) -> list[tuple[str, str]]:
    """Return the actions that no key policy decides, with their resources.

    KMS Developer Guide, "AWS KMS permissions": an alias is a resource of its own. Creating a key
    with tags requires kms:TagResource too.
    """
    given = call.parameters
    actions = []
    if not any(name in given for name in _KEY_PARAMETERS):
        actions.append((f"kms:{call.operation}", "*"))
    prefix = f"arn:{get_partition(call.region)}:kms:{call.region}:{current_account()}:"
    if call.operation == "CreateKey" and given.get("Tags"):
        actions.append(("kms:TagResource", f"{prefix}key/{uuid.uuid4()}"))
    if call.operation in ("CreateAlias", "UpdateAlias", "DeleteAlias"):
        actions.append((f"kms:{call.operation}", f"{prefix}{given.get('AliasName')}"))
    return actions


def _check_states(call: KmsCall, found: dict[str, Key]) -> None:
    for name, key in found.items():
        # For UpdateAlias only the state of the new key counts (a note below the key state table).
        if name != "AliasName":
            keys.check_state(call.operation, key)
