"""Doing one thing in many places at once, none of which can hold up or hide the others."""

import queue
import threading
import time
from collections.abc import Callable, Hashable, Iterator, Sequence
from typing import Final, TypeVar

AT_ONCE: Final = 16
"""In how many places something is done at the same time."""

_TICK = 0.1

Place = TypeVar("Place", bound=Hashable)
Answer = TypeVar("Answer")


class NoAnswer(Exception):
    """A place did not answer in time; the text says after how many seconds."""


def everywhere(
    work: Callable[[Place], Answer], places: Sequence[Place], timeout: float
) -> Iterator[tuple[Place, Answer | Exception]]:
    """Do `work` in each place, and yield each with its answer as it comes, or why there is none.

    A place that takes longer than `timeout` seconds is given up, and yielded with `NoAnswer`; what
    it answers later is lost. Its thread does not keep the process from ending.
    """
    waiting: queue.SimpleQueue[Place] = queue.SimpleQueue()
    answers: queue.SimpleQueue[tuple[Place, Answer | Exception]] = queue.SimpleQueue()
    started: dict[Place, float] = {}

    def do() -> None:
        while True:
            try:
                place = waiting.get_nowait()
            except queue.Empty:
                return
            started[place] = time.monotonic()
            try:
                answers.put((place, work(place)))
            except Exception as error:
                answers.put((place, error))

    def begin() -> None:
        threading.Thread(target=do, daemon=True).start()

    for place in places:
        waiting.put(place)
    for _ in range(min(AT_ONCE, len(places))):
        begin()
    open_places = set(places)
    while open_places:
        try:
            place, answer = answers.get(timeout=_TICK)
        except queue.Empty:
            pass
        else:
            if place in open_places:
                open_places.discard(place)
                yield place, answer
            continue
        now = time.monotonic()
        for place in [p for p in open_places if now - started.get(p, now) > timeout]:
            open_places.discard(place)
            begin()  # in the place of the thread that hangs there
            yield place, NoAnswer(f"no answer within {timeout:g} seconds")


def within(timeout: float, work: Callable[[], Answer]) -> Answer:
    """Do `work`, and give it up after `timeout` seconds; raises what it raises, or `NoAnswer`."""
    ((_, answer),) = everywhere(lambda _: work(), [None], timeout)
    if isinstance(answer, Exception):
        raise answer
    return answer
