"""What a key was before its deletion was scheduled, from CloudTrail's event history."""

from datetime import UTC, datetime, timedelta

from reprieve.runbooks.scripts.calls import Calls
from reprieve.runbooks.scripts.history import successful_calls

# CloudTrail user guide, "Working with CloudTrail event history": it keeps 90 days.
_HISTORY = timedelta(days=90)


def was_disabled(calls: Calls, key: str, before: datetime | None) -> bool:
    """Return whether the last call that disabled or enabled a key disabled it.

    CancelKeyDeletion disables a key as well. `key` is its ARN. Calls after `before` do not count.
    """
    end = before or datetime.now(UTC)
    enabled = _last(calls, "EnableKey", key, end)
    disabled = max(_last(calls, name, key, end) for name in ("DisableKey", "CancelKeyDeletion"))
    return disabled > enabled


def _last(calls: Calls, name: str, key: str, end: datetime) -> str:
    """Return the time of the last successful call on a key, an empty text if there is none."""
    for record in successful_calls(calls, name, _HISTORY, EndTime=end):
        if key in [each.get("ARN") for each in record.get("resources") or []]:
            return str(record["eventTime"])
    return ""
