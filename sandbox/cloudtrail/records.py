"""The CloudTrail record of a management call."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sandbox.core.account import current_account
from sandbox.core.envelope import envelope
from sandbox.iam.principals import Caller, user_identity

Record = dict[str, Any]

EVENT_SOURCES = frozenset(
    f"{service}.amazonaws.com"
    for service in (
        "cloudformation",
        "cloudtrail",
        "events",
        "iam",
        "kms",
        "monitoring",
        "sns",
        "sqs",
        "ssm",
    )
)
"""The `eventSource` of every service whose calls are recorded."""

_READ_PREFIXES = (
    "Describe", "List", "Get", "Lookup", "Test", "Encrypt", "Decrypt", "ReEncrypt", "Generate",
    "Sign", "Verify", "DeriveSharedSecret", "Validate",
)  # fmt: skip
# CloudTrail never shows key material or encrypted data.
_HIDDEN = {"Plaintext", "CiphertextBlob", "ImportToken", "EncryptedKeyMaterial", "GrantToken"}


@dataclass(frozen=True)
class Origin:
    """Who made a call, and from where. `region` is the Region of the record."""

    caller: Caller
    region: str
    user_agent: str
    source: str
    request_id: str


def is_write(operation: str) -> bool:
    """Tell whether an operation is a write for CloudTrail (KMS Developer Guide, "Logging")."""
    return not operation.startswith(_READ_PREFIXES)


def management_record(
    event_source: str,
    operation: str,
    origin: Origin,
    *,
    parameters: Mapping[str, Any] | None,
    response: Mapping[str, Any] | None,
    error: tuple[str, str] | None = None,
) -> Record:
    """Return the record of one management call (CloudTrail User Guide, "Record contents").

    `parameters` and `response` are the elements as CloudTrail shows them; empty ones become null.
    `error` is (errorCode, errorMessage).
    """
    record: Record = {
        "eventVersion": "1.11",
        "userIdentity": user_identity(origin.caller),
        "eventTime": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}",
        "eventSource": event_source,
        "eventName": operation,
        "awsRegion": origin.region,
        "sourceIPAddress": origin.source,
        "userAgent": origin.user_agent,
    }
    if error:
        record["errorCode"], record["errorMessage"] = error
    return record | {
        "requestParameters": dict(parameters) if parameters else None,
        "responseElements": dict(response) if response else None,
        "requestID": origin.request_id,
        "eventID": str(uuid.uuid4()),
        "readOnly": not is_write(operation),
        "eventType": "AwsApiCall",
        "managementEvent": True,
        "recipientAccountId": current_account(),
        "eventCategory": "Management",
    }


def kms_record(
    operation: str,
    origin: Origin,
    *,
    parameters: Mapping[str, Any],
    key_arns: list[str],
    response: Mapping[str, Any] | None = None,
    error: tuple[str, str] | None = None,
) -> Record:
    """Return the record of one KMS call. `response` is the element as CloudTrail shows it."""
    record = management_record(
        "kms.amazonaws.com",
        operation,
        origin,
        parameters=lower_camel(parameters),
        response=response,
        error=error,
    )
    return record | {
        "resources": [
            {"accountId": current_account(), "type": "AWS::KMS::Key", "ARN": arn}
            for arn in key_arns
        ]
    }


def api_event(record: Record) -> Record:
    """Return the EventBridge event for a record. `kms.amazonaws.com` becomes `aws.kms`."""
    source = "aws." + record["eventSource"].split(".")[0]
    return envelope(source, "AWS API Call via CloudTrail", record["awsRegion"], record)


def lower_camel(value: Any) -> Any:
    """Return a request or response as CloudTrail writes it: lowerCamelCase names, no secrets."""
    if isinstance(value, Mapping):
        return {
            lower_first(name): lower_camel(item)
            for name, item in value.items()
            if name not in _HIDDEN
        }
    if isinstance(value, list | tuple):
        return [lower_camel(item) for item in value]
    return value


def lower_first(name: str) -> str:
    """Return a name as CloudTrail writes it: only the first letter changes."""
    return name[:1].lower() + name[1:]


def deletion_date(moment: datetime) -> str:
    """Return a deletion date as CloudTrail writes it (KMS Developer Guide).

    An example is `Apr 12, 2021 18:58:30 PM`.
    """
    return f"{moment:%b} {moment.day}, {moment:%Y %H:%M:%S %p}"
