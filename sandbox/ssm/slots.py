"""How many executions run at the same time in a Region, and the queue of those that wait."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock

from sandbox.core.errors import AwsError

Job = Callable[[], None]


@dataclass(frozen=True)
class _Entry:
    execution_id: str
    begin: Job
    job: Job


class Slots:
    """The slots of every Region. An execution keeps its slot until it ends, also while it waits.

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
        self._running: dict[str, int] = {}
        self._waiting: dict[str, deque[_Entry]] = {}

    def start(self, region: str, execution_id: str, begin: Job, job: Job) -> None:
        """Call `begin`, and run a job, as soon as the execution has a slot.

        Raise AwsError if the queue is full (Systems Manager API reference,
        StartAutomationExecution).
        """
        with self._lock:
            waiting = self._waiting.setdefault(region, deque())
            is_free = self._running.get(region, 0) < self._slots_in(region)
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
            waiting = self._waiting.get(region, deque())
            found = next((each for each in waiting if each.execution_id == execution_id), None)
            if found is not None:
                waiting.remove(found)
            return found is not None

    def fill(self, region: str) -> None:
        """Give the free slots of a Region to the executions that wait longest."""
        with self._lock:
            waiting = self._waiting.get(region, deque())
            while waiting and self._running.get(region, 0) < self._slots_in(region):
                entry = waiting.popleft()
                self._running[region] = self._running.get(region, 0) + 1
                entry.begin()
                self._spawn(self._in_slot(region, entry.job))

    def fill_all(self) -> None:
        """Give the free slots of all Regions, after the number of slots has changed."""
        for region in list(self._waiting):
            self.fill(region)

    def _in_slot(self, region: str, job: Job) -> Job:
        def run() -> None:
            try:
                job()
            finally:
                with self._lock:
                    self._running[region] -= 1
                self.fill(region)

        return run
