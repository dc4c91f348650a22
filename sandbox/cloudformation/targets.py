"""The accounts in which an operation on a stack set has its instances.

Sources: CloudFormation API reference, DeploymentTargets; User Guide, "Account level targets for
service-managed StackSets".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from sandbox.cloudformation.service import Json
from sandbox.cloudformation.templates import invalid
from sandbox.core.account import current_account
from sandbox.core.errors import SandboxCannot
from sandbox.iam.organization import STACK_SETS, Organization, organization_of

MAX_UNITS: Final = 50
"""API reference, CreateStackInstances: the units of one operation."""


@dataclass(frozen=True)
class Scope:
    """Whose stack sets a caller means: those of `account`, all or only the service-managed ones.

    `organization` is that of the account, or None.
    """

    account: str
    organization: Organization | None
    only_service_managed: bool


def scope_of(call_as: str) -> Scope:
    """Return the stack sets that the present account means with CallAs.

    API reference: a delegated administrator that signs in to its own account calls as
    DELEGATED_ADMIN. User Guide: its service-managed stack sets belong to the management account.
    """
    account = current_account()
    organization = organization_of(account)
    if call_as == "SELF":
        return Scope(account, organization, only_service_managed=False)
    if organization is None or not organization.is_delegated(account, STACK_SETS):
        raise invalid("Account used is not a delegated administrator")
    return Scope(organization.management, organization, only_service_managed=True)


def require_service_managed(scope: Scope) -> Organization:
    """Return the organization of a service-managed stack set.

    Raises:
        AwsError: The caller does not act for the management account, or the organization does not
            trust StackSets (ValidationError).
    """
    organization = scope.organization
    if organization is None or scope.account != organization.management:
        raise invalid(
            "You must be the management account or delegated admin account of an organization "
            "before operating a SERVICE_MANAGED stack set"
        )
    if not organization.trusts(STACK_SETS):
        raise invalid("You must enable organizations access to operate a service managed stack set")
    return organization


def in_organization(
    organization: Organization, targets: Json, is_creation: bool
) -> list[tuple[str, str]]:
    """Return the targeted accounts, each with the unit by which it is a target.

    Raises:
        AwsError: The targets are not such as StackSets takes (ValidationError).
    """
    units = targets.get("OrganizationalUnitIds") or []
    accounts = targets.get("Accounts") or []
    kind = targets.get("AccountFilterType") or ("UNION" if accounts else "NONE")
    if targets.get("AccountsUrl"):
        raise SandboxCannot("deployment targets with AccountsUrl")
    _check(units, accounts, kind, is_creation, bool(targets.get("AccountFilterType")))
    found: dict[str, str] = {}
    for unit in units:
        if not organization.has_unit(unit):
            raise invalid(f"OrganizationalUnit {unit} was not found")
        for account in organization.accounts_in(unit):
            found.setdefault(account, unit)
    if kind == "INTERSECTION":
        found = {account: unit for account, unit in found.items() if account in accounts}
    elif kind == "DIFFERENCE":
        found = {account: unit for account, unit in found.items() if account not in accounts}
    elif kind == "UNION":
        for account in accounts:
            found.setdefault(account, "")
    # StackSets does not deploy to the management account, wherever it is in the organization.
    found.pop(organization.management, None)
    return list(found.items())


def _check(
    units: list[str], accounts: list[str], kind: str, is_creation: bool, is_filter_given: bool
) -> None:
    if len(units) > MAX_UNITS:
        raise invalid(f"An operation has at most {MAX_UNITS} organizational units")
    if is_creation and not units:
        raise invalid("OrganizationalUnitIds are required")
    if not units and not accounts:
        raise invalid("DeploymentTargets must have OrganizationalUnitIds or Accounts")
    if is_creation and accounts and not is_filter_given:
        raise invalid("AccountFilterType should be specified when both OUs and accounts are")
    if is_creation and kind == "UNION":
        raise invalid("AccountFilterType UNION is not supported for CreateStackInstances")
    if kind in ("INTERSECTION", "DIFFERENCE") and not (units and accounts):
        raise invalid(f"AccountFilterType {kind} needs OrganizationalUnitIds and Accounts")
    if kind == "NONE" and accounts:
        raise invalid("AccountFilterType NONE takes no Accounts")
