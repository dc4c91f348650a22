"""The event of each change of an alarm's state. It reaches the default bus, and needs no trail.

Source: CloudWatch User Guide, "Alarm events and EventBridge".
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sandbox.core.envelope import envelope

Json = dict[str, Any]


@dataclass(frozen=True)
class State:
    """One state of an alarm. `reason_data` is JSON text, `at` the time since which it is in it."""

    value: str
    reason: str
    reason_data: str
    at: datetime

    def as_json(self) -> Json:
        """Return the state as the event has it."""
        content = {
            "value": self.value,
            "reason": self.reason,
            "timestamp": f"{self.at:%Y-%m-%dT%H:%M:%S}.{self.at.microsecond // 1000:03}+0000",
        }
        return content | ({"reasonData": self.reason_data} if self.reason_data else {})


def state_of(alarm: Any) -> State:
    """Return the present state of one of moto's alarms. An alarm without a reason is new."""
    reason = alarm.state_reason or "Unchecked: Initial alarm creation"
    since = alarm.state_updated_timestamp
    at = since.replace(tzinfo=UTC) if isinstance(since, datetime) else datetime.now(UTC)
    return State(alarm.state_value, reason, alarm.state_reason_data, at)


def state_change(alarm: Any, before: State) -> Json:
    """Return the event that one of moto's alarms has changed its state."""
    description = {"description": alarm.description} if alarm.description else {}
    detail = {
        "alarmName": alarm.name,
        "state": state_of(alarm).as_json(),
        "previousState": before.as_json(),
        "configuration": {**description, "metrics": _metrics(alarm)},
    }
    event = envelope("aws.cloudwatch", "CloudWatch Alarm State Change", alarm.region_name, detail)
    return event | {"resources": [alarm.alarm_arn]}


def _metrics(alarm: Any) -> list[Json]:
    if not alarm.metric_data_queries:
        statistic = alarm.statistic or alarm.extended_statistic
        return [
            {
                # In AWS it is random.
                "id": str(uuid.uuid5(uuid.NAMESPACE_URL, alarm.alarm_arn)),
                "metricStat": _stat(alarm, int(alarm.period or 0), statistic),
                "returnData": True,
            }
        ]
    return [_query(query) for query in alarm.metric_data_queries]


def _query(query: Any) -> Json:
    returns = str(query.return_data).lower() != "false"
    content: Json = {"id": query.id, "returnData": returns}
    if query.label:
        content["label"] = query.label
    if query.expression:
        return content | {"expression": query.expression}
    stat = query.metric_stat
    return content | {"metricStat": _stat(stat.metric, int(stat.period), stat.stat)}


def _stat(metric: Any, period: int, statistic: str) -> Json:
    dimensions: Mapping[str, str] = {each.name: each.value for each in metric.dimensions}
    named = {
        "namespace": metric.namespace,
        "name": metric.metric_name,
        "dimensions": dict(dimensions),
    }
    return {"metric": named, "period": period, "stat": statistic}
