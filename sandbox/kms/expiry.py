"""The effects of time on KMS keys: scheduled deletions happen, imported material expires."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, timedelta
from typing import Any

from moto.kms.models import Key, kms_backends

from sandbox.core import clock
from sandbox.core.account import current_account
from sandbox.core.envelope import envelope
from sandbox.kms import keys, material

Event = dict[str, Any]


def events_due() -> Iterator[tuple[Event, str]]:
    """Apply what is due by now. Yield the event that KMS emits for each change, with its Region.

    KMS Developer Guide, "Monitor KMS keys with Amazon EventBridge": these events need no trail.
    """
    while due := list(_due()):
        for key, detail_type in due:
            if detail_type == "KMS CMK Deletion":
                _delete(key)
            else:
                material.await_import(key)
            event = envelope("aws.kms", detail_type, key.region, {"key-id": key.id})
            yield event | {"resources": [key.arn]}, key.region


def _due() -> Iterator[tuple[Key, str]]:
    for backend in list(kms_backends[current_account()].values()):
        for key in list(backend.keys.values()):
            date = key.deletion_date
            if date is not None and date.replace(tzinfo=UTC) <= clock.now():
                yield key, "KMS CMK Deletion"
            elif material.has_expired(key) and key.key_state in ("Enabled", "Disabled"):
                yield key, "KMS Imported Key Material Expiration"


def _delete(key: Key) -> None:
    """Delete a key. The waiting period of a primary begins when its last replica is deleted."""
    primary = None
    if key.multi_region and not keys.is_primary(key):
        region = key.multi_region_configuration["PrimaryKey"]["Region"]
        primary = keys.backend_of(region).keys.get(key.id)
    del keys.backend_of(key.region).keys[key.id]
    waits = primary is not None and primary.key_state == "PendingReplicaDeletion"
    if primary is not None and waits and not keys.live_replicas(primary):
        primary.key_state = "PendingDeletion"
        end = clock.now() + timedelta(days=keys.remembered_window(primary))
        primary.deletion_date = end.replace(microsecond=0, tzinfo=None)
