"""The sandbox's time: AWS's dates are counted from it, and tests move it on."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

_ahead = timedelta()


def now() -> datetime:
    """The moment that it is in the sandbox."""
    return datetime.now(UTC) + _ahead


def advance(days: float) -> None:
    """Let so many days pass; raises ValueError for a way back."""
    global _ahead
    if days < 0:
        raise ValueError("time moves on only")
    _ahead += timedelta(days=days)


def reset() -> None:
    """Return to the machine's time."""
    global _ahead
    _ahead = timedelta()
