"""What a check of an attribute takes and returns."""

from collections.abc import Callable, Iterator
from typing import Any

from reprieve.diff.plan import Change

CheckResult = Iterator[tuple[str, str]]
"""Kinds of weakening, and sentences."""
AttributeCheck = Callable[[Change, Any, Any], CheckResult]
"""Takes the change, and the attribute before and after."""


def first(blocks: Any) -> dict[str, Any]:
    """Return the only block of a kind, or an empty one."""
    return blocks[0] if isinstance(blocks, list) and blocks and blocks[0] else {}
