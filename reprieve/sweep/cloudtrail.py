"""What CloudTrail still knows of how keys came to be pending deletion, or disabled."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from reprieve.aws.account import Account, explain

# What CancelKeyDeletion leaves is disabled too.
_CALLS: Final = ("ScheduleKeyDeletion", "DisableKey", "CancelKeyDeletion")


@dataclass(frozen=True)
class Call:
    """A call that brought a key to where it is.

    `name` is the API operation, `by` the ARN of who called, `principal` the IAM role or user behind
    that (of a session its role), `event_id` the CloudTrail event's.
    """

    name: str
    by: str
    principal: str
    at: datetime
    event_id: str


Calls = dict[tuple[str, str], Call]
"""The last call by its name and the key's ARN."""


def explaining(calls: Calls, arn: str, *, pending: bool) -> Call | None:
    """Return the call that made a key pending deletion, or disabled; None if it is not known."""
    names = ("ScheduleKeyDeletion",) if pending else ("DisableKey", "CancelKeyDeletion")
    found = (calls.get((name, arn)) for name in names)
    return max(filter(None, found), key=lambda call: call.at, default=None)


def calls_in(account: Account, region: str) -> tuple[Calls, list[str]]:
    """Return the last successful calls about a Region's keys, and what could not be read.

    CloudTrail API reference, LookupEvents: it knows 90 days, and events of the last minutes may
    still be missing. By event name, since a look-up for each key would run into its limit of two
    calls a second.
    """
    cloudtrail = account.client("cloudtrail", region)
    found: Calls = {}
    troubles = []
    for name in _CALLS:
        pages = cloudtrail.get_paginator("lookup_events").paginate(
            LookupAttributes=[{"AttributeKey": "EventName", "AttributeValue": name}]
        )
        try:
            for page in pages:
                for event in page["Events"]:
                    for arn, call in _calls(event):
                        # They come newest first.
                        found.setdefault((name, arn), call)
        except Exception as error:
            troubles.append(f"CloudTrail was not asked who did it. {explain(error)}")
            break
    return found, troubles


def _calls(event: dict[str, Any]) -> Iterator[tuple[str, Call]]:
    """Yield the keys' ARNs and the call; nothing for one that failed, or that is not understood."""
    try:
        record = json.loads(event["CloudTrailEvent"])
        identity = record["userIdentity"]
        by = identity.get("arn") or identity.get("invokedBy") or identity["type"]
        issuer = identity.get("sessionContext", {}).get("sessionIssuer", {}).get("arn")
        if record.get("errorCode"):
            return
        call = Call(record["eventName"], by, issuer or by, event["EventTime"], event["EventId"])
        arns = {each["ARN"] for each in record.get("resources") or []}
        yield from ((arn, call) for arn in arns)
    except (ValueError, KeyError, TypeError, AttributeError):
        return
