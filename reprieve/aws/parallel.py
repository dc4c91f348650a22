"""Run one piece of work for many items at once, so that no item delays or hides the others."""

import queue
import threading
import time
from collections.abc import Callable, Hashable, Iterator, Sequence
from typing import Final, TypeVar

MAX_WORKERS: Final = 16
"""How many items are worked on at the same time."""

_TICK = 0.1

Item = TypeVar("Item", bound=Hashable)
Answer = TypeVar("Answer")


class NoAnswer(Exception):
    """An item took too long. The text says after how many seconds it was given up."""


def run_in_parallel(
    work: Callable[[Item], Answer], items: Sequence[Item], timeout: float
) -> Iterator[tuple[Item, Answer | Exception]]:
    """Run `work` for each item; yield each item with its answer, or its error, as it finishes.

    An item that takes longer than `timeout` seconds is given up and yielded with `NoAnswer`; a
    later answer is ignored. Its thread does not keep the process from ending.
    """
    waiting: queue.SimpleQueue[Item] = queue.SimpleQueue()
    answers: queue.SimpleQueue[tuple[Item, Answer | Exception]] = queue.SimpleQueue()
    started: dict[Item, float] = {}

    def run_waiting_items() -> None:
        while True:
            try:
                item = waiting.get_nowait()
            except queue.Empty:
                return
            started[item] = time.monotonic()
            try:
                answers.put((item, work(item)))
            except Exception as error:
                answers.put((item, error))

    def start_worker() -> None:
        threading.Thread(target=run_waiting_items, daemon=True).start()

    for item in items:
        waiting.put(item)
    for _ in range(min(MAX_WORKERS, len(items))):
        start_worker()
    unanswered = set(items)
    while unanswered:
        try:
            item, answer = answers.get(timeout=_TICK)
        except queue.Empty:
            pass
        else:
            if item in unanswered:
                unanswered.discard(item)
                yield item, answer
            continue
        now = time.monotonic()
        for item in [each for each in unanswered if now - started.get(each, now) > timeout]:
            unanswered.discard(item)
            start_worker()  # replaces the worker that hangs
            yield item, NoAnswer(f"no answer within {timeout:g} seconds")


def run_with_timeout(timeout: float, work: Callable[[], Answer]) -> Answer:
    """Return what `work` returns, or raise what it raises; `NoAnswer` after `timeout` seconds."""
    ((_, answer),) = run_in_parallel(lambda _: work(), [None], timeout)
    if isinstance(answer, Exception):
        raise answer
    return answer
