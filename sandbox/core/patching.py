"""Changes the methods of moto, where moto offers no other way to change its behaviour."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

Method = Callable[..., Any]


def wrap(owner: type, name: str, around: Callable[[Method], Method]) -> Callable[[], None]:
    """Replace a method by `around(method)`. Return a function that restores the method."""
    method = getattr(owner, name)
    setattr(owner, name, around(method))
    return lambda: setattr(owner, name, method)


def add(owner: type, methods: Mapping[str, Method]) -> Callable[[], None]:
    """Add methods that a class lacks, by their names. Return a function that removes them."""
    for name, method in methods.items():
        setattr(owner, name, method)

    def remove() -> None:
        for name in methods:
            delattr(owner, name)

    return remove
