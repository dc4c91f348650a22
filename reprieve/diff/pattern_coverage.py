"""Checks whether an event pattern matches at least what another one did.

If this cannot be proven, the pattern may match less, and the result is the reason. The proof covers
the changes that people make: added and removed filters, values and alternatives.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

Node = Mapping[str, Any]


def what_may_match_less(old: Node, new: Node) -> list[str]:
    """Return where `new` may not match an event that `old` matches; empty if it matches all.

    One sentence for each place. Both are valid patterns (`patterns.pattern_errors`).
    """
    return _gaps(_conjuncts(old), new, "")


def _conjuncts(node: Node) -> list[list[Node]]:
    """Return the alternatives of a pattern: lists of nodes that all have to match.

    `$or` stands for as many patterns as it has alternatives, at the place where it is.
    """
    alternatives: list[list[Node]] = [
        [{name: value for name, value in node.items() if name != "$or"}]
    ]
    if "$or" in node:
        alternatives = [
            [*rest, *each]
            for rest in alternatives
            for branch in node["$or"]
            for each in _conjuncts(branch)
        ]
    return alternatives


def _gaps(alternatives: Sequence[Sequence[Node]], new: Node, path: str) -> list[str]:
    """Return what keeps each alternative of the old pattern from being matched by `new`."""
    found: list[str] = []
    for old in alternatives:
        for name, wanted in new.items():
            here = f"{path}.{name}" if path else name
            found += (
                _or_gaps(old, wanted, here)
                if name == "$or"
                else _field_gaps(old, name, wanted, here)
            )
    return list(dict.fromkeys(found))


def _or_gaps(old: Sequence[Node], branches: Sequence[Node], path: str) -> list[str]:
    # One branch has to match everything; combinations of branches are not tried.
    if any(not _gaps([old], branch, path) for branch in branches):
        return []
    return [f"{path}: none of its alternatives matches everything that the old pattern did"]


def _field_gaps(old: Sequence[Node], name: str, wanted: Any, path: str) -> list[str]:
    """Return the gaps in one field: one of the old nodes has to imply the new filters."""
    before = [node[name] for node in old if name in node]
    if isinstance(wanted, Mapping):
        nodes = [value for value in before if isinstance(value, Mapping)]
        if not nodes:
            # The old pattern did not filter this node at all.
            inner = _gaps([[{}]], wanted, path)
            return inner or [f"{path} is a new filter"]
        # In an array of objects one object has to match as a whole: nodes are not merged.
        tries = [_gaps(_conjuncts(value), wanted, path) for value in nodes]
        return min(tries, key=len)
    if _takes_everything(wanted):
        return []
    lists = [value for value in before if not isinstance(value, Mapping)]
    if not lists:
        return [f"{path} is a new filter: {_shown(wanted)}"]
    tries = [
        [item for item in value if not any(implies(item, each) for each in wanted)]
        for value in lists
    ]
    missing = min(tries, key=len)
    if not missing:
        return []
    return [f"{path} no longer matches all of {_shown(missing)}; it matches {_shown(wanted)}"]


def _takes_everything(filters: Sequence[Any]) -> bool:
    return {"exists": True} in filters and {"exists": False} in filters


def implies(old: Any, new: Any) -> bool:
    """Whether the filter `new` matches every value that the filter `old` matches."""
    if same(old, new):
        return True
    if not isinstance(new, Mapping):
        return False
    ((operator, operand),) = new.items()
    if operator == "exists":
        # All other filters require that the value exists.
        return bool(operand) and old != {"exists": False}
    if not isinstance(old, Mapping):
        return _takes(operator, operand, old)
    ((old_operator, old_operand),) = old.items()
    if old_operator != operator:
        return False
    if operator in ("prefix", "suffix"):
        return _affix_implies(operator, old_operand, operand)
    if operator == "equals-ignore-case":
        return bool(old_operand.lower() == operand.lower())
    if operator == "anything-but":
        return _anything_but_implies(old_operand, operand)
    return False


def _affix_implies(operator: str, old: Any, new: Any) -> bool:
    folded = isinstance(new, Mapping)
    if isinstance(old, Mapping) and not folded:
        return False
    longer, shorter = (
        each["equals-ignore-case"] if isinstance(each, Mapping) else each for each in (old, new)
    )
    if folded:
        longer, shorter = longer.lower(), shorter.lower()
    return bool(longer.startswith(shorter) if operator == "prefix" else longer.endswith(shorter))


def _anything_but_implies(old: Any, new: Any) -> bool:
    """Whether `new` excludes no more than `old`. Both must have the same form."""
    old_form, old_values = _excluded(old)
    new_form, new_values = _excluded(new)
    return old_form == new_form and all(
        any(same(value, each) for each in old_values) for value in new_values
    )


def _excluded(operand: Any) -> tuple[str, list[Any]]:
    form, values = "", operand
    if isinstance(operand, Mapping):
        ((form, values),) = operand.items()
    return form, values if isinstance(values, list) else [values]


def _takes(operator: str, operand: Any, value: Any) -> bool:
    """Whether a filter matches a plain value; False if this cannot be decided."""
    if operator == "anything-but":
        form, values = _excluded(operand)
        if not form:
            return not any(same(value, each) for each in values)
        if form not in ("prefix", "suffix", "equals-ignore-case"):
            return False
        return not any(_takes(form, each, value) for each in values)
    if not isinstance(value, str):
        return False
    if operator == "equals-ignore-case":
        return bool(value.lower() == operand.lower())
    if operator in ("prefix", "suffix"):
        return _affix_implies(operator, value, operand)
    return False


def same(one: Any, other: Any) -> bool:
    """Whether two values are equal in JSON, where true is not 1."""
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return one.keys() == other.keys() and all(same(one[name], other[name]) for name in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    return isinstance(one, bool) == isinstance(other, bool) and bool(one == other)


def _shown(filters: Sequence[Any]) -> str:
    return json.dumps(filters, ensure_ascii=False)
