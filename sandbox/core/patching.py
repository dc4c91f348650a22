"""Putting a function around a method of moto's, where moto has no place for it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Method = Callable[..., Any]


def wrap(owner: type, name: str, around: Callable[[Method], Method]) -> Callable[[], None]:
    """Replace a method by what `around` makes of it; gives what puts the method back."""
    method = getattr(owner, name)
    setattr(owner, name, around(method))
    return lambda: setattr(owner, name, method)
