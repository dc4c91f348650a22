"""Imported key material: KMS keys of origin EXTERNAL.

Source: KMS Developer Guide, "Importing key material for AWS KMS keys"; KMS API reference. The
sandbox neither stores nor checks the material itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from moto.kms.models import Key

from sandbox.core import clock
from sandbox.core.errors import AwsError, SandboxCannot

Json = dict[str, Any]

EXPIRES, STAYS = "KEY_MATERIAL_EXPIRES", "KEY_MATERIAL_DOES_NOT_EXPIRE"
PENDING_IMPORT = "PendingImport"


def await_import(key: Key) -> None:
    """Put a key of origin EXTERNAL into the state in which it has no material."""
    key.key_state, key.enabled = PENDING_IMPORT, False
    vars(key)["sandbox_valid_to"] = None


def import_material(key: Key, parameters: Mapping[str, Any]) -> Json:
    """Answer ImportKeyMaterial. Raise AwsError for another origin and for invalid dates."""
    _check_origin(key, "ImportKeyMaterial")
    if key.key_state == "Disabled":
        raise SandboxCannot("importing material into a disabled key")
    model = parameters.get("ExpirationModel", EXPIRES)
    valid_to = parameters.get("ValidTo")
    if (model == EXPIRES) != (valid_to is not None):
        raise AwsError("ValidationException", f"ValidTo and {EXPIRES} require each other.")
    if valid_to is not None and _moment(valid_to) <= clock.now():
        raise AwsError("ValidationException", "ValidTo must be in the future.")
    vars(key)["sandbox_valid_to"] = valid_to
    key.key_state, key.enabled = "Enabled", True
    return {}


def delete_material(key: Key) -> Json:
    """Answer DeleteImportedKeyMaterial. The key is unusable immediately."""
    _check_origin(key, "DeleteImportedKeyMaterial")
    if key.key_state not in ("Enabled", "Disabled", PENDING_IMPORT):
        raise SandboxCannot(f"deleting the material of a key that is {key.key_state}")
    await_import(key)
    return {"KeyId": key.arn}


def metadata(key: Key) -> Json:
    """Return what DescribeKey says about imported material."""
    if key.origin != "EXTERNAL" or key.key_state == PENDING_IMPORT:
        return {}
    valid_to = vars(key)["sandbox_valid_to"]
    if valid_to is None:
        return {"ExpirationModel": STAYS}
    return {"ExpirationModel": EXPIRES, "ValidTo": valid_to}


def has_expired(key: Key) -> bool:
    """Tell whether the material has expired."""
    valid_to = vars(key).get("sandbox_valid_to")
    return valid_to is not None and _moment(valid_to) <= clock.now()


def shown_parameters(parameters: Mapping[str, Any]) -> Json:
    """Return CloudTrail's requestParameters of ImportKeyMaterial (KMS Developer Guide)."""
    shown = {"keyId": parameters["KeyId"]}
    if "ValidTo" in parameters:
        moment = _moment(parameters["ValidTo"])
        shown["validTo"] = f"{moment:%b} {moment.day}, {moment:%Y %I:%M:%S %p}"
    return shown | {"expirationModel": parameters.get("ExpirationModel", EXPIRES)}


def _check_origin(key: Key, operation: str) -> None:
    if key.origin != "EXTERNAL":
        raise AwsError(
            "UnsupportedOperationException",
            f"{key.arn} origin is {key.origin} which is not valid for this operation.",
        )


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
