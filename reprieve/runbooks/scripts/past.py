"""What a key was before its deletion was scheduled, from CloudTrail's event history."""

from datetime import UTC, datetime, timedelta

from reprieve.runbooks.scripts.calls import Calls
from reprieve.runbooks.scripts.history import successful_calls

# CloudTrail user guide, "Working with CloudTrail event history": it keeps 90 days.
_HISTORY = timedelta(days=90)


def was_disabled(
    calls: Calls, key: str, before: datetime | None, *, also_since: bool = False
) -> bool:
    """Return whether the last call that disabled or enabled a key disabled it.

    CancelKeyDeletion disables a key as well. `key` is its ARN. Calls after `before` do not count;
    with `also_since`, DisableKey does. Raise TimeoutError if the time is over.
    """
    now = datetime.now(UTC)
    end = before or now
    disabled = max(
        _last(calls, "DisableKey", key, now if also_since else end),
        _last(calls, "CancelKeyDeletion", key, end),
    )
    return disabled > _last(calls, "EnableKey", key, end)


def _last(calls: Calls, name: str, key: str, end: datetime) -> str:
    """Return the time of the last successful call on a key, an empty text if there is none."""
    for record in successful_calls(calls, name, _HISTORY, EndTime=end):
        if key in [each.get("ARN") for each in record.get("resources") or []]:
            return str(record["eventTime"])
        # CloudTrail may have more pages than there is time for.
        if calls.seconds_left <= 0:
            raise TimeoutError("the time was too short for CloudTrail's history")
    return ""
