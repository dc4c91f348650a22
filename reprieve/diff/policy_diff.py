"""Compares two versions of an IAM policy.

A policy consists of grants: one principal, one action, one resource, under one condition. It is
widened if no statement of the old version covers a grant of the new one, and narrowed if no
statement of the new version covers a grant of the old one. A grant counts as covered only if that
can be proven.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

# Operators that compare with patterns. The others compare with plain values.
_LIKE = ("StringLike", "ArnLike", "ArnEquals")
# A further value makes these conditions stricter, and all others looser.
_NEGATED = ("StringNotEquals", "StringNotEqualsIgnoreCase", "StringNotLike", "ArnNotEquals",
            "ArnNotLike", "NotIpAddress")  # fmt: skip
# Several values of these are alternatives, and each is compared as it is.
_EQUAL = ("StringEquals", "StringEqualsIgnoreCase", "Bool", "IpAddress", "Null", "BinaryEquals")

_TLS = {"Bool": {"aws:SecureTransport": ["false"]}}

T = TypeVar("T")

Conditions = dict[str, dict[str, list[str]]]


@dataclass(frozen=True)
class Statement:
    """A statement of a policy, each element a list. `principals` are pairs such as ("AWS", "*")."""

    label: str
    allows: bool
    principals: tuple[tuple[str, str], ...]
    actions: tuple[str, ...]
    resources: tuple[str, ...]
    conditions: Conditions
    negated: tuple[Any, ...] = ()
    """NotPrincipal, NotAction and NotResource: only equal ones cover each other."""

    def grants(self) -> Iterator["Statement"]:
        """Yield its grants: one principal, one action, one resource each."""
        for principals in _singly(self.principals):
            for actions in _singly(self.actions):
                for resources in _singly(self.resources):
                    yield replace(self, principals=principals, actions=actions, resources=resources)

    @property
    def asks_for_tls_only(self) -> bool:
        """Whether it only denies calls without TLS."""
        return not self.allows and self.conditions == _TLS

    @property
    def services(self) -> tuple[str, ...]:
        """The AWS services among its principals."""
        return tuple(value for kind, value in self.principals if kind == "Service")


@dataclass(frozen=True)
class PolicyChange:
    """What a change of a policy does, one sentence each.

    `taken` holds what is no longer allowed, each with its statement: whether that matters depends
    on who loses which permission.
    """

    widened: tuple[str, ...]
    taken: tuple[tuple[Statement, str], ...]
    denied: tuple[tuple[Statement, str], ...]


def statements_of(policy: Mapping[str, Any]) -> list[Statement]:
    """Return the statements of a policy.

    Raises:
        ValueError: it is not a policy.
    """
    try:
        found = policy["Statement"]
        return [
            _statement(each, index)
            for index, each in enumerate(found if isinstance(found, list) else [found])
        ]
    except (AttributeError, KeyError, TypeError) as error:
        raise ValueError(f"not a policy: {error}") from None


def compare(old: Mapping[str, Any], new: Mapping[str, Any]) -> PolicyChange:
    """Return what a new version of a policy allows, no longer allows, and denies.

    Raises:
        ValueError: one of them is not a policy.
    """
    before, after = statements_of(old), statements_of(new)
    allowed = [each for each in before if each.allows], [each for each in after if each.allows]
    denied = [e for e in before if not e.allows], [e for e in after if not e.allows]
    widened = [
        *(text for _, text in _uncovered(*allowed, "now allows")),
        *(text for _, text in _uncovered(denied[1], denied[0], "no longer denies")),
    ]
    return PolicyChange(
        widened=tuple(widened),
        taken=tuple(_uncovered(allowed[1], allowed[0], "no longer allows")),
        denied=tuple(
            (statement, text)
            for statement, text in _uncovered(denied[0], denied[1], "now denies")
            if not statement.asks_for_tls_only
        ),
    )


def _uncovered(
    by: Sequence[Statement], of: Sequence[Statement], verb: str
) -> list[tuple[Statement, str]]:
    """Return the grants of the statements `of` that none of `by` covers, as sentences."""
    found = []
    for statement in of:
        missing = [
            grant
            for grant in statement.grants()
            if not any(each.negated == grant.negated and _covers(each, grant) for each in by)
        ]
        if not missing:
            continue
        counterpart = next((each for each in by if each.label == statement.label), None)
        found.append((_sum(statement, missing), _sentence(statement, missing, counterpart, verb)))
    return found


def _sum(statement: Statement, grants: Sequence[Statement]) -> Statement:
    """Return grants of one statement as one."""
    return replace(
        statement,
        principals=tuple(dict.fromkeys(p for g in grants for p in g.principals)),
        actions=tuple(dict.fromkeys(a for g in grants for a in g.actions)),
        resources=tuple(dict.fromkeys(r for g in grants for r in g.resources)),
    )


def _singly(values: tuple[T, ...]) -> list[tuple[T, ...]]:
    """Return a tuple for each value, or one empty tuple."""
    return [(value,) for value in values] or [()]


def _sentence(
    statement: Statement,
    missing: Sequence[Statement],
    counterpart: Statement | None,
    verb: str,
) -> str:
    part = _sum(statement, missing)
    words = f"{statement.label} {verb}"
    if part.principals:
        words += f" {_listed([value for _, value in part.principals])}"
    words += f" {_listed(part.actions)}" if part.actions else ""
    if part.resources and (counterpart is None or part.resources != counterpart.resources):
        words += f" on {_listed(part.resources)}"
    if part.negated:
        words += f" (by exclusion: {', '.join(str(each) for each in part.negated)})"
    if counterpart and counterpart.conditions != part.conditions:
        was, now = _condition_words(counterpart.conditions), _condition_words(part.conditions)
        if verb in ("now allows", "now denies"):
            return f"{words} {now}; it was {was}"
        return f"{words} {now}; now only {was}"
    return f"{words} {_condition_words(part.conditions)}" if part.conditions else words


def _condition_words(conditions: Conditions) -> str:
    if not conditions:
        return "without a condition"
    return "if " + " and ".join(
        f"{key} {operator} {_listed(values)}"
        for operator, keys in conditions.items()
        for key, values in keys.items()
    )


def _listed(values: Sequence[str]) -> str:
    return ", ".join(values)


def _covers(wide: Statement, narrow: Statement) -> bool:
    """Whether the statement `wide` includes the grant `narrow`."""
    return (
        (not narrow.principals or any(_is_principal(p, narrow.principals[0])
                                      for p in wide.principals))
        and (not narrow.actions or any(
            wildcard_covers(a.lower(), narrow.actions[0].lower()) for a in wide.actions))
        and (not narrow.resources or any(
            wildcard_covers(r, narrow.resources[0]) for r in wide.resources))
        and _is_implied(wide.conditions, narrow.conditions)
    )  # fmt: skip


def _is_principal(wide: tuple[str, str], narrow: tuple[str, str]) -> bool:
    return wide in (narrow, ("*", "*"))


def wildcard_covers(wide: str, narrow: str) -> bool:
    """Whether `wide` matches every text that `narrow` matches; both may contain * and ?."""
    regex = "".join(
        ".*" if char == "*" else "[^*]" if char == "?" else re.escape(char) for char in wide
    )
    return re.fullmatch(regex, narrow, re.DOTALL) is not None


def _is_implied(wanted: Conditions, given: Conditions) -> bool:
    """Whether every request that meets `given` also meets `wanted`."""
    return all(
        any(
            _operator_implies(operator, values, other, others[name])
            for other, others in given.items()
            for name in others
            if name.lower() == key.lower()
        )
        for operator, keys in wanted.items()
        for key, values in keys.items()
    )


def _operator_implies(
    wanted: str, wanted_values: list[str], given: str, given_values: list[str]
) -> bool:
    if given != wanted and f"{given}IfExists" != wanted:
        return False
    operator = wanted.removesuffix("IfExists")
    if operator in _NEGATED:
        return set(wanted_values) <= set(given_values)
    if operator in _LIKE:
        return all(any(wildcard_covers(w, g) for w in wanted_values) for g in given_values)
    if operator in _EQUAL:
        return set(given_values) <= set(wanted_values)
    return sorted(given_values) == sorted(wanted_values)


def _statement(found: Mapping[str, Any], index: int) -> Statement:
    principals = tuple(_principals(found.get("Principal")))
    actions = tuple(_list(found.get("Action")))
    allows = found["Effect"] == "Allow"
    sid = found.get("Sid")
    label = f"statement {sid}" if sid else f"statement {index + 1}"
    return Statement(
        label=label,
        allows=allows,
        principals=principals,
        actions=actions,
        resources=tuple(_list(found.get("Resource"))),
        conditions={
            operator: {
                key: [_text(value) for value in _list(values)] for key, values in keys.items()
            }
            for operator, keys in (found.get("Condition") or {}).items()
        },
        negated=tuple(
            (name, str(found[name]))
            for name in ("NotPrincipal", "NotAction", "NotResource")
            if name in found
        ),
    )


def _principals(found: Any) -> Iterator[tuple[str, str]]:
    if isinstance(found, dict):
        for kind, values in found.items():
            for value in _list(values):
                # {"AWS": "*"} and "*" are the same (IAM user guide, "principal element").
                yield ("*", "*") if (kind, value) == ("AWS", "*") else (kind, value)
    elif found is not None:
        yield "*", str(found)


def _list(value: Any) -> list[Any]:
    return [] if value is None else value if isinstance(value, list) else [value]


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
