"""Automatic deployments: what happens when an account comes into a target unit, or leaves it.

Source: CloudFormation User Guide, "Enable or disable automatic deployments for StackSets in AWS
Organizations". A target is an organizational unit with everything below it, and has Regions.
"""

from __future__ import annotations

from collections.abc import Sequence

from sandbox.cloudformation import operations
from sandbox.cloudformation.service import Machinery
from sandbox.cloudformation.stack_sets import StackSet
from sandbox.cloudformation.stacks import kept_by
from sandbox.core.account import in_account
from sandbox.iam.organization import STACK_SETS, Organization


def account_moved(
    machinery: Machinery,
    organization: Organization,
    account: str,
    before: Sequence[str],
    after: Sequence[str],
) -> None:
    """Start the deployments and deletions that follow from the move of an account.

    `before` and `after` are the ids of the units above it, none outside of the organization.
    """
    if account == organization.management or not organization.trusts(STACK_SETS):
        return
    for stack_set in list(kept_by(organization.management).stack_sets.values()):
        if stack_set.status == "ACTIVE" and stack_set.is_automatic:
            with in_account(organization.management):
                _adapt(machinery, stack_set, account, before, after)


def _adapt(
    machinery: Machinery,
    stack_set: StackSet,
    account: str,
    before: Sequence[str],
    after: Sequence[str],
) -> None:
    wanted = _regions(stack_set, after)
    gone = [region for region in _regions(stack_set, before) if region not in wanted]
    gone = [region for region in gone if (account, region) in stack_set.instances]
    if gone:
        operations.start(
            machinery,
            stack_set,
            "DELETE",
            [(account, "")],
            gone,
            is_retaining=stack_set.retains_on_removal,
            is_automatic=True,
        )
    for region, unit in wanted.items():
        # An account that moved from one target to another keeps its stack.
        if instance := stack_set.instances.get((account, region)):
            instance.unit = unit
    by_unit: dict[str, list[str]] = {}
    for region, unit in wanted.items():
        if (account, region) not in stack_set.instances:
            by_unit.setdefault(unit, []).append(region)
    for unit, regions in by_unit.items():
        operations.start(
            machinery,
            stack_set,
            "CREATE",
            [(account, unit)],
            regions,
            targets={"OrganizationalUnitIds": [unit]},
            is_automatic=True,
        )


def _regions(stack_set: StackSet, units: Sequence[str]) -> dict[str, str]:
    """Return the Regions of the targets among some units, each with its unit: the nearest one."""
    found: dict[str, str] = {}
    for unit in units:
        for region in stack_set.automatic.get(unit, []):
            found.setdefault(region, unit)
    return found
