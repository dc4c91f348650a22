"""What a service did, for tests and the demo to see."""

from __future__ import annotations

from collections.abc import Iterable
from threading import Lock
from typing import Generic, TypeVar

T = TypeVar("T")


class Observed(Generic[T]):
    """A list that threads add to."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._items: list[T] = []

    @property
    def all(self) -> list[T]:
        """Everything so far, oldest first."""
        with self._lock:
            return list(self._items)

    def add(self, items: Iterable[T]) -> None:
        """Add what happened together, so that nothing else comes between."""
        with self._lock:
            self._items += items

    def clear(self) -> None:
        """Forget everything so far."""
        with self._lock:
            self._items.clear()
