"""Wraps a method of moto, where moto offers no other way to change its behaviour."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Method = Callable[..., Any]


def wrap(owner: type, name: str, around: Callable[[Method], Method]) -> Callable[[], None]:
    """Replace a method by `around(method)`. Return a function that restores the method."""
    method = getattr(owner, name)
    setattr(owner, name, around(method))
    return lambda: setattr(owner, name, method)
