"""CloudTrail's event history: LookupEvents, which covers 90 days and needs no trail."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from threading import Lock
from typing import Any

from sandbox.cloudtrail.records import EVENT_SOURCES, is_write
from sandbox.core.account import current_account
from sandbox.core.errors import AwsError, SandboxCannot
from sandbox.core.quotas import Limits

Record = dict[str, Any]

# CloudTrail API reference, LookupEvents.
_KNOWN_FOR = timedelta(days=90)
_MAX_RESULTS = 50
_ATTRIBUTES = (
    "EventId", "EventName", "ReadOnly", "Username", "ResourceType", "ResourceName", "EventSource",
    "AccessKeyId",
)  # fmt: skip


class History:
    """The write calls of every account and Region, including calls that failed.

    Each account sees its own. `records` and `replace` are about the present account.
    """

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._lock = Lock()
        self._accounts: dict[str, dict[str, list[Record]]] = {}

    def clear(self) -> None:
        """Forget every call."""
        with self._lock:
            self._accounts.clear()

    @property
    def records(self) -> dict[str, list[Record]]:
        """A copy of the records by Region, oldest first."""
        return self.accounts.get(current_account(), {})

    @property
    def accounts(self) -> dict[str, dict[str, list[Record]]]:
        """A copy of the records by account and Region, oldest first."""
        with self._lock:
            return {
                account: {region: list(records) for region, records in regions.items()}
                for account, regions in self._accounts.items()
            }

    def replace(self, records: Mapping[str, list[Record]]) -> None:
        """Have these records and no others."""
        with self._lock:
            self._accounts[current_account()] = dict(records)

    def replace_accounts(self, accounts: Mapping[str, dict[str, list[Record]]]) -> None:
        """Have these records of each account and no others."""
        with self._lock:
            self._accounts = dict(accounts)

    def add(self, record: Record) -> None:
        """Add CloudTrail's record of a call."""
        with self._lock:
            self._of_account().setdefault(record["awsRegion"], []).append(record)

    def age(self, days: float) -> None:
        """Move all calls so far into the past."""
        with self._lock:
            regions = [each for account in self._accounts.values() for each in account.values()]
            for record in [record for records in regions for record in records]:
                earlier = _moment(record["eventTime"]) - timedelta(days=days)
                record["eventTime"] = f"{earlier:%Y-%m-%dT%H:%M:%SZ}"

    def _of_account(self) -> dict[str, list[Record]]:
        return self._accounts.setdefault(current_account(), {})

    def lookup(self, parameters: Mapping[str, Any], region: str) -> dict[str, Any]:
        """Answer LookupEvents: one page of the calls that match, newest first.

        Raise AwsError for too many calls in a second, by all callers (CloudTrail User Guide,
        "Quotas"), and for parameters that CloudTrail refuses.
        """
        rate = self._limits.quotas.lookup_events_per_second
        if not self._limits.rates.admits(("LookupEvents", current_account(), region), rate):
            raise AwsError("ThrottlingException", "Rate exceeded")
        attribute = _attribute(parameters)
        _check_category(parameters)
        size = parameters.get("MaxResults", _MAX_RESULTS)
        if not 1 <= size <= _MAX_RESULTS:
            raise AwsError("InvalidMaxResultsException", "A page has 1 to 50 events.")
        now = datetime.now(UTC).timestamp()
        begin = max(now - _KNOWN_FOR.total_seconds(), parameters.get("StartTime", 0))
        end = parameters.get("EndTime")
        if end is not None and parameters.get("StartTime", end) > end:
            raise AwsError("InvalidTimeRangeException", "The start time is after the end time.")
        with self._lock:
            events = [_shown(record) for record in reversed(self._of_account().get(region, []))]
        found = [
            event
            for event in events
            if begin <= event["EventTime"]
            and (end is None or event["EventTime"] <= end)
            and _matches(event, attribute)
        ]
        rest = _after_token(found, parameters)
        page = {"Events": rest[:size]}
        if len(rest) <= size:
            return page
        return page | {"NextToken": _token(rest[size - 1], parameters)}


def _token(last: Mapping[str, Any], parameters: Mapping[str, Any]) -> str:
    """Return the token for the page after an event. It is valid for the same parameters only."""
    query = {name: value for name, value in parameters.items() if name != "NextToken"}
    digest = hashlib.sha256(json.dumps(query, sort_keys=True).encode()).hexdigest()
    return f"{last['EventId']}.{digest[:16]}"


def _after_token(
    found: list[dict[str, Any]], parameters: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """Return the events that follow the last one shown. New events appear before that one."""
    token = parameters.get("NextToken")
    if token is None:
        return found
    for index, event in enumerate(found):
        if token == _token(event, parameters):
            return found[index + 1 :]
    raise AwsError(
        "InvalidNextTokenException",
        "The token is not one of LookupEvents, or was given for other parameters.",
    )


def _check_category(parameters: Mapping[str, Any]) -> None:
    category = parameters.get("EventCategory")
    if category == "insight":
        raise SandboxCannot("LookupEvents of Insights events; it has management events only")
    if category is not None:
        raise AwsError("InvalidEventCategoryException", f"There is no category {category}.")


def _attribute(parameters: Mapping[str, Any]) -> tuple[str, str] | None:
    attributes = parameters.get("LookupAttributes") or []
    if len(attributes) > 1 or any(a["AttributeKey"] not in _ATTRIBUTES for a in attributes):
        raise AwsError(
            "InvalidLookupAttributesException",
            f"One attribute of {', '.join(_ATTRIBUTES)} at most.",
        )
    for each in attributes:
        key, value = each["AttributeKey"], each["AttributeValue"]
        # CloudTrail has these events and the sandbox does not. An empty answer would be wrong.
        if (
            (key == "ReadOnly" and value == "true")
            or (key == "EventName" and not is_write(value))
            or (key == "EventSource" and value not in EVENT_SOURCES)
        ):
            raise SandboxCannot(f"LookupEvents by {key} {value}; it has write calls only")
        return key, value
    return None


def _shown(record: Record) -> dict[str, Any]:
    """Return an event as LookupEvents shows it. EventTime is in seconds since the epoch."""
    identity = record["userIdentity"]
    return {
        "EventId": record["eventID"],
        "EventName": record["eventName"],
        "ReadOnly": str(record["readOnly"]).lower(),
        "EventTime": _moment(record["eventTime"]).timestamp(),
        "EventSource": record["eventSource"],
        "Username": _username(identity),
        "AccessKeyId": identity.get("accessKeyId", ""),
        "Resources": [
            {"ResourceType": "AWS::KMS::Key", "ResourceName": name}
            for resource in record.get("resources", ())
            # CloudTrail lists a key by its ARN and by its id.
            for name in (resource["ARN"], resource["ARN"].rpartition("/")[2])
        ],
        "CloudTrailEvent": json.dumps(record),
    }


def _username(identity: Mapping[str, Any]) -> str:
    """Return a user's name, a session's name, or `root`."""
    if identity["type"] == "Root":
        return "root"
    return str(identity.get("userName") or identity["arn"].rpartition("/")[2])


def _matches(event: Mapping[str, Any], attribute: tuple[str, str] | None) -> bool:
    if attribute is None:
        return True
    key, value = attribute
    if key in ("ResourceName", "ResourceType"):
        return any(resource[key] == value for resource in event["Resources"])
    return bool(event[key] == value)


def _moment(text: str) -> datetime:
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
