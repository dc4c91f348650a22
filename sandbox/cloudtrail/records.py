"""The CloudTrail record of a KMS call, and whether a trail logs it."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from moto.cloudtrail.models import cloudtrail_backends
from moto.utilities.utils import get_partition

from sandbox.core.account import ACCOUNT_ID
from sandbox.core.envelope import envelope
from sandbox.iam.principals import Caller, user_identity

Record = dict[str, Any]

_READ_PREFIXES = (
    "Describe", "List", "Get", "Encrypt", "Decrypt", "ReEncrypt", "Generate", "Sign", "Verify",
    "DeriveSharedSecret",
)  # fmt: skip
# CloudTrail never shows key material or encrypted data.
_HIDDEN = {"Plaintext", "CiphertextBlob", "ImportToken", "EncryptedKeyMaterial", "GrantToken"}


def is_write(operation: str) -> bool:
    """Tell whether a KMS operation is a write for CloudTrail (KMS Developer Guide, "Logging")."""
    return not operation.startswith(_READ_PREFIXES)


def kms_record(
    *,
    operation: str,
    parameters: Mapping[str, Any],
    caller: Caller,
    region: str,
    user_agent: str,
    source: str,
    request_id: str,
    key_arns: list[str],
    response: Mapping[str, Any] | None = None,
    error: tuple[str, str] | None = None,
) -> Record:
    """Return the record of one KMS management call (CloudTrail User Guide, "Record contents").

    `response` is the element as CloudTrail shows it, or None; `error` is (errorCode, errorMessage).
    """
    record: Record = {
        "eventVersion": "1.11",
        "userIdentity": user_identity(caller),
        "eventTime": _iso(datetime.now(UTC)),
        "eventSource": "kms.amazonaws.com",
        "eventName": operation,
        "awsRegion": region,
        "sourceIPAddress": source,
        "userAgent": user_agent,
    }
    if error:
        record["errorCode"], record["errorMessage"] = error
    return record | {
        "requestParameters": lower_camel(parameters) or None,
        "responseElements": dict(response) if response else None,
        "requestID": request_id,
        "eventID": str(uuid.uuid4()),
        "readOnly": not is_write(operation),
        "resources": [
            {"accountId": ACCOUNT_ID, "type": "AWS::KMS::Key", "ARN": arn} for arn in key_arns
        ],
        "eventType": "AwsApiCall",
        "managementEvent": True,
        "recipientAccountId": ACCOUNT_ID,
        "eventCategory": "Management",
    }


def kms_event(record: Record) -> Record:
    """Return the EventBridge event for a CloudTrail record of KMS."""
    return envelope("aws.kms", "AWS API Call via CloudTrail", record["awsRegion"], record)


def is_logged(record: Record) -> bool:
    """Tell whether a trail of the account logs this management event in its Region.

    Without such a trail EventBridge receives no CloudTrail event (EventBridge User Guide, "Events
    from AWS services via CloudTrail").
    """
    region = record["awsRegion"]
    return any(
        trail.status.is_logging
        and trail.partition == get_partition(region)
        and (trail.is_multi_region or trail.region_name == region)
        and _selects(trail, record)
        for backend in list(cloudtrail_backends[ACCOUNT_ID].values())
        for trail in list(backend.trails.values())
    )


def forget_selectors(name: str) -> None:
    """Remove a trail's event selectors before it gets new ones.

    CloudTrail API reference, PutEventSelectors: basic selectors replace advanced ones, and advanced
    ones replace basic ones. moto would keep both.
    """
    for backend in list(cloudtrail_backends[ACCOUNT_ID].values()):
        for trail in list(backend.trails.values()):
            if name in (trail.trail_name, trail.arn):
                trail.event_selectors.clear()
                trail.advanced_event_selectors.clear()


def _selects(trail: Any, record: Record) -> bool:
    if trail.event_selectors:
        return any(_basic_selects(selector, record) for selector in trail.event_selectors)
    if trail.advanced_event_selectors:
        return any(
            all(_field_selects(field, record) for field in selector["FieldSelectors"])
            for selector in trail.advanced_event_selectors
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


def lower_camel(value: Any) -> Any:
    """Return a request or response as CloudTrail writes it: lowerCamelCase names, no secrets."""
    if isinstance(value, Mapping):
        return {
            name[:1].lower() + name[1:]: lower_camel(item)
            for name, item in value.items()
            if name not in _HIDDEN
        }
    if isinstance(value, list | tuple):
        return [lower_camel(item) for item in value]
    return value


def deletion_date(moment: datetime) -> str:
    """Return a deletion date as CloudTrail writes it (KMS Developer Guide).

    An example is `Apr 12, 2021 18:58:30 PM`.
    """
    return f"{moment:%b} {moment.day}, {moment:%Y %H:%M:%S %p}"


def _iso(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"
