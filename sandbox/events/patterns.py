"""Checks an event pattern as EventBridge does.

The sandbox has a check of its own, independent of Reprieve's: otherwise one error would be in both
and no test would find it. Sources: EventBridge User Guide, "Event patterns" and "Comparison
operators"; aws/event-ruler, the library that EventBridge uses (`JsonRuleCompiler`). moto's check is
too weak: it accepts unknown operators.
"""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any

from sandbox.events.complexity import MAX_COMBINATIONS, combinations, is_too_complex

# EventBridge User Guide, "Amazon EventBridge quotas", the default.
MAX_LENGTH = 2048
# EventBridge User Guide, "Numeric matching".
_MAX_NUMBER = 5.0e9
# event-ruler, Constants: these field names are not allowed inside $or.
_RESERVED_IN_OR = {
    "exactly", "equals-ignore-case", "prefix", "suffix", "anything-but", "exists", "wildcard",
    "numeric", "cidr", "=", "<", "<=", ">", ">=", "regex", "not-wildcard",
    "not-equals-ignore-case", "date-after", "date-on-or-after", "date-before",
    "date-on-or-before", "in-date-range", "ip-address-in-range", "ip-address-not-in-range",
}  # fmt: skip


class _InvalidPatternError(Exception):
    """A part of a pattern is invalid. The text says why."""


class _Object(dict[str, Any]):
    """A JSON object. `size` counts repeated names too; the last value of a name counts."""

    def __init__(self, pairs: list[tuple[str, Any]]) -> None:
        super().__init__(pairs)
        self.size = len(pairs)


def errors_in(pattern: str) -> list[str]:
    """Return why EventBridge refuses a pattern (JSON text). The list is empty if it does not.

    A field that occurs twice is no error: the last occurrence counts.
    """
    try:
        if len(pattern) > MAX_LENGTH:
            raise _InvalidPatternError(f"Event pattern is longer than {MAX_LENGTH} characters")
        parsed = json.loads(pattern, object_pairs_hook=_Object, parse_constant=_refuse_constant)
        if not isinstance(parsed, _Object):
            raise _InvalidPatternError("Filter is not an object")
        _check_object(parsed, in_or=False)
        if combinations(parsed) > MAX_COMBINATIONS:
            raise _InvalidPatternError("Rule is too complex: too many combinations of $or")
    except ValueError as error:
        return [f"Event pattern is not JSON: {error}"]
    except _InvalidPatternError as error:
        return [str(error)]
    return []


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not a JSON value")


def _check_object(node: _Object, *, in_or: bool) -> None:
    if not node:
        raise _InvalidPatternError("Empty objects are not allowed")
    for name, value in node.items():
        if name == "$or":
            _check_or(value)
        elif in_or and name in _RESERVED_IN_OR:
            raise _InvalidPatternError(f'"{name}" is reserved and cannot be used inside $or')
        elif isinstance(value, _Object):
            _check_object(value, in_or=in_or)
        elif isinstance(value, list):
            _check_values(value)
        else:
            raise _InvalidPatternError(f'"{name}" must be an object or an array')


def _check_or(branches: Any) -> None:
    if not isinstance(branches, list) or len(branches) < 2:
        raise _InvalidPatternError("$or must be an array of at least 2 objects")
    for branch in branches:
        if not isinstance(branch, _Object):
            raise _InvalidPatternError("Only objects are allowed in the array of $or")
        _check_object(branch, in_or=True)


def _check_values(values: list[Any]) -> None:
    if not values:
        raise _InvalidPatternError("Empty arrays are not allowed")
    for value in values:
        if isinstance(value, list):
            raise _InvalidPatternError("A value must be a string, number, true, false or null")
        if isinstance(value, _Object):
            operator, operand = _only_item(value, "match expression")
            if operator not in _CHECKS:
                raise _InvalidPatternError(f"Unrecognized match type {operator}")
            _CHECKS[operator](operand)
    if is_too_complex(_wildcard_tokens(text) for text in _wildcards(values)):
        raise _InvalidPatternError(
            "Rule is too complex - try using fewer wildcard characters or fewer repeating "
            "character sequences after a wildcard character"
        )


def _wildcards(values: list[Any]) -> Iterator[str]:
    for value in values:
        if isinstance(value, _Object):
            inner = value.get("anything-but")
            operand = (inner if isinstance(inner, _Object) else value).get("wildcard", [])
            yield from _some(operand) if operand != [] else ()


def _only_item(node: _Object, what: str) -> tuple[str, Any]:
    if node.size != 1:
        raise _InvalidPatternError(f"Only one key allowed in {what}, not {node.size}")
    return next(iter(node.items()))


def _check_string(operand: Any) -> None:
    if not isinstance(operand, str):
        raise _InvalidPatternError("The operand must be a string")


def _check_prefix_or_suffix(operand: Any) -> None:
    if isinstance(operand, _Object):
        inner, operand = _only_item(operand, "prefix or suffix")
        if inner != "equals-ignore-case":
            raise _InvalidPatternError(f"Unsupported prefix or suffix pattern: {inner}")
    _check_string(operand)


def _check_wildcard(operand: Any) -> None:
    _check_string(operand)
    tokens = list(_wildcard_tokens(operand))
    if any(pair == ("*", "*") for pair in pairwise(tokens)):
        raise _InvalidPatternError("Consecutive wildcard characters")


def _wildcard_tokens(text: str) -> Iterator[str]:
    """Yield each character, a backslash together with the character that it escapes."""
    characters = iter(text)
    for character in characters:
        if character != "\\":
            yield character
            continue
        escaped = next(characters, "")
        if escaped not in ("*", "\\"):
            raise _InvalidPatternError("Invalid escape character")
        yield character + escaped


def _check_exists(operand: Any) -> None:
    if not isinstance(operand, bool):
        raise _InvalidPatternError("exists must be either true or false")


def _check_cidr(operand: Any) -> None:
    _check_string(operand)
    address, slash, bits = operand.partition("/")
    try:
        width = ipaddress.ip_address(address).max_prefixlen
    except ValueError:
        raise _InvalidPatternError(f"Malformed CIDR: {operand}") from None
    # event-ruler, CIDR: the mask has fewer bits than the address.
    if not slash or not bits.isdecimal() or int(bits) >= width:
        raise _InvalidPatternError(f"Malformed CIDR, mask bits must be 0 to {width - 1}: {operand}")


def _check_number(operand: Any) -> None:
    if isinstance(operand, bool) or not isinstance(operand, int | float):
        raise _InvalidPatternError("The operand must be a number")
    if abs(operand) > _MAX_NUMBER:
        raise _InvalidPatternError(f"{operand} is not between -5.0e9 and 5.0e9")


def _check_numeric(operand: Any) -> None:
    if not isinstance(operand, list) or len(operand) not in (2, 4):
        raise _InvalidPatternError("numeric must be an array of one or two comparisons")
    comparisons, numbers = operand[::2], operand[1::2]
    for number in numbers:
        _check_number(number)
    if len(comparisons) == 1:
        if comparisons[0] not in ("=", "<", "<=", ">", ">="):
            raise _InvalidPatternError(f"Unrecognized numeric range operator: {comparisons[0]}")
        return
    if comparisons[0] not in (">", ">=") or comparisons[1] not in ("<", "<="):
        raise _InvalidPatternError(f"Bad numeric range operators: {comparisons}")
    if numbers[0] >= numbers[1]:
        raise _InvalidPatternError("Bottom must be less than top")


def _check_anything_but(operand: Any) -> None:
    if isinstance(operand, _Object):
        form, inner = _only_item(operand, "anything-but")
        if form not in ("prefix", "suffix", "equals-ignore-case", "wildcard"):
            raise _InvalidPatternError(f"Unsupported anything-but pattern: {form}")
        for value in _some(inner):
            if form == "wildcard":
                _check_wildcard(value)
            _check_string(value)
            if form in ("prefix", "suffix") and not value:
                raise _InvalidPatternError("Null prefix/suffix not allowed")
        return
    values = _some(operand)
    if all(isinstance(value, str) for value in values):
        return
    if any(isinstance(value, str) for value in values):
        raise _InvalidPatternError("anything-but takes either strings or numbers, not both")
    for value in values:
        _check_number(value)


def _some(operand: Any) -> list[Any]:
    values = operand if isinstance(operand, list) else [operand]
    if not values:
        raise _InvalidPatternError("Empty arrays are not allowed")
    return values


_CHECKS: dict[str, Callable[[Any], None]] = {
    "prefix": _check_prefix_or_suffix,
    "suffix": _check_prefix_or_suffix,
    "equals-ignore-case": _check_string,
    "wildcard": _check_wildcard,
    "exists": _check_exists,
    "cidr": _check_cidr,
    "numeric": _check_numeric,
    "anything-but": _check_anything_but,
}
