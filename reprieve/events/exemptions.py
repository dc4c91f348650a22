"""Deletions that were decided: told, and not taken back.

Exemptions live in event patterns, not in a runbook, so that they hold with any runbook. A threat's
pattern is split in two, and every event that matches the threat matches exactly one of them.
"""

import copy
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from reprieve.events.threats import EventPattern

# Where a CloudTrail record names what an exemption is about (CloudTrail user guide, «userIdentity
# element»). A session of an assumed role has an ARN of its own; the role is its session's issuer.
_USER = ("userIdentity", "arn")
_ROLE = ("userIdentity", "sessionContext", "sessionIssuer", "arn")
_KEY = ("responseElements", "keyId")


@dataclass(frozen=True)
class Exemptions:
    """Who may delete keys, and which keys may be deleted, in one Region; ARNs all of them."""

    users: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        """Say whether anything is exempt."""
        return bool(self.users or self.roles or self.keys)


def exemptions_in(
    region: str, principals: Iterable[str], keys: Iterable[str], *, partition: str, account: str
) -> Exemptions:
    """Return what is exempt in a Region. `keys` are ids, which count in any Region, or ARNs."""
    principals = sorted(principals)
    arns = (
        key if key.startswith("arn:") else f"arn:{partition}:kms:{region}:{account}:key/{key}"
        for key in sorted(keys)
    )
    return Exemptions(
        users=tuple(arn for arn in principals if ":user/" in arn),
        roles=tuple(arn for arn in principals if ":role/" in arn),
        keys=tuple(arn for arn in arns if arn.split(":")[3] == region),
    )


def split(pattern: EventPattern, exemptions: Exemptions) -> tuple[EventPattern, EventPattern]:
    """Return the pattern of what is taken back, and that of what is approved.

    Nothing may fall between the two: a record that lacks a field is not exempt by it, so the first
    pattern takes the field's absence too. (`anything-but` alone does not match where it is absent.)

    Raises:
        ValueError: nothing is exempt, so there are no two patterns.
    """
    exempt = {
        path: list(arns)
        for path, arns in (
            (_USER, exemptions.users),
            (_ROLE, exemptions.roles),
            (_KEY, exemptions.keys),
        )
        if arns
    }
    if not exempt:
        raise ValueError("nothing is exempt")
    taken_back, approved = copy.deepcopy(pattern), copy.deepcopy(pattern)
    for path, arns in exempt.items():
        _put(taken_back["detail"], path, [{"anything-but": arns}, {"exists": False}])
    alternatives: list[dict[str, Any]] = []
    for path, arns in exempt.items():
        alternatives.append({})
        _put(alternatives[-1], path, arns)
    # EventBridge takes $or from two alternatives on.
    approved["detail"] |= {"$or": alternatives} if len(alternatives) > 1 else alternatives[0]
    return taken_back, approved


def _put(node: dict[str, Any], path: tuple[str, ...], value: list[Any]) -> None:
    for name in path[:-1]:
        node = node.setdefault(name, {})
    node[path[-1]] = value
