"""The sandbox's clock, which tests can move forward. KMS takes its dates from it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

_ahead = timedelta()


def now() -> datetime:
    """Return the sandbox's current time."""
    return datetime.now(UTC) + _ahead


def advance(days: float) -> None:
    """Move the clock forward by some days. Raise ValueError for a negative number."""
    global _ahead
    if days < 0:
        raise ValueError("the clock moves forward only")
    _ahead += timedelta(days=days)


def ahead() -> timedelta:
    """Return how far the clock is ahead of the machine's."""
    return _ahead


def set_ahead(difference: timedelta) -> None:
    """Set the clock to the machine's time plus a difference."""
    global _ahead
    _ahead = difference


def reset() -> None:
    """Set the clock to the machine's time."""
    set_ahead(timedelta())
