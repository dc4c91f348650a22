"""Puts accounts into an organization, and lets only those ask about it that AWS lets ask.

moto keeps the organization. It knows no rights, and it cannot add an account that exists already.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from moto.iam.models import iam_backends
from moto.organizations.models import FakeAccount, organizations_backends

from sandbox.core.errors import AwsError, SandboxCannot
from sandbox.iam.organization import Organization, organization_of

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
"""API reference, ListAccounts: the length of a page."""


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


def add_member(organization: Organization, account: str, name: str) -> None:
    """Add an account to an organization, as if it had been invited."""
    backend = organization.backend
    assert backend.org is not None  # noqa: S101
    member = FakeAccount(backend.org, AccountName=name, Email=f"{account}@example.com")
    # moto makes an account with a random id, and a role in it. A role for the management account is
    # in created accounts only, not in invited ones.
    iam_backends.pop(member.id, None)
    member.id, member.joined_method = account, "INVITED"
    backend.accounts.append(member)


def answer(
    operation: str, parameters: Json, account: str, ask: Callable[[str, Json], Json]
) -> Json | None:
    """Answer a call to Organizations, or return None if moto may answer it as it is.

    `ask` lets moto answer in the name of an account: (account, parameters).

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
    if operation == "ListAccounts":
        given = parameters.get("MaxResults", _PAGE)
        parameters = {**parameters, "MaxResults": min(given, _PAGE)}
    return ask(organization.management, parameters)
