"""When a key was last used: KMS's GetKeyLastUsage, which moto lacks."""

from __future__ import annotations

import uuid
from typing import Any, Final

from moto.core.utils import unix_time
from moto.kms.models import Key

from sandbox.core import clock

# KMS API reference, KeyLastUsageData: the operations that count as a use.
USES: Final = frozenset(
    {
        "Encrypt", "Decrypt", "ReEncrypt", "GenerateDataKey", "GenerateDataKeyWithoutPlaintext",
        "GenerateDataKeyPair", "GenerateDataKeyPairWithoutPlaintext", "Sign", "Verify",
        "GenerateMac", "VerifyMac", "DeriveSharedSecret",
    }
)  # fmt: skip
_FIELD = "sandbox_last_use"


def remember(key: Key, operation: str) -> None:
    """Store that a key was used now, if the operation counts as a use."""
    if operation in USES:
        vars(key)[_FIELD] = {
            "Operation": operation,
            "Timestamp": unix_time(clock.now().replace(tzinfo=None)),
            "CloudTrailEventId": str(uuid.uuid4()),
            "KmsRequestId": str(uuid.uuid4()),
        }


def describe(key: Key) -> dict[str, Any]:
    """Answer GetKeyLastUsage. Tracking starts when the key is created."""
    created = key.creation_date
    return {
        "KeyId": key.arn,
        "KeyLastUsage": vars(key).get(_FIELD, {}),
        "TrackingStartDate": created,
        "KeyCreationDate": created,
    }
