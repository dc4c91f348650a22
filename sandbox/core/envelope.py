"""The EventBridge envelope, which every service that emits events uses."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from sandbox.core.account import current_account


def envelope(
    source: str, detail_type: str, region: str, detail: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the envelope around an event (EventBridge User Guide, "Event structure").

    Its `resources` is empty, as AWS leaves it for CloudTrail's API events.
    """
    return {
        "version": "0",
        "id": str(uuid.uuid4()),
        "detail-type": detail_type,
        "source": source,
        "account": current_account(),
        "time": detail.get("eventTime") or f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}",
        "region": region,
        "resources": [],
        "detail": dict(detail),
    }
