"""The parameters and the response of a KMS call in its CloudTrail record."""

from __future__ import annotations

from datetime import UTC, datetime

from sandbox.cloudtrail import records
from sandbox.kms import material
from sandbox.kms.request import Json, KmsCall

_RECORDED_IN_FULL = {
    "CancelKeyDeletion", "CreateKey", "ReplicateKey", "CreateGrant", "CreateCustomKeyStore",
}  # fmt: skip
_NAMES_KEY = {
    "EnableKey", "DisableKey", "PutKeyPolicy", "CreateAlias", "UpdateAlias", "DeleteAlias",
    "ImportKeyMaterial", "DeleteImportedKeyMaterial", "EnableKeyRotation", "DisableKeyRotation",
    "TagResource", "UntagResource", "UpdateKeyDescription", "RetireGrant", "RevokeGrant",
}  # fmt: skip


def logged_parameters(call: KmsCall) -> Json:
    """Return the `requestParameters` of a KMS call, as `records.kms_record` takes them."""
    if call.operation == "ImportKeyMaterial":
        return material.shown_parameters(call.parameters)
    return call.parameters


def logged_response(call: KmsCall, response: Json) -> Json | None:
    """Return the `responseElements` of a KMS call that succeeded, or None for null.

    Since December 2022 they name the key even if the call itself returns nothing (KMS Developer
    Guide, "AWS KMS log entries": EnableKey, DisableKey, PutKeyPolicy, DeleteAlias and others).
    """
    operation = call.operation
    if operation == "ScheduleKeyDeletion":
        elements = {"keyId": response["KeyId"], "keyState": response["KeyState"]}
        if "DeletionDate" in response:
            moment = datetime.fromtimestamp(response["DeletionDate"], UTC)
            return elements | {"deletionDate": records.deletion_date(moment)}
        return elements | {"pendingWindowInDays": response["PendingWindowInDays"]}
    if operation in _RECORDED_IN_FULL:
        shown: Json = records.lower_camel(response)
        return shown
    return {"keyId": call.key_arns[-1]} if operation in _NAMES_KEY and call.key_arns else None
