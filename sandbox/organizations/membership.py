"""Puts accounts into an organization, and lets only those ask about it that AWS lets ask.

moto keeps the organization. It knows no rights, and it cannot add an account that exists already.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

from moto.iam.models import iam_backends
from moto.organizations.models import (
    FakeAccount,
    FakeDelegatedAdministrator,
    organizations_backends,
)

from sandbox.core.errors import AwsError, SandboxCannot
from sandbox.iam.organization import STACK_SETS, Organization, organization_of, organization_with

Json = dict[str, Any]

_HOME: Final = "us-east-1"
# API reference: every account of an organization can make this call, the others can be made by the
# management account and, if they only read, by a delegated administrator.
_FOR_ALL: Final = frozenset({"DescribeOrganization"})
_READS: Final = ("Describe", "List")
# Their accounts would have random ids, and the sandbox would not know them.
_NOT_HERE: Final = frozenset(
    {"CreateAccount", "CreateGovCloudAccount", "InviteAccountToOrganization"}
)
_PAGE: Final = 20
"""API reference, MaxResults of ListAccounts and of the lists of a parent: the length of a page."""
_PAGED: Final = frozenset(
    {"ListAccounts", "ListAccountsForParent", "ListOrganizationalUnitsForParent"}
)
_MOVES: Final = frozenset({"MoveAccount", "RemoveAccountFromOrganization"})
# moto does not know that StackSets has delegated administrators.
if STACK_SETS not in FakeDelegatedAdministrator.SUPPORTED_SERVICES:
    FakeDelegatedAdministrator.SUPPORTED_SERVICES.append(STACK_SETS)

Moved = Callable[[Organization, str, Sequence[str], Sequence[str]], None]
"""What has to know that an account was moved: the units above it before and after."""


def organize(management: str, members: Iterable[str], names: Mapping[str, str]) -> Organization:
    """Create an organization, and add members to it. `names` are those of accounts, by id.

    Raises:
        ValueError: The management account has an organization already.
    """
    if organization_of(management):
        raise ValueError(f"{management} is in an organization already")
    backend = organizations_backends[management]["aws"]
    backend.create_organization(_HOME, FeatureSet="ALL")
    found = organization_of(management)
    assert found is not None  # noqa: S101
    backend.accounts[0].name = names.get(management, "management")
    for account in members:
        add_member(found, account, names.get(account, f"account-{account}"))
    return found


def add_member(
    organization: Organization, account: str, name: str, unit: str | None = None
) -> None:
    """Add an account to a unit of an organization, as if it had been invited; else to its root."""
    backend = organization.backend
    assert backend.org is not None  # noqa: S101
    member = FakeAccount(backend.org, AccountName=name, Email=f"{account}@example.com")
    # moto makes an account with a random id, and a role in it. A role for the management account is
    # in created accounts only, not in invited ones.
    iam_backends.pop(member.id, None)
    member.id, member.joined_method = account, "INVITED"
    member.parent_id = unit or organization.root
    backend.accounts.append(member)


def join(account: str, unit: str, name: str | None = None) -> Organization:
    """Add an account to the organization that has a unit. Return the organization.

    Raises:
        ValueError: No organization has this unit, or the account is in one already.
    """
    if organization_of(account):
        raise ValueError(f"{account} is in an organization already")
    organization = organization_with(unit)
    if organization is None:
        raise ValueError(f"no organization has the unit {unit}")
    add_member(organization, account, name or f"account-{account}", unit)
    return organization


def answer(
    operation: str,
    parameters: Json,
    account: str,
    ask: Callable[[str, Json], Json],
    moved: Moved,
) -> Json | None:
    """Answer a call to Organizations, or return None if moto may answer it as it is.

    `ask` lets moto answer in the name of an account: (account, parameters). `moved` is called
    after a call that has moved an account.

    Raises:
        AwsError: The account may not make this call.
    """
    if operation in _NOT_HERE:
        raise SandboxCannot(f"{operation}; use Sandbox.add_account and Sandbox.organize")
    organization = organization_of(account)
    if organization is None:
        return None  # moto knows what to say about that.
    may_read = operation.startswith(_READS) and organization.is_administrator(account)
    if operation not in _FOR_ALL and account != organization.management and not may_read:
        raise AwsError(
            "AccessDeniedException", "You don't have permissions to access this resource."
        )
    if operation in _PAGED:
        given = parameters.get("MaxResults", _PAGE)
        parameters = {**parameters, "MaxResults": min(given, _PAGE)}
    if operation in _MOVES:
        child = str(parameters.get("AccountId"))
        before = organization.units_above(child)
        if operation == "MoveAccount":
            response = ask(organization.management, parameters)
        else:
            response = _remove(organization, child)
        moved(organization, child, before, organization.units_above(child))
        return response
    response = ask(organization.management, parameters)
    # moto does not divide this list into pages.
    return _page(response, parameters) if operation == "ListChildren" else response


def _remove(organization: Organization, account: str) -> Json:
    """Remove an account. moto could not, because it has not created it."""
    backend = organization.backend
    if account == organization.management:
        raise AwsError("MasterCannotLeaveOrganizationException", "It is the management account.")
    left = [each for each in backend.accounts if each.id != account]
    if len(left) == len(backend.accounts):
        raise AwsError("AccountNotFoundException", f"{account} is not in the organization.")
    backend.accounts[:] = left
    return {}


def _page(response: Json, parameters: Json) -> Json:
    """Return one page of the children. A token is a place in the list."""
    items, start = response["Children"], int(parameters.get("NextToken") or 0)
    end = start + min(parameters.get("MaxResults", _PAGE), _PAGE)
    following = {"NextToken": str(end)} if end < len(items) else {}
    return {"Children": items[start:end], **following}
