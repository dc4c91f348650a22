"""Read from CloudTrail which calls made keys pending deletion, or unusable."""

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from reprieve.aws.account import Account, explain
from reprieve.aws.parallel import NoAnswer
from reprieve.names import PENDING_STATES

SCHEDULE: Final = "ScheduleKeyDeletion"
CANCEL: Final = "CancelKeyDeletion"
EXPIRE: Final = "DeleteExpiredKeyMaterial"
"""Not a call: an event of KMS itself, without a caller (KMS Developer Guide, log entries)."""
# The calls after which a key is in a state: a cancelled deletion leaves a key disabled, without its
# imported material, or in its disconnected custom key store (KMS API reference, KeyState).
_CAUSES: Final = {
    **dict.fromkeys(PENDING_STATES, (SCHEDULE,)),
    "Disabled": ("DisableKey", CANCEL),
    "PendingImport": ("DeleteImportedKeyMaterial", EXPIRE, CANCEL),
    "Unavailable": (CANCEL,),
}
_CALLS: Final = dict.fromkeys(name for names in _CAUSES.values() for name in names)


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


def find_cause(calls: Calls, arn: str, state: str) -> Call | None:
    """Return the call that put a key into its state; None if it is unknown."""
    found = (calls.get((name, arn)) for name in _CAUSES.get(state, ()))
    return max(filter(None, found), key=lambda call: call.at, default=None)


def find_scheduling(calls: Calls, arn: str, *, before: datetime) -> Call | None:
    """Return the call that scheduled a key's deletion before it was cancelled, if it is known."""
    call = calls.get((SCHEDULE, arn))
    return call if call and call.at <= before else None


def read_calls(account: Account, region: str, timeout: float) -> tuple[Calls, list[str]]:
    """Return the last successful calls on a Region's keys, and what could not be read.

    CloudTrail keeps events for 90 days, and the events of the last minutes may be missing
    (CloudTrail API reference, LookupEvents). The look-up is by event name: one look-up per key
    would exceed the limit of two calls a second. After `timeout` seconds no more is read.
    """
    cloudtrail = account.client("cloudtrail", region)
    found: Calls = {}
    problems = []
    end = time.monotonic() + timeout
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
                if time.monotonic() > end:
                    raise NoAnswer(f"no answer within {timeout:g} seconds")
        except Exception as error:
            problems.append(
                f"CloudTrail could not be read: who made the calls is unknown. {explain(error)}"
            )
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
