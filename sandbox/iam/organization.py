"""The organization that an account belongs to. moto keeps it, in its management account."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from moto.organizations.models import OrganizationsBackend, organizations_backends


@dataclass(frozen=True)
class Organization:
    """An organization. `path` is the place of its accounts, which are all below its root.

    The form of a path is that of aws:PrincipalOrgPaths (IAM User Guide, "AWS global condition
    context keys").
    """

    id: str
    path: str
    management: str
    backend: OrganizationsBackend

    def is_administrator(self, account: str) -> bool:
        """Tell whether an account is the management account or a delegated administrator."""
        delegated = (admin.account.id for admin in self.backend.admins)
        return account == self.management or account in delegated


def organization_of(account: str) -> Organization | None:
    """Return the organization of an account, or None."""
    for found in _organizations():
        if any(member.id == account for member in found.backend.accounts):
            return found
    return None


def _organizations() -> Iterator[Organization]:
    for management, partitions in list(organizations_backends.items()):
        for backend in list(partitions.values()):
            if org := backend.org:
                yield Organization(org.id, f"{org.id}/{org.root_id}/", str(management), backend)
