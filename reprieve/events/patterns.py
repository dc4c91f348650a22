"""What EventBridge would refuse in an event pattern."""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Callable
from typing import Any

# Default quota (EventBridge User Guide, «Amazon EventBridge quotas»), counted in characters.
MAX_PATTERN_LENGTH = 2048
# Numbers are kept to within five billion (EventBridge User Guide, «Numeric matching»).
MAX_NUMBER = 5_000_000_000

_COMPARISONS = ("<", "<=", "=", ">", ">=")
_ANYTHING_BUT_FORMS = ("prefix", "suffix", "equals-ignore-case", "wildcard")


def faults_of(pattern: str) -> list[str]:
    """Say what EventBridge would refuse in an event pattern: one sentence a fault, with its path.

    An empty list means that the pattern is a pattern (EventBridge User Guide, «Event patterns» and
    «Comparison operators»); it does not mean that any event matches it.
    """
    faults = []
    if len(pattern) > MAX_PATTERN_LENGTH:
        faults.append(
            f"The event pattern has {len(pattern):,} characters; "
            f"at most {MAX_PATTERN_LENGTH:,} are allowed."
        )
    try:
        parsed = json.loads(pattern, object_pairs_hook=_object, parse_constant=_no_constant)
    except ValueError as fault:
        return [*faults, f"The event pattern is not valid JSON: {fault}."]
    if not isinstance(parsed, dict):
        return [*faults, "The event pattern is not a JSON object."]
    if not parsed:
        return [*faults, "The event pattern is empty: it has to name at least one field."]
    return [*faults, *_node_faults(parsed, "")]


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    names = [name for name, _ in pairs]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ValueError(f"the field {twice[0]} stands in one object twice")
    return dict(pairs)


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not a JSON value")


def _node_faults(node: dict[str, Any], path: str) -> list[str]:
    if not node:
        return [f"{path}: an empty object is not allowed."]
    faults = []
    for name, value in node.items():
        here = f"{path}.{name}" if path else name
        if name == "$or":
            faults += _or_faults(value, here)
        elif isinstance(value, dict):
            faults += _node_faults(value, here)
        elif not isinstance(value, list):
            faults.append(f"{here}: a value has to stand in an array, like [{json.dumps(value)}].")
        elif not value:
            faults.append(f"{here}: an empty array is not allowed.")
        else:
            for item in value:
                faults += _item_faults(item, here)
    return faults


def _or_faults(value: Any, path: str) -> list[str]:
    if not isinstance(value, list) or len(value) < 2:
        return [f"{path}: $or needs an array of at least two patterns."]
    faults = []
    for index, entry in enumerate(value):
        if isinstance(entry, dict):
            faults += _node_faults(entry, f"{path}[{index}]")
        else:
            faults.append(f"{path}[{index}]: an entry of $or has to be an object.")
    return faults


def _item_faults(item: Any, path: str) -> list[str]:
    if isinstance(item, list):
        return [f"{path}: an array inside an array is not allowed."]
    if not isinstance(item, dict):
        return _number_faults(item, path)
    if len(item) != 1:
        return [f"{path}: a filter has exactly one operator, not {len(item)}: {json.dumps(item)}."]
    ((operator, operand),) = item.items()
    check = _OPERATORS.get(operator)
    if check is None:
        known = ", ".join(sorted(_OPERATORS))
        return [f"{path}: EventBridge knows no operator {operator!r}; it knows {known}."]
    return check(operand, f"{path}.{operator}")


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _number_faults(value: Any, path: str) -> list[str]:
    if _is_number(value) and abs(value) > MAX_NUMBER:
        return [f"{path}: the number {value} is not within ±{MAX_NUMBER:,}."]
    return []


def _affix_faults(operand: Any, path: str) -> list[str]:
    if isinstance(operand, dict):
        if list(operand) != ["equals-ignore-case"]:
            return [f"{path}: only equals-ignore-case may stand inside."]
        operand, path = operand["equals-ignore-case"], f"{path}.equals-ignore-case"
    return _string_faults(operand, path)


def _string_faults(operand: Any, path: str) -> list[str]:
    return [] if isinstance(operand, str) else [f"{path}: a string is needed."]


def _exists_faults(operand: Any, path: str) -> list[str]:
    return [] if isinstance(operand, bool) else [f"{path}: true or false is needed."]


def _wildcard_faults(operand: Any, path: str) -> list[str]:
    if not isinstance(operand, str):
        return [f"{path}: a string is needed."]
    index = 0
    while index < len(operand):
        if operand[index] == "\\":
            if operand[index + 1 : index + 2] not in ("*", "\\"):
                return [f"{path}: a backslash may only stand before * or another backslash."]
            index += 1
        elif operand[index : index + 2] == "**":
            return [f"{path}: two * in a row are not allowed."]
        index += 1
    return []


def _cidr_faults(operand: Any, path: str) -> list[str]:
    try:
        if not isinstance(operand, str) or "/" not in operand:
            raise ValueError
        ipaddress.ip_network(operand, strict=False)
    except ValueError:
        return [f'{path}: an address block like "10.0.0.0/24" is needed.']
    return []


def _numeric_faults(operand: Any, path: str) -> list[str]:
    shape = f'{path}: one comparison like [">", 0], or a range like [">", 0, "<=", 5], is needed.'
    if not isinstance(operand, list) or len(operand) not in (2, 4):
        return [shape]
    operators, numbers = operand[::2], operand[1::2]
    if not all(op in _COMPARISONS for op in operators) or not all(map(_is_number, numbers)):
        return [shape]
    faults = [fault for number in numbers for fault in _number_faults(number, path)]
    if len(operators) == 2:
        if operators[0] not in (">", ">=") or operators[1] not in ("<", "<="):
            return [shape, *faults]
        if numbers[0] >= numbers[1]:
            faults.append(f"{path}: the lower bound {numbers[0]} is not below {numbers[1]}.")
    return faults


def _anything_but_faults(operand: Any, path: str) -> list[str]:
    if isinstance(operand, dict):
        if len(operand) != 1 or next(iter(operand)) not in _ANYTHING_BUT_FORMS:
            return [f"{path}: one of {', '.join(_ANYTHING_BUT_FORMS)} has to stand inside, alone."]
        ((form, value),) = operand.items()
        values = value if isinstance(value, list) else [value]
        check = _wildcard_faults if form == "wildcard" else _string_faults
        if not values:
            return [f"{path}.{form}: an empty array is not allowed."]
        return [fault for value in values for fault in check(value, f"{path}.{form}")]
    values = operand if isinstance(operand, list) else [operand]
    if not values:
        return [f"{path}: an empty array is not allowed."]
    if not all(isinstance(v, str) for v in values) and not all(map(_is_number, values)):
        return [f"{path}: strings only, or numbers only, are needed."]
    return [fault for value in values for fault in _number_faults(value, path)]


_OPERATORS: dict[str, Callable[[Any, str], list[str]]] = {
    "prefix": _affix_faults,
    "suffix": _affix_faults,
    "equals-ignore-case": _string_faults,
    "wildcard": _wildcard_faults,
    "exists": _exists_faults,
    "cidr": _cidr_faults,
    "numeric": _numeric_faults,
    "anything-but": _anything_but_faults,
}
