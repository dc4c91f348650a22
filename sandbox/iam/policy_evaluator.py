"""Evaluates IAM policy documents. All functions are pure functions on dicts.

Source: IAM User Guide, "Policy evaluation logic" and "IAM JSON policy elements". If the evaluator
does not know something (an operator, a condition key without a value, NotPrincipal, a policy
variable), it raises `SandboxCannot`. It never counts it as a match or as a miss.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Literal

from sandbox.core.errors import SandboxCannot

Decision = Literal["allow", "deny", "silent"]
ContextValue = str | tuple[str, ...] | None


@dataclass(frozen=True)
class Request:
    """One request that a policy decides on.

    `principals` are the names by which a `Principal` element can name the caller, as `AWS:<arn>`
    or `Service:<name>`. `context` holds condition keys: a value, several values, or None for a key
    that this request is known to lack. If a policy uses a key that `context` does not list, the
    evaluation raises SandboxCannot, because the key's value in AWS is unknown here. A listed key
    that ends in `/*` means that every other key of that family is absent.
    """

    action: str
    resource: str
    principals: tuple[str, ...] = ()
    context: Mapping[str, ContextValue] = field(default_factory=dict)


def decide(policies: Iterable[Mapping[str, Any]], request: Request) -> Decision:
    """Return what identity policies decide. `deny` wins over `allow`; `silent` means neither."""
    return _strongest(
        statement["Effect"]
        for policy in policies
        for statement in statements_of(policy)
        if _applies(statement, request, needs_resource=True)
    )


def decide_resource(
    policy: Mapping[str, Any], request: Request, *, trust: bool = False
) -> Decision:
    """Return the decision of a resource policy. With `trust` it is a role's trust policy."""
    return _strongest(
        statement["Effect"]
        for statement in statements_of(policy)
        if _names_principal(statement, request.principals)
        and _applies(statement, request, needs_resource=not trust)
    )


def statements_of(policy: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the statements of a policy document. Its Statement may be one object or a list."""
    return _as_list(policy.get("Statement", []))


def matches_wildcard(pattern: str, text: str, *, ignore_case: bool = False) -> bool:
    """Tell whether an IAM pattern (`*` any characters, `?` any one character) matches a text."""
    return _wildcard(pattern, ignore_case).fullmatch(text) is not None


@lru_cache(maxsize=4096)
def _wildcard(pattern: str, ignore_case: bool) -> re.Pattern[str]:
    parts = {"*": ".*", "?": "."}
    regex = "".join(parts.get(char) or re.escape(char) for char in pattern)
    return re.compile(regex, re.DOTALL | (re.IGNORECASE if ignore_case else 0))


def _as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _strongest(effects: Iterable[str]) -> Decision:
    found = set(effects)
    if found - {"Allow", "Deny"}:
        raise SandboxCannot(f"policy effect {sorted(found - {'Allow', 'Deny'})}")
    if "Deny" in found:
        return "deny"
    return "allow" if found else "silent"


def _names_principal(statement: Mapping[str, Any], names: tuple[str, ...]) -> bool:
    if "NotPrincipal" in statement:
        raise SandboxCannot("evaluating NotPrincipal; use Principal instead")
    principal = statement.get("Principal")
    if principal is None:
        raise SandboxCannot("evaluating a resource policy statement without a Principal")
    if principal == "*":
        return True
    for kind, values in principal.items():
        if kind not in ("AWS", "Service", "Federated", "CanonicalUser"):
            raise SandboxCannot(f"evaluating a principal of kind {kind}")
        for value in _as_list(values):
            # IAM reads {"AWS": "*"} like "*": any principal, including services.
            if (kind == "AWS" and value == "*") or f"{kind}:{value}" in names:
                return True
    return False


def _applies(statement: Mapping[str, Any], request: Request, *, needs_resource: bool) -> bool:
    if "Action" in statement:
        if not _any_match(statement["Action"], request.action, ignore_case=True):
            return False
    elif _any_match(statement["NotAction"], request.action, ignore_case=True):
        return False
    if "Resource" in statement:
        if not _any_match(statement["Resource"], request.resource):
            return False
    elif "NotResource" in statement:
        if _any_match(statement["NotResource"], request.resource):
            return False
    elif needs_resource:
        raise SandboxCannot("evaluating a statement without Resource or NotResource")
    return all(
        _condition_holds(operator, key, _as_list(wanted), request.context)
        for operator, tests in statement.get("Condition", {}).items()
        for key, wanted in tests.items()
    )


def _any_match(patterns: Any, text: str, *, ignore_case: bool = False) -> bool:
    return any(
        matches_wildcard(_literal(p), text, ignore_case=ignore_case) for p in _as_list(patterns)
    )


def _literal(text: str) -> str:
    if "${" in text:
        raise SandboxCannot(f"evaluating the policy variable in {text!r}")
    return text


def _arn_like(wanted: str, actual: str) -> bool:
    # Each of the six parts of an ARN is compared separately: a * does not match a colon
    # (IAM User Guide, "ARN condition operators"). As in AWS, ArnEquals is the same as ArnLike.
    wanted_parts, actual_parts = wanted.split(":", 5), actual.split(":", 5)
    return len(wanted_parts) == len(actual_parts) and all(
        matches_wildcard(w, a) for w, a in zip(wanted_parts, actual_parts, strict=True)
    )


def _equal(wanted: str, actual: str) -> bool:
    return wanted == actual


def _equal_ignoring_case(wanted: str, actual: str) -> bool:
    return wanted.lower() == actual.lower()


def _numeric(compare: Callable[[float, float], bool]) -> Callable[[str, str], bool]:
    return lambda wanted, actual: compare(float(actual), float(wanted))


_OPERATORS: dict[str, Callable[[str, str], bool]] = {
    "StringEquals": _equal,
    "StringEqualsIgnoreCase": _equal_ignoring_case,
    "StringLike": matches_wildcard,
    "ArnEquals": _arn_like,
    "ArnLike": _arn_like,
    "Bool": _equal_ignoring_case,
    "NumericEquals": _numeric(lambda a, b: a == b),
    "NumericLessThan": _numeric(lambda a, b: a < b),
    "NumericLessThanEquals": _numeric(lambda a, b: a <= b),
    "NumericGreaterThan": _numeric(lambda a, b: a > b),
    "NumericGreaterThanEquals": _numeric(lambda a, b: a >= b),
}
_NEGATED = {
    "StringNotEquals": "StringEquals",
    "StringNotEqualsIgnoreCase": "StringEqualsIgnoreCase",
    "StringNotLike": "StringLike",
    "ArnNotEquals": "ArnEquals",
    "ArnNotLike": "ArnLike",
    "NumericNotEquals": "NumericEquals",
}


def _condition_holds(
    operator: str, key: str, wanted: list[Any], context: Mapping[str, ContextValue]
) -> bool:
    qualifier, _, name = operator.rpartition(":")
    if qualifier not in ("", "ForAnyValue", "ForAllValues"):
        raise SandboxCannot(f"the condition operator {operator}")
    actual = _context_value(key, context)
    texts = [_literal(_text(value)) for value in wanted]
    if name == "Null":
        return any((actual is None) == (text == "true") for text in texts)
    if_exists = name.endswith("IfExists")
    name = name.removesuffix("IfExists")
    negated = name in _NEGATED
    test = _OPERATORS.get(_NEGATED.get(name, name))
    if test is None:
        raise SandboxCannot(f"the condition operator {operator}")
    if actual is None:
        # IAM User Guide: without the key a condition fails, unless its operator is negated, ends
        # in IfExists, or is qualified with ForAllValues.
        return if_exists or (negated and qualifier != "ForAnyValue") or qualifier == "ForAllValues"
    values = actual if isinstance(actual, tuple) else (actual,)
    if len(values) > 1 and not qualifier:
        raise SandboxCannot(f"{operator} on the several values of {key} without a qualifier")
    results = [any(test(text, value) for text in texts) != negated for value in values]
    return all(results) if qualifier == "ForAllValues" else any(results)


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def _context_value(key: str, context: Mapping[str, ContextValue]) -> ContextValue:
    known = {name.lower(): value for name, value in context.items()}
    wanted = key.lower()
    if wanted in known:
        return known[wanted]
    if f"{wanted.split('/')[0]}/*" in known:
        return None
    raise SandboxCannot(f"the condition key {key}, whose value this call would have in AWS")
