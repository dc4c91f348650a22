"""Matches events to event patterns as EventBridge does.

moto's own matcher (`moto.events.models.EventPattern`) is not used. It differs from EventBridge if
an event has arrays of objects, empty objects, booleans among numbers, or a dot in a field's name.
It also treats an unknown operator as a match. The patterns must be valid (`patterns.errors_in`).
"""

from __future__ import annotations

import ipaddress
import json
import operator
import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

_COMPARE: dict[str, Callable[[float, float], bool]] = {
    "<": operator.lt, "<=": operator.le, "=": operator.eq, ">": operator.gt, ">=": operator.ge,
}  # fmt: skip


def matches(pattern: str, event: Mapping[str, Any]) -> bool:
    """Tell whether a pattern (JSON text) matches an event (a whole EventBridge envelope)."""
    return _node_matches(_parse(pattern), event)


@lru_cache(maxsize=1024)
def _parse(pattern: str) -> dict[str, Any]:
    parsed: dict[str, Any] = json.loads(pattern)
    return parsed


def _node_matches(node: Mapping[str, Any], value: Any) -> bool:
    if isinstance(value, list):
        # For an array of objects, one object has to match as a whole (EventBridge User Guide,
        # "Event patterns", array matching).
        return any(_node_matches(node, item) for item in value if isinstance(item, dict))
    fields = value if isinstance(value, Mapping) else {}
    return all(
        any(_node_matches(alternative, fields) for alternative in wanted)
        if name == "$or"
        else _field_matches(wanted, fields.get(name, _ABSENT))
        for name, wanted in node.items()
    )


class _Absent:
    """Represents a field that the event does not have."""


_ABSENT = _Absent()


def _field_matches(wanted: Any, value: Any) -> bool:
    if isinstance(wanted, Mapping):
        return _node_matches(wanted, value)
    leaves = _leaves(value)
    return any(_filter_matches(item, leaves) for item in wanted)


def _leaves(value: Any) -> list[Any]:
    """Return the values that a filter tests. An object or an empty array is not such a value."""
    if isinstance(value, _Absent | Mapping):
        return []
    if isinstance(value, list):
        return [leaf for item in value for leaf in _leaves(item)]
    return [value]


def _filter_matches(wanted: Any, leaves: list[Any]) -> bool:
    if isinstance(wanted, Mapping):
        ((name, operand),) = wanted.items()
        if name == "exists":
            return bool(leaves) == bool(operand)
        test = _FILTERS[name]
        return any(test(operand, leaf) for leaf in leaves)
    return any(_same(wanted, leaf) for leaf in leaves)


def _same(wanted: Any, leaf: Any) -> bool:
    # In Python True == 1. In JSON they are different values.
    return isinstance(wanted, bool) == isinstance(leaf, bool) and bool(wanted == leaf)


def _prefix(operand: Any, leaf: Any) -> bool:
    if isinstance(operand, Mapping):
        text = operand["equals-ignore-case"].lower()
        return isinstance(leaf, str) and leaf.lower().startswith(text)
    return isinstance(leaf, str) and leaf.startswith(operand)


def _suffix(operand: Any, leaf: Any) -> bool:
    if isinstance(operand, Mapping):
        text = operand["equals-ignore-case"].lower()
        return isinstance(leaf, str) and leaf.lower().endswith(text)
    return isinstance(leaf, str) and leaf.endswith(operand)


def _equals_ignore_case(operand: str, leaf: Any) -> bool:
    return isinstance(leaf, str) and leaf.lower() == operand.lower()


def _wildcard(operand: str, leaf: Any) -> bool:
    parts = re.findall(r"\\[*\\]|\*|[^*\\]+", operand)
    regex = "".join(".*" if p == "*" else re.escape(re.sub(r"^\\", "", p)) for p in parts)
    return isinstance(leaf, str) and re.fullmatch(regex, leaf, re.DOTALL) is not None


def _numeric(operand: list[Any], leaf: Any) -> bool:
    if not isinstance(leaf, int | float) or isinstance(leaf, bool):
        return False
    pairs = zip(operand[::2], operand[1::2], strict=True)
    return all(_COMPARE[sign](leaf, number) for sign, number in pairs)


def _cidr(operand: str, leaf: Any) -> bool:
    try:
        return ipaddress.ip_address(leaf) in ipaddress.ip_network(operand, strict=False)
    except ValueError:
        return False


def _anything_but(operand: Any, leaf: Any) -> bool:
    if isinstance(operand, Mapping):
        ((form, value),) = operand.items()
        values = value if isinstance(value, list) else [value]
        return not any(_FILTERS[form](one, leaf) for one in values)
    values = operand if isinstance(operand, list) else [operand]
    return not any(_same(one, leaf) for one in values)


_FILTERS: dict[str, Callable[[Any, Any], bool]] = {
    "prefix": _prefix,
    "suffix": _suffix,
    "equals-ignore-case": _equals_ignore_case,
    "wildcard": _wildcard,
    "numeric": _numeric,
    "cidr": _cidr,
    "anything-but": _anything_but,
}
