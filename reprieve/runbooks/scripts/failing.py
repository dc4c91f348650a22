"""End an execution as Failed, after the message that says why was sent."""

from typing import Any


def handler(events: dict[str, Any], context: Any) -> None:
    """Raise RuntimeError with the Reason."""
    raise RuntimeError(events["Reason"])
