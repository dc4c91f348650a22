"""Who scheduled the deletion of which key, and when, from CloudTrail's event history."""

from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from reprieve.runbooks.scripts.calls import Calls, is_temporary
from reprieve.runbooks.scripts.history import successful_calls

# A key is deleted 30 days after the call at the latest (KMS API reference, ScheduleKeyDeletion).
_LONGEST_WAIT = timedelta(days=31)


# No dataclass: that looks for the module of its class, and a script need not be one.
class Scheduling(NamedTuple):
    """A successful call of ScheduleKeyDeletion.

    `caller` is the principal's ARN; `principals` are the ARNs by which an exemption can name it. A
    session counts as its role. `principal` has the form AssumedRole:111122223333:NAME, and IAMUser
    in place of AssumedRole for a user.
    """

    at: datetime
    caller: str
    principals: frozenset[str]
    principal: str


def read_schedulings(calls: Calls, keys: set[str]) -> dict[str, Scheduling]:
    """Return the last scheduling of each key, by the key's ARN, as far as CloudTrail knows it.

    A history that is too long for the time, or throttled, gives those that were found.
    """
    found: dict[str, Scheduling] = {}
    try:
        for record in successful_calls(calls, "ScheduleKeyDeletion", _LONGEST_WAIT):
            key = (record.get("responseElements") or {}).get("keyId")
            if key in keys:
                found.setdefault(key, _scheduling(record))
            if len(found) == len(keys):
                break
    except Exception as error:
        if not is_temporary(error):
            raise
    return found


def guarded_since(calls: Calls, queue: str) -> datetime:
    """Return since when a Region has a guard: its dead-letter queue is never replaced.

    If there is no queue, or it cannot be read, nobody knows.
    """
    sqs = calls.client("sqs")
    try:
        url = calls.make(sqs.get_queue_url, QueueName=queue)["QueueUrl"]
        attributes = calls.make(
            sqs.get_queue_attributes, QueueUrl=url, AttributeNames=["CreatedTimestamp"]
        )["Attributes"]
        return datetime.fromtimestamp(float(attributes["CreatedTimestamp"]), UTC)
    except Exception as error:
        if is_temporary(error):
            raise
        # Then every deletion counts as later, and is cancelled: a key that may be lost counts more
        # than a deletion that somebody has to schedule again.
        return datetime.fromtimestamp(0, UTC)


def _scheduling(record: dict[str, Any]) -> Scheduling:
    caller = record.get("userIdentity") or {}
    issuer = (caller.get("sessionContext") or {}).get("sessionIssuer") or {}
    principals = {caller.get("arn")}
    if issuer.get("type") == "Role":
        principals.add(issuer.get("arn"))
    name = f"{issuer.get('userName') or ''}{caller.get('userName') or ''}"
    return Scheduling(
        at=datetime.fromisoformat(record["eventTime"]),
        caller=str(caller.get("arn") or caller.get("invokedBy") or "an unknown caller"),
        principals=frozenset(filter(None, principals)),
        principal=f"{caller.get('type')}:{caller.get('accountId')}:{name}",
    )
