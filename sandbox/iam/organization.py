"""The organization that an account belongs to. moto keeps it, in its management account."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from moto.organizations.models import OrganizationsBackend, organizations_backends

STACK_SETS: Final = "member.org.stacksets.cloudformation.amazonaws.com"
"""The service principal of StackSets for trusted access and delegated administrators."""


@dataclass(frozen=True)
class Organization:
    """An organization: its root, its organizational units and its accounts."""

    id: str
    root: str
    management: str
    backend: OrganizationsBackend

    def is_administrator(self, account: str) -> bool:
        """Tell whether an account is the management account or a delegated administrator."""
        delegated = (admin.account.id for admin in self.backend.admins)
        return account == self.management or account in delegated

    def is_delegated(self, account: str, service: str) -> bool:
        """Tell whether an account is a delegated administrator of a service, and no other one."""
        admins = self.backend.admins
        return any(admin.account.id == account and service in admin.services for admin in admins)

    def trusts(self, service: str) -> bool:
        """Tell whether the organization has enabled trusted access for a service."""
        return any(each["ServicePrincipal"] == service for each in self.backend.services)

    def units_above(self, child: str) -> tuple[str, ...]:
        """Return the ids of the units of an account or a unit, from its parent to the root."""
        parents = {each.id: each.parent_id for each in self.backend.ou}
        parents |= {each.id: each.parent_id for each in self.backend.accounts}
        found: list[str] = []
        while parent := parents.get(found[-1] if found else child):
            found.append(parent)
        return tuple(found)

    def has_unit(self, unit: str) -> bool:
        """Tell whether there is an organizational unit, or a root, of this id."""
        return any(each.id == unit for each in self.backend.ou)

    def accounts_in(self, unit: str) -> list[str]:
        """Return the ids of the accounts of a unit or the root, with those of nested units."""
        inside = {unit} | {each.id for each in self.backend.ou if unit in self.units_above(each.id)}
        return [each.id for each in self.backend.accounts if each.parent_id in inside]

    def is_suspended(self, account: str) -> bool:
        """Tell whether an account is closed."""
        return any(each.id == account and each.status != "ACTIVE" for each in self.backend.accounts)

    def path_of(self, account: str) -> str:
        """Return the place of an account, in the form of aws:PrincipalOrgPaths.

        Source: IAM User Guide, "AWS global condition context keys".
        """
        return "/".join((self.id, *reversed(self.units_above(account)))) + "/"


def organization_of(account: str) -> Organization | None:
    """Return the organization of an account, or None."""
    for found in _organizations():
        if any(member.id == account for member in found.backend.accounts):
            return found
    return None


def organization_with(unit: str) -> Organization | None:
    """Return the organization that has a unit or root of this id, or None."""
    return next((each for each in _organizations() if each.has_unit(unit)), None)


def _organizations() -> Iterator[Organization]:
    for management, partitions in list(organizations_backends.items()):
        for backend in list(partitions.values()):
            if org := backend.org:
                yield Organization(org.id, org.root_id, str(management), backend)
