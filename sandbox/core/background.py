"""Jobs that run after a call was answered: deliveries and automations."""

from __future__ import annotations

import sys
import time
import traceback
from collections.abc import Callable
from queue import SimpleQueue
from threading import Condition, Thread, Timer

from sandbox.core.account import bound, current_account, in_account

_WORKERS = 4


class Work:
    """A few threads that run jobs, and a way to wait until all jobs have ended.

    A job acts in the account in which it was submitted.
    """

    def __init__(self) -> None:
        self._queue: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self._late: dict[object, Callable[[], Callable[[], None]]] = {}
        self._pending = 0
        self._waiting: dict[Timer, Callable[[], None]] = {}
        self._changed = Condition()
        self._threads = [Thread(target=self._run, daemon=True) for _ in range(_WORKERS)]
        for thread in self._threads:
            thread.start()

    def submit(self, job: Callable[[], None]) -> None:
        """Run a job soon. A job may submit other jobs."""
        with self._changed:
            self._pending += 1
        self._queue.put(bound(job))

    def spawn(self, job: Callable[[], None]) -> None:
        """Run a job soon, in a thread of its own: it may wait for other jobs."""
        with self._changed:
            self._pending += 1
        thread = Thread(target=self._finish, args=(bound(job),), daemon=True)
        thread.start()

    def submit_later(self, seconds: float, job: Callable[[], None]) -> None:
        """Run a job after some seconds. `settle` waits for it from now on."""
        timer = Timer(seconds, lambda: self._run_waiting(timer))
        timer.daemon = True
        with self._changed:
            self._pending += 1
            self._waiting[timer] = bound(job)
        timer.start()

    def hurry(self) -> None:
        """Run the jobs of `submit_later` now, instead of after their time."""
        with self._changed:
            timers = list(self._waiting)
        for timer in timers:
            timer.cancel()
            self._run_waiting(timer)

    def _run_waiting(self, timer: Timer) -> None:
        with self._changed:
            job = self._waiting.pop(timer, None)
        if job is not None:
            self._queue.put(job)

    def when_done(self, key: object, prepare: Callable[[], Callable[[], None]]) -> None:
        """Run a job once no other job is left. Of several jobs with one key, run the last one.

        `prepare` returns the job. It is called at a moment at which no other job runs, and must not
        take long.
        """
        account = current_account()

        def prepare_bound() -> Callable[[], None]:
            with in_account(account):
                return bound(prepare())

        with self._changed:
            self._late[key] = prepare_bound
        # An empty job wakes a thread, in case no job is running.
        self.submit(lambda: None)

    @property
    def is_busy(self) -> bool:
        """Tell whether a job is left."""
        with self._changed:
            return self._pending > 0

    def settle(self, timeout: float) -> None:
        """Wait until no job is left. Raise TimeoutError after `timeout` seconds."""
        end = time.monotonic() + timeout
        with self._changed:
            while self._pending:
                if not self._changed.wait(end - time.monotonic()) and time.monotonic() >= end:
                    raise TimeoutError(
                        f"{self._pending} deliveries or automations have not ended within "
                        f"{timeout} seconds"
                    )

    def settle_until_waiting(self, timeout: float) -> None:
        """Wait until the only jobs left are those of `submit_later`, whose time has not come.

        Then run the jobs of `when_done` nevertheless. Raise TimeoutError after `timeout` seconds.
        """
        with self._changed:
            if not self._changed.wait_for(lambda: self._pending == len(self._waiting), timeout):
                raise TimeoutError(f"jobs have not ended within {timeout} seconds")
            late = [prepare() for prepare in self._late.values()]
            self._late.clear()
        for job in late:
            self.submit(job)
        with self._changed:
            self._changed.wait_for(lambda: self._pending == len(self._waiting), timeout)

    def stop(self) -> None:
        """End each thread after its current job."""
        for _ in self._threads:
            self._queue.put(None)
        for thread in self._threads:
            thread.join(timeout=5)

    def _run(self) -> None:
        while (job := self._queue.get()) is not None:
            self._finish(job)

    def _finish(self, job: Callable[[], None]) -> None:
        _do(job)
        # The last job counts as pending until the jobs of `when_done` have run too.
        for late in iter(self._next_late, None):
            _do(late)

    def _next_late(self) -> Callable[[], None] | None:
        with self._changed:
            if self._pending == 1 and self._late:
                return self._late.pop(next(iter(self._late)))()
            self._pending -= 1
            self._changed.notify_all()
            return None


def _do(job: Callable[[], None]) -> None:
    try:
        job()
    except Exception:
        # An error of the sandbox itself: jobs record every failure that AWS would have.
        traceback.print_exc(file=sys.stderr)
