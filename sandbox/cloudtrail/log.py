"""Where a record goes: into the event history, and to EventBridge if a trail logs it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sandbox.cloudtrail.event_history import History
from sandbox.cloudtrail.records import Record, api_event
from sandbox.cloudtrail.trails import TrailState, is_logged, trails_now


class Log:
    """CloudTrail. `emit` puts an event on the default bus of a Region: (event, region)."""

    def __init__(self, history: History, emit: Callable[[dict[str, Any], str], None]) -> None:
        self._history = history
        self._emit = emit

    def write(self, record: Record, trails: list[TrailState] | None = None) -> None:
        """Add the record of a call that has ended.

        `trails` are the trails at the time of the call, if the call may have changed them.
        """
        self._history.add(record)
        if is_logged(record, trails_now() if trails is None else trails):
            self._emit(api_event(record), record["awsRegion"])
