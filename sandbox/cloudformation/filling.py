"""Fills a stack set with instances that have no stacks, to simulate a large organization."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable

from moto.utilities.utils import get_partition

from sandbox.cloudformation.stack_sets import Instance, StackSet
from sandbox.cloudformation.stacks import kept_by

State = tuple[str, str, str]
"""The status, the detailed status and the reason of an instance."""
CURRENT: State = ("CURRENT", "SUCCEEDED", "")


def fill(
    account: str,
    name: str,
    places: Iterable[tuple[str, str]],
    unit: str,
    state: Callable[[str, str], State] = lambda account, region: CURRENT,
) -> StackSet:
    """Add an instance for each place (account and Region) to a stack set. Return the stack set.

    Only the records exist: no stack is deployed, and an account need not be one of the sandbox.
    `account` is the one to which the stack set belongs. `unit` is the unit by which the accounts
    are targets, and `state` returns the state of the instance in an account and Region.

    Raises:
        LookupError: The account has no stack set of this name.
    """
    found = [
        each
        for each in kept_by(account).stack_sets.values()
        if each.name == name and each.status == "ACTIVE"
    ]
    if not found:
        raise LookupError(f"{account} has no stack set {name}")
    stack_set = found[0]
    for member, region in places:
        status, detail, reason = state(member, region)
        partition, identifier = get_partition(region), uuid.uuid4()
        stack_set.instances[member, region] = Instance(
            member,
            region,
            unit,
            status,
            detail,
            reason,
            f"arn:{partition}:cloudformation:{region}:{member}:stack/StackSet-{name}-{identifier}/"
            f"{identifier}",
        )
        targets = stack_set.automatic.setdefault(unit, [])
        if region not in targets:
            targets.append(region)
    return stack_set
