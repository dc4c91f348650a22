"""Very many accounts in the sandbox's organization, with the records of their stacks."""

from collections.abc import Iterable, Sequence
from typing import Any, Final

from sandbox.cloudformation.stack_sets import Instance, StackSet
from sandbox.cloudformation.stacks import kept_by
from sandbox.core.account import ACCOUNT_ID
from sandbox.iam.organization import organization_of
from sandbox.organizations import membership
from sandbox.server import HOME_REGION, Sandbox

MANAGEMENT: Final = "100000000000"
STACK_SETS: Final = "member.org.stacksets.cloudformation.amazonaws.com"
"""The service principal of StackSets (Organizations user guide, "AWS CloudFormation StackSets")."""


def ids(count: int) -> list[str]:
    """Return the ids of so many accounts."""
    return [f"{200000000000 + index}" for index in range(count)]


def organize(sandbox: Sandbox, count: int, units: int) -> str:
    """Put so many accounts into an organization, in units below one; return the id of that one.

    The sandbox's own account is the delegated administrator of StackSets, which is trusted. The
    accounts are records only: nothing can be called in them.
    """
    sandbox.add_account(MANAGEMENT)
    sandbox.organize(MANAGEMENT, {ACCOUNT_ID: "security"})
    client = sandbox.client("organizations", HOME_REGION, MANAGEMENT)
    client.enable_aws_service_access(ServicePrincipal=STACK_SETS)
    client.register_delegated_administrator(AccountId=ACCOUNT_ID, ServicePrincipal=STACK_SETS)
    (root,) = client.list_roots()["Roots"]
    top = _unit(client, root["Id"], "workloads")
    below = [_unit(client, top, f"area-{index}") for index in range(units)]
    organization = organization_of(MANAGEMENT)
    assert organization  # noqa: S101
    for index, account in enumerate(ids(count)):
        membership.add_member(organization, account, f"team-{index}", below[index % units])
    return top


def _unit(client: Any, parent: str, name: str) -> str:
    made = client.create_organizational_unit(ParentId=parent, Name=name)
    return str(made["OrganizationalUnit"]["Id"])


def fill(
    name: str,
    region: str,
    template: str,
    unit: str,
    accounts: Iterable[str],
    regions: Sequence[str],
) -> dict[tuple[str, str], Instance]:
    """Add a stack set with its instances, all up to date; return these by account and Region."""
    identifier = f"{name}:00000000-0000-0000-0000-000000000000"
    arn = f"arn:aws:cloudformation:{region}:{MANAGEMENT}:stackset/{identifier}"
    stack_set = StackSet(
        identifier, name, region, arn, template, {}, [], {}, True, is_automatic=True
    )
    stack_set.automatic = {unit: list(regions)}
    for account in accounts:
        for each in regions:
            stack_set.instances[account, each] = Instance(
                account, each, unit, "CURRENT", "SUCCEEDED"
            )
    kept_by(MANAGEMENT).stack_sets[identifier] = stack_set
    return stack_set.instances
