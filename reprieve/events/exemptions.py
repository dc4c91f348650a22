"""Approved deletions: Reprieve sends an alert and does not cancel them.

Exemptions are part of event patterns, not of a runbook, so that they apply with any runbook.
`split` divides the pattern of a threat in two. Every event of the threat matches exactly one.
"""

import copy
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from reprieve.events.threat import EventPattern

# Where a CloudTrail record names principal and key (CloudTrail user guide, "userIdentity element").
# A session of an assumed role has its own ARN; the role is the issuer of the session.
_USER = ("userIdentity", "arn")
_ROLE = ("userIdentity", "sessionContext", "sessionIssuer", "arn")
_KEY = ("responseElements", "keyId")


@dataclass(frozen=True)
class Exemptions:
    """The ARNs of the exempt principals and keys in one Region."""

    users: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        """Return whether anything is exempt."""
        return bool(self.users or self.roles or self.keys)


def exemptions_in(
    region: str, principals: Iterable[str], keys: Iterable[str], *, partition: str, account: str
) -> Exemptions:
    """Return the exemptions in a Region. `keys` are ids, which apply in any Region, or ARNs."""
    users, roles = _users_and_roles(principals)
    arns = (
        key if key.startswith("arn:") else f"arn:{partition}:kms:{region}:{account}:key/{key}"
        for key in sorted(keys)
    )
    return Exemptions(
        users=users,
        roles=roles,
        keys=tuple(arn for arn in arns if arn.split(":")[3] == region),
    )


def split(pattern: EventPattern, exemptions: Exemptions) -> tuple[EventPattern, EventPattern]:
    """Return the pattern of the events to remediate, and that of the approved ones.

    Every event must match one of the two.

    Raises:
        ValueError: Nothing is exempt.
    """
    if not exemptions:
        raise ValueError("nothing is exempt")
    exempt = {_USER: exemptions.users, _ROLE: exemptions.roles, _KEY: exemptions.keys}
    remediated, approved = _without(pattern, exempt), copy.deepcopy(pattern)
    alternatives: list[dict[str, Any]] = []
    for path, arns in exempt.items():
        if arns:
            alternatives.append({})
            _put(alternatives[-1], path, list(arns))
    # EventBridge requires at least two alternatives in $or.
    approved["detail"] |= {"$or": alternatives} if len(alternatives) > 1 else alternatives[0]
    return remediated, approved


def without_callers(pattern: EventPattern, principals: Iterable[str]) -> EventPattern:
    """Return the pattern of the same events, but for those of calls by these roles and users.

    The ARN of a role may have wildcards.
    """
    users, roles = _users_and_roles(principals)
    return _without(pattern, {_USER: users, _ROLE: roles})


def _users_and_roles(principals: Iterable[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    principals = sorted(principals)
    return (
        tuple(arn for arn in principals if ":user/" in arn),
        tuple(arn for arn in principals if ":role/" in arn),
    )


def _without(
    pattern: EventPattern, exempt: Mapping[tuple[str, ...], tuple[str, ...]]
) -> EventPattern:
    """Return the pattern of the same events but those with one of the values at one of the paths.

    A record without a field is not exempt by it, so the pattern also matches if the field is
    absent: `anything-but` alone does not.
    """
    limited = copy.deepcopy(pattern)
    for path, arns in exempt.items():
        if arns:
            others = {"wildcard": list(arns)} if any("*" in arn for arn in arns) else list(arns)
            _put(limited["detail"], path, [{"anything-but": others}, {"exists": False}])
    return limited


def _put(node: dict[str, Any], path: tuple[str, ...], value: list[Any]) -> None:
    for name in path[:-1]:
        node = node.setdefault(name, {})
    node[path[-1]] = value
