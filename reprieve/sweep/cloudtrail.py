"""Read from CloudTrail which calls made keys pending deletion, or unusable."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from reprieve.aws.account import Account, explain

# CancelKeyDeletion leaves a key disabled too.
_UNUSABLE: Final = ("DisableKey", "CancelKeyDeletion", "DeleteImportedKeyMaterial")
_CALLS: Final = ("ScheduleKeyDeletion", *_UNUSABLE)


@dataclass(frozen=True)
class Call:
    """The call that put a key into its state.

    `name` is the API operation, `by` the ARN of the caller, `principal` the caller's IAM role or
    user (the role, if the caller is a session), `event_id` the id of the CloudTrail event.
    """

    name: str
    by: str
    principal: str
    at: datetime
    event_id: str


Calls = dict[tuple[str, str], Call]
"""The last call, by its name and the key's ARN."""


def find_cause(calls: Calls, arn: str, *, pending: bool) -> Call | None:
    """Return the call that made a key pending deletion, or unusable; None if it is unknown."""
    names = ("ScheduleKeyDeletion",) if pending else _UNUSABLE
    found = (calls.get((name, arn)) for name in names)
    return max(filter(None, found), key=lambda call: call.at, default=None)


def read_calls(account: Account, region: str) -> tuple[Calls, list[str]]:
    """Return the last successful calls on a Region's keys, and what could not be read.

    CloudTrail keeps events for 90 days, and the events of the last minutes may be missing
    (CloudTrail API reference, LookupEvents). The look-up is by event name: one look-up per key
    would exceed the limit of two calls a second.
    """
    cloudtrail = account.client("cloudtrail", region)
    found: Calls = {}
    problems = []
    for name in _CALLS:
        pages = cloudtrail.get_paginator("lookup_events").paginate(
            LookupAttributes=[{"AttributeKey": "EventName", "AttributeValue": name}]
        )
        try:
            for page in pages:
                for event in page["Events"]:
                    for arn, call in _parse(event):
                        # The newest event comes first.
                        found.setdefault((name, arn), call)
        except Exception as error:
            problems.append(f"CloudTrail could not be read: BY and ON are empty. {explain(error)}")
            break
    return found, problems


def _parse(event: dict[str, Any]) -> Iterator[tuple[str, Call]]:
    """Yield each key's ARN with the call; nothing for a call that failed or has another form."""
    try:
        record = json.loads(event["CloudTrailEvent"])
        identity = record["userIdentity"]
        by = identity.get("arn") or identity.get("invokedBy") or identity["type"]
        issuer = identity.get("sessionContext", {}).get("sessionIssuer", {})
        # A federated user's session is issued by a user, which no exemption names for it: the
        # event pattern compares the ARN of the session itself, too.
        role = issuer.get("arn") if issuer.get("type") == "Role" else None
        if record.get("errorCode"):
            return
        call = Call(record["eventName"], by, role or by, event["EventTime"], event["EventId"])
        arns = {each["ARN"] for each in record.get("resources") or []}
        yield from ((arn, call) for arn in arns)
    except (ValueError, KeyError, TypeError, AttributeError):
        return
