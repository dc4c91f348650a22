"""Check event patterns as EventBridge does."""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Callable
from typing import Any

# Default quota (EventBridge User Guide, "Amazon EventBridge quotas"), counted in characters.
MAX_PATTERN_LENGTH = 2048
# The largest absolute value of a number (EventBridge User Guide, "Numeric matching").
MAX_NUMBER = 5_000_000_000
# The patterns without $or that $or stands for (EventBridge User Guide, "Or matching").
MAX_COMBINATIONS = 1000
# How many beginnings of wildcard filters of one field an input may match at the same time. The User
# Guide ("Wildcard matching", on complexity) gives no number: aws/event-ruler counts them
# (MachineComplexityEvaluator), and AWS refuses more than 10, as observed by users.
MAX_WILDCARD_BEGINNINGS = 10

_COMPARISONS = ("<", "<=", "=", ">", ">=")
# aws/event-ruler, Constants: EventBridge refuses fields with these names inside $or.
_RESERVED_IN_OR = {
    "exactly", "equals-ignore-case", "prefix", "suffix", "anything-but", "exists", "wildcard",
    "numeric", "cidr", "=", "<", "<=", ">", ">=", "regex", "not-wildcard",
    "not-equals-ignore-case", "date-after", "date-on-or-after", "date-before",
    "date-on-or-before", "in-date-range", "ip-address-in-range", "ip-address-not-in-range",
}  # fmt: skip
_ANYTHING_BUT_FORMS = ("prefix", "suffix", "equals-ignore-case", "wildcard")


def pattern_errors(pattern: str) -> list[str]:
    """Return what EventBridge would refuse in an event pattern: one sentence per error.

    Each sentence names the path in the pattern. An empty list means that the pattern is valid
    (EventBridge User Guide, "Event patterns" and "Comparison operators"), not that any event
    matches it.
    """
    errors = []
    if len(pattern) > MAX_PATTERN_LENGTH:
        errors.append(
            f"The event pattern has {len(pattern):,} characters; "
            f"at most {MAX_PATTERN_LENGTH:,} are allowed."
        )
    try:
        parsed = json.loads(pattern, object_pairs_hook=_object, parse_constant=_no_constant)
    except ValueError as error:
        return [*errors, f"The event pattern is not valid JSON: {error}."]
    if not isinstance(parsed, dict):
        return [*errors, "The event pattern is not a JSON object."]
    if not parsed:
        return [*errors, "The event pattern is empty: it must have at least one field."]
    found = _node_errors(parsed, "")
    # Only a pattern that is valid otherwise can be counted.
    return [*errors, *(found or _combination_errors(parsed))]


def _combination_errors(pattern: dict[str, Any]) -> list[str]:
    combinations = _combinations(pattern)
    if combinations <= MAX_COMBINATIONS:
        return []
    return [
        f"The event pattern has {combinations:,} combinations of the alternatives of $or; "
        f"at most {MAX_COMBINATIONS:,} are allowed."
    ]


def _combinations(node: dict[str, Any]) -> int:
    """Return how many patterns without $or an object stands for."""
    found = 1
    for name, value in node.items():
        if name == "$or":
            found *= sum(map(_combinations, value))
        elif isinstance(value, dict):
            found *= _combinations(value)
    return found


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    names = [name for name, _ in pairs]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ValueError(f"an object has the field {twice[0]} twice")
    return dict(pairs)


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not a JSON value")


def _node_errors(node: dict[str, Any], path: str, *, in_or: bool = False) -> list[str]:
    if not node:
        return [f"{path}: an empty object is not allowed."]
    errors = []
    for name, value in node.items():
        here = f"{path}.{name}" if path else name
        if name == "$or":
            errors += _or_errors(value, here)
        elif in_or and name in _RESERVED_IN_OR:
            errors.append(f"{here}: the name {name} is reserved inside $or.")
        elif isinstance(value, dict):
            errors += _node_errors(value, here, in_or=in_or)
        elif not isinstance(value, list):
            errors.append(f"{here}: a value must be in an array, like [{json.dumps(value)}].")
        elif not value:
            errors.append(f"{here}: an empty array is not allowed.")
        else:
            in_items = [error for item in value for error in _item_errors(item, here)]
            errors += in_items or _complexity_errors(value, here)
    return errors


def _or_errors(value: Any, path: str) -> list[str]:
    if not isinstance(value, list) or len(value) < 2:
        return [f"{path}: $or needs an array of at least two patterns."]
    errors = []
    for index, entry in enumerate(value):
        if isinstance(entry, dict):
            errors += _node_errors(entry, f"{path}[{index}]", in_or=True)
        else:
            errors.append(f"{path}[{index}]: an entry of $or must be an object.")
    return errors


def _item_errors(item: Any, path: str) -> list[str]:
    if isinstance(item, list):
        return [f"{path}: an array inside an array is not allowed."]
    if not isinstance(item, dict):
        return _number_errors(item, path)
    if len(item) != 1:
        return [f"{path}: a filter has exactly one operator, not {len(item)}: {json.dumps(item)}."]
    ((operator, operand),) = item.items()
    check = _OPERATORS.get(operator)
    if check is None:
        known = ", ".join(sorted(_OPERATORS))
        return [f"{path}: {operator!r} is not an operator of EventBridge; use {known}."]
    return check(operand, f"{path}.{operator}")


def _complexity_errors(values: list[Any], path: str) -> list[str]:
    """Return an error if the wildcards of a field are more than EventBridge can match at once."""
    wildcards = []
    for each in (value for value in values if isinstance(value, dict)):
        given = each.get("wildcard", [])
        if isinstance(each.get("anything-but"), dict):
            given = each["anything-but"].get("wildcard", [])
        wildcards += given if isinstance(given, list) else [given]
    if beginnings_at_once(wildcards) <= MAX_WILDCARD_BEGINNINGS:
        return []
    return [
        f"{path}: the wildcards are too complex. Use fewer of them, or fewer repeated characters "
        "after a *."
    ]


def beginnings_at_once(wildcards: list[str]) -> int:
    """Return how many beginnings of wildcards one text can match at the same time.

    For `a*b`, the text `ab` matches `a*` and `a*b`. The count stops above the limit.
    """
    texts = [_tokens(each) for each in wildcards]

    def skip(states: set[tuple[int, int]]) -> frozenset[tuple[int, int]]:
        # A * matches nothing, too: what ends before it also ends after it.
        more = {(i, at + 1) for i, at in states if at < len(texts[i]) and texts[i][at] == "*"}
        return frozenset(states | more)

    def after(states: frozenset[tuple[int, int]], letter: str) -> frozenset[tuple[int, int]]:
        kept = {(i, at) for i, at in states if at and texts[i][at - 1] == "*"}
        moved = {(i, at + 1) for i, at in states if at < len(texts[i]) and texts[i][at] == letter}
        return skip(kept | moved)

    start = skip({(i, 0) for i in range(len(texts))})
    seen, waiting, most = {start}, [start], 0
    while waiting and most <= MAX_WILDCARD_BEGINNINGS and len(seen) < _MAX_STATES:
        states = waiting.pop()
        letters = {texts[i][at] for i, at in states if at < len(texts[i])} - {"*"}
        for letter in {"", *letters}:
            reached = after(states, letter)
            most = max(most, len({(i, at) for i, at in reached if at}))
            if reached not in seen:
                seen.add(reached)
                waiting.append(reached)
    return most if len(seen) < _MAX_STATES else MAX_WILDCARD_BEGINNINGS + 1


# A text of 2,048 characters with few wildcards reaches fewer sets of beginnings than this.
_MAX_STATES = 20_000


def _tokens(wildcard: str) -> list[str]:
    """Return the characters, an escaped one without its backslash but never as the wildcard."""
    found, characters = [], iter(wildcard)
    for character in characters:
        found.append("\\" + next(characters, "") if character == "\\" else character)
    return found


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _number_errors(value: Any, path: str) -> list[str]:
    if _is_number(value) and abs(value) > MAX_NUMBER:
        return [f"{path}: the number {value} is not within ±{MAX_NUMBER:,}."]
    return []


def _affix_errors(operand: Any, path: str) -> list[str]:
    if isinstance(operand, dict):
        if list(operand) != ["equals-ignore-case"]:
            return [f"{path}: only equals-ignore-case is allowed inside."]
        operand, path = operand["equals-ignore-case"], f"{path}.equals-ignore-case"
    return _string_errors(operand, path)


def _string_errors(operand: Any, path: str) -> list[str]:
    return [] if isinstance(operand, str) else [f"{path}: the value must be a string."]


def _exists_errors(operand: Any, path: str) -> list[str]:
    return [] if isinstance(operand, bool) else [f"{path}: the value must be true or false."]


def _wildcard_errors(operand: Any, path: str) -> list[str]:
    if not isinstance(operand, str):
        return [f"{path}: the value must be a string."]
    index = 0
    while index < len(operand):
        if operand[index] == "\\":
            if operand[index + 1 : index + 2] not in ("*", "\\"):
                return [f"{path}: a backslash is only allowed before * or another backslash."]
            index += 1
        elif operand[index : index + 2] == "**":
            return [f"{path}: two * in a row are not allowed."]
        index += 1
    return []


def _cidr_errors(operand: Any, path: str) -> list[str]:
    try:
        if not isinstance(operand, str):
            raise ValueError
        address, _, bits = operand.partition("/")
        # EventBridge requires a mask with fewer bits than the address: it refuses a single address.
        if not bits.isdecimal() or int(bits) >= ipaddress.ip_address(address).max_prefixlen:
            raise ValueError
    except ValueError:
        return [f'{path}: the value must be an address block like "10.0.0.0/24".']
    return []


def _numeric_errors(operand: Any, path: str) -> list[str]:
    shape = f'{path}: write one comparison like [">", 0], or a range like [">", 0, "<=", 5].'
    if not isinstance(operand, list) or len(operand) not in (2, 4):
        return [shape]
    operators, numbers = operand[::2], operand[1::2]
    if not all(op in _COMPARISONS for op in operators) or not all(map(_is_number, numbers)):
        return [shape]
    errors = [error for number in numbers for error in _number_errors(number, path)]
    if len(operators) == 2:
        if operators[0] not in (">", ">=") or operators[1] not in ("<", "<="):
            return [shape, *errors]
        if numbers[0] >= numbers[1]:
            errors.append(f"{path}: the lower bound {numbers[0]} is not below {numbers[1]}.")
    return errors


def _anything_but_errors(operand: Any, path: str) -> list[str]:
    if isinstance(operand, dict):
        if len(operand) != 1 or next(iter(operand)) not in _ANYTHING_BUT_FORMS:
            return [f"{path}: one of {', '.join(_ANYTHING_BUT_FORMS)} must be inside, alone."]
        ((form, value),) = operand.items()
        values = value if isinstance(value, list) else [value]
        check = _wildcard_errors if form == "wildcard" else _string_errors
        if not values:
            return [f"{path}.{form}: an empty array is not allowed."]
        if form in ("prefix", "suffix") and "" in values:
            return [f"{path}.{form}: an empty string is not allowed."]
        return [error for value in values for error in check(value, f"{path}.{form}")]
    values = operand if isinstance(operand, list) else [operand]
    if not values:
        return [f"{path}: an empty array is not allowed."]
    if not all(isinstance(v, str) for v in values) and not all(map(_is_number, values)):
        return [f"{path}: the values must be strings only, or numbers only."]
    return [error for value in values for error in _number_errors(value, path)]


_OPERATORS: dict[str, Callable[[Any, str], list[str]]] = {
    "prefix": _affix_errors,
    "suffix": _affix_errors,
    "equals-ignore-case": _string_errors,
    "wildcard": _wildcard_errors,
    "exists": _exists_errors,
    "cidr": _cidr_errors,
    "numeric": _numeric_errors,
    "anything-but": _anything_but_errors,
}
