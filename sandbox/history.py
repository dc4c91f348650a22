"""CloudTrail's event history: LookupEvents, which needs no trail and knows 90 days."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from threading import Lock
from typing import Any

from sandbox.errors import AwsError

Record = dict[str, Any]

# CloudTrail API reference, LookupEvents.
_KNOWN_FOR = timedelta(days=90)
_MAX_RESULTS = 50
_ATTRIBUTES = (
    "EventId", "EventName", "ReadOnly", "Username", "ResourceType", "ResourceName", "EventSource",
    "AccessKeyId",
)  # fmt: skip


class History:
    """The KMS calls that changed something, or were to, in every Region."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._records: dict[str, list[Record]] = {}

    def clear(self) -> None:
        """Forget every call."""
        with self._lock:
            self._records.clear()

    def add(self, record: Record) -> None:
        """Keep CloudTrail's record of a call."""
        with self._lock:
            self._records.setdefault(record["awsRegion"], []).append(record)

    def age(self, days: float) -> None:
        """Move all calls so far into the past."""
        with self._lock:
            for records in self._records.values():
                for record in records:
                    earlier = _moment(record["eventTime"]) - timedelta(days=days)
                    record["eventTime"] = f"{earlier:%Y-%m-%dT%H:%M:%SZ}"

    def lookup(self, parameters: Mapping[str, Any], region: str) -> dict[str, Any]:
        """LookupEvents: the calls that match, newest first, a page at a time; raises AwsError."""
        attribute = _attribute(parameters)
        size = parameters.get("MaxResults", _MAX_RESULTS)
        if not 1 <= size <= _MAX_RESULTS:
            raise AwsError("InvalidMaxResultsException", "A page has 1 to 50 events.")
        begin = max(
            datetime.now(UTC) - _KNOWN_FOR,
            datetime.fromtimestamp(parameters.get("StartTime", 0), UTC),
        )
        end = (
            datetime.fromtimestamp(parameters["EndTime"], UTC) if "EndTime" in parameters else None
        )
        with self._lock:
            records = list(reversed(self._records.get(region, [])))
        found = [
            event
            for event in map(_shown, records)
            if begin.timestamp() <= event["EventTime"]
            and (end is None or event["EventTime"] <= end.timestamp())
            and _matches(event, attribute)
        ]
        token = str(parameters.get("NextToken", "0"))
        if not token.isdigit():
            raise AwsError("InvalidNextTokenException", "The token is not one of LookupEvents.")
        page = {"Events": found[int(token) : int(token) + size]}
        following = int(token) + size
        return page if following >= len(found) else page | {"NextToken": str(following)}


def _attribute(parameters: Mapping[str, Any]) -> tuple[str, str] | None:
    attributes = parameters.get("LookupAttributes") or []
    if len(attributes) > 1 or any(a["AttributeKey"] not in _ATTRIBUTES for a in attributes):
        raise AwsError(
            "InvalidLookupAttributesException",
            f"One attribute of {', '.join(_ATTRIBUTES)} at most.",
        )
    return next(((a["AttributeKey"], a["AttributeValue"]) for a in attributes), None)


def _shown(record: Record) -> dict[str, Any]:
    """An event as LookupEvents shows it; EventTime is in seconds since the epoch."""
    identity = record["userIdentity"]
    return {
        "EventId": record["eventID"],
        "EventName": record["eventName"],
        "ReadOnly": str(record["readOnly"]).lower(),
        "EventTime": _moment(record["eventTime"]).timestamp(),
        "EventSource": record["eventSource"],
        "Username": identity.get("userName") or identity["arn"].rpartition("/")[2],
        "AccessKeyId": identity.get("accessKeyId", ""),
        "Resources": [
            {"ResourceType": "AWS::KMS::Key", "ResourceName": name}
            for resource in record["resources"]
            # CloudTrail lists a key by its ARN and by its id.
            for name in (resource["ARN"], resource["ARN"].rpartition("/")[2])
        ],
        "CloudTrailEvent": json.dumps(record),
    }


def _matches(event: Mapping[str, Any], attribute: tuple[str, str] | None) -> bool:
    if attribute is None:
        return True
    key, value = attribute
    if key in ("ResourceName", "ResourceType"):
        return any(resource[key] == value for resource in event["Resources"])
    return bool(event[key] == value)


def _moment(text: str) -> datetime:
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
