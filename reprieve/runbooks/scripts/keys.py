"""The states of a KMS key, and what a script does to one."""

import time
from typing import Any

from botocore.exceptions import ClientError

from reprieve.runbooks.scripts.calls import Calls, code_of

# The states of a key whose deletion is scheduled (KMS API reference, KeyState). A key in any other
# state is not going to be deleted: Disabled and Enabled, PendingImport for one without imported
# material, Unavailable for one whose custom key store is disconnected.
PENDING = ("PendingDeletion", "PendingReplicaDeletion")

# KMS is eventually consistent: for a few seconds it may show the previous state.
_CONSISTENT_SECONDS = 3.0


def describe(calls: Calls, kms: Any, key: str) -> dict[str, Any]:
    """Return the metadata of a key."""
    metadata: dict[str, Any] = calls.make(kms.describe_key, KeyId=key)["KeyMetadata"]
    return metadata


def cancel_deletion(calls: Calls, kms: Any, key: str) -> dict[str, Any]:
    """Cancel a key's deletion, and return the key's metadata afterwards.

    Raise RuntimeError if KMS accepts the call and the key stays pending deletion.
    """
    try:
        calls.make(kms.cancel_key_deletion, KeyId=key)
    except ClientError as error:
        # Somebody else may have cancelled it since.
        if code_of(error) != "KMSInvalidStateException":
            raise
    metadata = describe(calls, kms, key)
    for _ in range(5):
        if metadata["KeyState"] not in PENDING:
            return metadata
        time.sleep(_CONSISTENT_SECONDS)
        metadata = describe(calls, kms, key)
    raise RuntimeError(f"the key is still {metadata['KeyState']}")


def settled_state(calls: Calls, kms: Any, key: str) -> dict[str, Any]:
    """Return the metadata of a key; if it seems safe, look twice."""
    metadata = describe(calls, kms, key)
    if metadata["KeyState"] in PENDING:
        return metadata
    time.sleep(_CONSISTENT_SECONDS)
    return describe(calls, kms, key)
