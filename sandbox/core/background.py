"""Work that goes on after a call was answered: deliveries and automations."""

from __future__ import annotations

import sys
import time
import traceback
from collections.abc import Callable
from queue import SimpleQueue
from threading import Condition, Thread

_WORKERS = 4


class Work:
    """A few threads that do what they are given, and that can be waited for."""

    def __init__(self) -> None:
        self._queue: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self._late: dict[object, Callable[[], None]] = {}
        self._pending = 0
        self._changed = Condition()
        self._threads = [Thread(target=self._run, daemon=True) for _ in range(_WORKERS)]
        for thread in self._threads:
            thread.start()

    def submit(self, job: Callable[[], None]) -> None:
        """Do a job soon. A job may submit others."""
        with self._changed:
            self._pending += 1
        self._queue.put(job)

    def when_done(self, key: object, job: Callable[[], None]) -> None:
        """Do a job as soon as nothing else is left to do; of several with one key, the last."""
        with self._changed:
            self._late[key] = job
        # Somebody has to see it, also when nothing is under way.
        self.submit(lambda: None)

    def settle(self, timeout: float) -> None:
        """Wait until nothing is left to do; raises TimeoutError after `timeout` seconds."""
        end = time.monotonic() + timeout
        with self._changed:
            while self._pending:
                if not self._changed.wait(end - time.monotonic()) and time.monotonic() >= end:
                    raise TimeoutError(
                        f"{self._pending} deliveries or automations have not ended within "
                        f"{timeout} seconds"
                    )

    def stop(self) -> None:
        """End the threads, each after the job it is at."""
        for _ in self._threads:
            self._queue.put(None)
        for thread in self._threads:
            thread.join(timeout=5)

    def _run(self) -> None:
        while (job := self._queue.get()) is not None:
            _do(job)
            # The last job counts as pending until what waited for the end is done too.
            for late in iter(self._next_late, None):
                _do(late)

    def _next_late(self) -> Callable[[], None] | None:
        with self._changed:
            if self._pending == 1 and self._late:
                return self._late.pop(next(iter(self._late)))
            self._pending -= 1
            self._changed.notify_all()
            return None


def _do(job: Callable[[], None]) -> None:
    try:
        job()
    except Exception:
        # A fault of the sandbox itself: jobs record every failure that AWS would have.
        traceback.print_exc(file=sys.stderr)
