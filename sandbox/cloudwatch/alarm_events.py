"""The event of each change of an alarm's state.

Source: CloudWatch User Guide, "Alarm events and EventBridge".
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sandbox.core.envelope import envelope


def state_change(alarm: Any, before: str, state: str, reason: str) -> dict[str, Any]:
    """Return the event of one of moto's alarms that has changed its state, without its metrics."""
    now = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S.000+0000}"
    detail = {
        "alarmName": alarm.name,
        "state": {"value": state, "reason": reason, "timestamp": now},
        "previousState": {"value": before, "timestamp": now},
        "configuration": {"description": alarm.description or ""},
    }
    event = envelope("aws.cloudwatch", "CloudWatch Alarm State Change", alarm.region_name, detail)
    return event | {"resources": [alarm.alarm_arn]}
