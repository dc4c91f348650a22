"""How many executions run at the same time in a Region, and the queue of those that wait."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock

from sandbox.core.account import current_account, in_account
from sandbox.core.errors import AwsError

Job = Callable[[], None]
_Place = tuple[str, str]
"""An account and a Region."""


@dataclass(frozen=True)
class _Entry:
    execution_id: str
    begin: Job
    job: Job


class Slots:
    """The slots of every account and Region.

    An execution keeps its slot until it ends, also while it waits.

    `spawn` runs a job in a thread of its own. `slots_in` returns the number of slots of a Region,
    `queue_size` the number of executions that can wait. The queue is first in, first out.
    """

    def __init__(
        self,
        spawn: Callable[[Job], None],
        slots_in: Callable[[str], int],
        queue_size: Callable[[], int],
    ) -> None:
        self._spawn = spawn
        self._slots_in = slots_in
        self._queue_size = queue_size
        self._lock = Lock()
        self._running: dict[_Place, int] = {}
        self._waiting: dict[_Place, deque[_Entry]] = {}

    def start(self, region: str, execution_id: str, begin: Job, job: Job) -> None:
        """Call `begin`, and run a job, as soon as the execution has a slot.

        Raise AwsError if the queue is full (Systems Manager API reference,
        StartAutomationExecution).
        """
        place = current_account(), region
        with self._lock:
            waiting = self._waiting.setdefault(place, deque())
            is_free = self._running.get(place, 0) < self._slots_in(region)
            if not is_free and len(waiting) >= self._queue_size():
                raise AwsError(
                    "AutomationExecutionLimitExceededException",
                    "The number of simultaneously running Automation executions exceeded the "
                    "allowable limit.",
                )
            waiting.append(_Entry(execution_id, begin, job))
        self.fill(region)

    def withdraw(self, region: str, execution_id: str) -> bool:
        """Remove an execution from the queue. Return False if it is not there: it has a slot."""
        with self._lock:
            waiting = self._waiting.get((current_account(), region), deque())
            found = next((each for each in waiting if each.execution_id == execution_id), None)
            if found is not None:
                waiting.remove(found)
            return found is not None

    def fill(self, region: str) -> None:
        """Give the free slots of a Region to the executions that wait longest."""
        place = current_account(), region
        with self._lock:
            waiting = self._waiting.get(place, deque())
            while waiting and self._running.get(place, 0) < self._slots_in(region):
                entry = waiting.popleft()
                self._running[place] = self._running.get(place, 0) + 1
                entry.begin()
                self._spawn(self._in_slot(region, entry.job))

    def fill_all(self) -> None:
        """Give the free slots of all accounts and Regions, after their number has changed."""
        for account, region in list(self._waiting):
            with in_account(account):
                self.fill(region)

    def _in_slot(self, region: str, job: Job) -> Job:
        def run() -> None:
            try:
                job()
            finally:
                with self._lock:
                    self._running[current_account(), region] -= 1
                self.fill(region)

        return run
