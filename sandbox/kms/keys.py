"""moto's KMS keys: how to find them, and which operations their states forbid."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

from moto.kms.models import Key, KmsBackend, kms_backends
from moto.kms.utils import _deserialize_ciphertext_blob
from moto.utilities.utils import get_partition

from sandbox.core.account import current_account
from sandbox.core.errors import AwsError

PENDING = {
    "PendingDeletion": "pending deletion",
    "PendingReplicaDeletion": "pending replica deletion",
}
_CRYPTOGRAPHIC = {
    "Encrypt", "Decrypt", "ReEncrypt", "GenerateDataKey", "GenerateDataKeyWithoutPlaintext",
    "GenerateDataKeyPair", "GenerateDataKeyPairWithoutPlaintext", "Sign", "Verify",
    "GenerateMac", "VerifyMac", "DeriveSharedSecret", "GetPublicKey",
}  # fmt: skip
# KMS Developer Guide, "Key states", the key state table.
_NEEDS_ENABLED = _CRYPTOGRAPHIC | {
    "CreateGrant", "EnableKeyRotation", "DisableKeyRotation", "RotateKeyOnDemand", "ReplicateKey",
}  # fmt: skip
_REFUSED_WHILE_PENDING = _NEEDS_ENABLED | {
    "CreateAlias", "UpdateAlias", "EnableKey", "DisableKey", "ScheduleKeyDeletion", "TagResource",
    "UntagResource", "UpdateKeyDescription", "UpdatePrimaryRegion", "ImportKeyMaterial",
    "GetParametersForImport",
}  # fmt: skip
# The same table. A key without material can still be tagged, renamed and scheduled for deletion.
_REFUSED_WHILE_PENDING_IMPORT = (_NEEDS_ENABLED - {"CreateGrant"}) | {"EnableKey", "DisableKey"}


def backend_of(region: str) -> KmsBackend:
    """Return moto's KMS of one Region."""
    return kms_backends[current_account()][region]


def find_key(name: str, region: str) -> Key | None:
    """Return the key of an id, key ARN, alias name or alias ARN in a Region, or None.

    Raise NotFoundException for an ARN of another Region or account, as KMS does.
    """
    if name.startswith("arn:"):
        parts = name.split(":", 5)
        if len(parts) < 6 or parts[2:5] != ["kms", region, current_account()]:
            raise AwsError("NotFoundException", f"Invalid arn {region}: {name}")
        name = parts[5].removeprefix("key/")
    backend = backend_of(region)
    if name.startswith("alias/"):
        # moto creates the keys behind alias/aws/ when they are first looked up.
        name = backend.get_key_id_from_alias(name) or ""
        name = name.rsplit("/", 1)[-1]
    return backend.keys.get(name)


def key_of_ciphertext(parameters: Mapping[str, Any], region: str) -> Key | None:
    """Return the key that encrypted one of moto's ciphertexts, or None if it is unreadable."""
    try:
        blob = base64.b64decode(parameters["CiphertextBlob"])
        return backend_of(region).keys.get(_deserialize_ciphertext_blob(blob).key_id)
    except (KeyError, ValueError, TypeError, UnicodeDecodeError):
        return None
    except Exception as error:  # struct.error, which has no narrower base than Exception
        if type(error).__name__ == "error":
            return None
        raise


def is_aws_managed(key: Key) -> bool:
    """Tell whether AWS manages this key: it has an alias that begins with alias/aws/."""
    return any(name.startswith("alias/aws/") for name in key.aliases)


def is_primary(key: Key) -> bool:
    """Tell whether this is the primary of a multi-Region key.

    MultiRegionKeyType does not say so: moto shares that dict between a primary and its replicas.
    """
    return key.multi_region and key.multi_region_configuration["PrimaryKey"]["Arn"] == key.arn


def live_replicas(key: Key) -> list[Key]:
    """Return the existing replicas of a multi-Region primary, pending deletion or not."""
    if not is_primary(key):
        return []
    replicas = key.multi_region_configuration["ReplicaKeys"]
    found = (backend_of(replica["Region"]).keys.get(key.id) for replica in replicas)
    return [replica for replica in found if replica is not None]


def remember_window(key: Key, days: int) -> None:
    """Store the waiting period of a primary with replicas. moto has no field for it."""
    vars(key)["sandbox_pending_window"] = days


def remembered_window(key: Key) -> int:
    """Return the waiting period, in days, that `remember_window` stored."""
    return int(vars(key)["sandbox_pending_window"])


def check_state(operation: str, key: Key) -> None:
    """Raise KMS's error if the key's state forbids an operation (the key state table)."""
    if key.key_state in PENDING and operation in _REFUSED_WHILE_PENDING:
        raise AwsError("KMSInvalidStateException", f"{key.arn} is {PENDING[key.key_state]}.")
    if key.key_state == "PendingImport" and operation in _REFUSED_WHILE_PENDING_IMPORT:
        raise AwsError("KMSInvalidStateException", f"{key.arn} is pending import.")
    if key.key_state == "Disabled" and operation in _NEEDS_ENABLED:
        raise AwsError("DisabledException", f"{key.arn} is disabled.")
    if operation == "CancelKeyDeletion" and key.key_state not in PENDING:
        # Both pending states allow cancelling. This is AWS's sentence for every other state.
        raise AwsError(
            "KMSInvalidStateException",
            f"{key.arn} is not pending deletion (or pending replica deletion).",
        )


def link_replica(primary: Key, replica: Key) -> None:
    """Separate a new replica from its primary, and add it to the configuration of all replicas.

    moto creates a replica as a shallow copy. Both would share aliases, grants and the multi-Region
    configuration.
    """
    partition = get_partition(replica.region)
    replica.arn = f"arn:{partition}:kms:{replica.region}:{current_account()}:key/{replica.id}"
    replica.aliases, replica.grants, replica.rotations = {}, {}, []
    entry = {"Arn": replica.arn, "Region": replica.region}
    others = [
        r for r in primary.multi_region_configuration["ReplicaKeys"] if r["Arn"] != replica.arn
    ]
    for key in (primary, *live_replicas(primary), replica):
        key.multi_region_configuration = {
            "MultiRegionKeyType": "PRIMARY" if key is primary else "REPLICA",
            "PrimaryKey": {"Arn": primary.arn, "Region": primary.region},
            "ReplicaKeys": [*others, entry],
        }
