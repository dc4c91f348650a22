"""The account's trails: which management events they log.

AWS's documentation disagrees with itself on advanced selectors of a trail. By the API reference
(`AdvancedFieldSelector`), eventName, eventType and userIdentity.arn select management events of
event data stores only. The sandbox accepts them for trails too: an attacker who can use them must
not go unnoticed.
"""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from moto.cloudtrail.models import cloudtrail_backends
from moto.s3.models import s3_backends
from moto.utilities.utils import get_partition

from sandbox.cloudtrail.records import Record
from sandbox.core.account import current_account

# CloudTrail records the calls of these services in one Region only.
GLOBAL_SERVICES = frozenset({"iam.amazonaws.com"})


@dataclass(frozen=True)
class TrailState:
    """What a trail logs at one moment. `selectors` and `advanced` have CloudTrail's shapes."""

    is_logging: bool
    partition: str
    home: str
    is_multi_region: bool
    includes_global: bool
    selectors: list[dict[str, Any]]
    advanced: list[dict[str, Any]]


def create_trail(name: str, home: str) -> None:
    """Create a multi-Region trail that logs all management events, and its bucket."""
    bucket = f"{name}-trail-{current_account()}"
    s3_backends[current_account()][get_partition(home)].create_bucket(bucket, home)
    trail = cloudtrail_backends[current_account()][home].create_trail(
        name=name,
        bucket_name=bucket,
        s3_key_prefix="",
        sns_topic_name="",
        is_global=True,
        is_multi_region=True,
        log_validation=False,
        is_org_trail=False,
        cw_log_group_arn="",
        cw_role_arn="",
        kms_key_id="",
        tags_list=[],
    )
    trail.start_logging()


def trails_now() -> list[TrailState]:
    """Return the present state of every trail of the account."""
    return [
        TrailState(
            is_logging=bool(trail.status.is_logging),
            partition=trail.partition,
            home=trail.region_name,
            is_multi_region=trail.is_multi_region,
            includes_global=trail.include_global_service_events,
            selectors=deepcopy(trail.event_selectors),
            advanced=deepcopy(trail.advanced_event_selectors),
        )
        for trail in _trails()
    ]


def is_logged(record: Record, trails: list[TrailState]) -> bool:
    """Tell whether one of the trails logs this management event in its Region.

    Without such a trail EventBridge receives no CloudTrail event (EventBridge User Guide, "Events
    from AWS services via CloudTrail").
    """
    region = record["awsRegion"]
    return any(
        trail.is_logging
        and trail.partition == get_partition(region)
        and (trail.is_multi_region or trail.home == region)
        and (trail.includes_global or record["eventSource"] not in GLOBAL_SERVICES)
        and _selects(trail, record)
        for trail in trails
    )


def forget_selectors(name: str) -> None:
    """Remove a trail's event selectors before it gets new ones.

    CloudTrail API reference, PutEventSelectors: basic selectors replace advanced ones, and advanced
    ones replace basic ones. moto would keep both.
    """
    for trail in _trails():
        if name in (trail.trail_name, trail.arn):
            trail.event_selectors.clear()
            trail.advanced_event_selectors.clear()


def _trails() -> list[Any]:
    return [
        trail
        for backend in list(cloudtrail_backends[current_account()].values())
        for trail in list(backend.trails.values())
    ]


def _selects(trail: TrailState, record: Record) -> bool:
    if trail.selectors:
        return any(_basic_selects(selector, record) for selector in trail.selectors)
    if trail.advanced:
        return any(
            all(_field_selects(field, record) for field in selector["FieldSelectors"])
            for selector in trail.advanced
        )
    return True  # A new trail logs all management events.


def _basic_selects(selector: Mapping[str, Any], record: Record) -> bool:
    wanted = selector.get("ReadWriteType", "All")
    return (
        selector.get("IncludeManagementEvents", True)
        and wanted in ("All", "ReadOnly" if record["readOnly"] else "WriteOnly")
        and record["eventSource"] not in selector.get("ExcludeManagementEventSources", [])
    )


def _field_selects(selector: Mapping[str, Any], record: Record) -> bool:
    value: Any = record
    for part in selector["Field"].split("."):
        value = value.get(part) if isinstance(value, dict) else None
    text = str(value).lower() if isinstance(value, bool) else str(value)
    tests = {
        "Equals": lambda wanted: text == wanted,
        "StartsWith": text.startswith,
        "EndsWith": text.endswith,
    }
    results = [
        any(tests[operator](wanted) for wanted in selector[operator])
        for operator in tests
        if selector.get(operator)
    ]
    refused = [
        any(tests[operator](wanted) for wanted in selector[f"Not{operator}"])
        for operator in tests
        if selector.get(f"Not{operator}")
    ]
    return all(results) and not any(refused)
