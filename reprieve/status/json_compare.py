"""Comparing the JSON that AWS holds with the JSON that the settings make."""

import json
from collections.abc import Callable, Iterator
from typing import Any

from reprieve.runbooks.scripts.fingerprint import ordered, unlisted


def canonical(value: Any) -> Any:
    """Return JSON in one form of the several that AWS may give back for the same policy.

    A list of one stands for its element, and the order in a list means nothing.
    """
    return ordered(unlisted(value))


def parsed(text: str | None) -> Any:
    """Return what JSON text stands for; None for text that is none, or is missing."""
    try:
        return json.loads(text or "")
    except ValueError:
        return None


def differing_paths(
    expected: Any, found: Any, form: Callable[[Any], Any] = canonical, path: str = ""
) -> Iterator[str]:
    """Yield where two JSON values differ: `detail.eventName`, `mainSteps[2].action`.

    `the top` is the whole. Values are equal if what `form` makes of them is equal.
    """
    if form(expected) == form(found):
        return
    if isinstance(expected, dict) and isinstance(found, dict):
        for name in dict.fromkeys((*expected, *found)):
            inner = f"{path}.{name}" if path else str(name)
            if name in expected and name in found:
                yield from differing_paths(expected[name], found[name], form, inner)
            else:
                yield inner
    elif isinstance(expected, list) and isinstance(found, list) and len(expected) == len(found):
        for index, (each, other) in enumerate(zip(expected, found, strict=True)):
            yield from differing_paths(each, other, form, f"{path}[{index}]")
    else:
        yield path or "the top"


def policy_differences(expected: dict[str, Any], found: Any) -> Iterator[str]:
    """Yield how a policy differs: a phrase for each statement that is missing, changed or extra."""
    wanted, there = _by_sid(expected), _by_sid(found)
    for sid, statement in wanted.items():
        if sid not in there:
            yield f"the statement {sid} is missing"
        elif canonical(statement) != canonical(there[sid]):
            yield f"the statement {sid} was changed"
    for sid in there.keys() - wanted.keys():
        yield f"it has the statement {sid}, which is not Reprieve's"


def _by_sid(policy: Any) -> dict[str, Any]:
    statements = policy.get("Statement", []) if isinstance(policy, dict) else []
    if isinstance(statements, dict):
        statements = [statements]
    return {each.get("Sid", f"#{index}"): each for index, each in enumerate(statements, start=1)}
