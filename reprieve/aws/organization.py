"""The accounts of AWS Organizations, beside those of the settings."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from reprieve.aws.account import Account
from reprieve.errors import ReprieveError
from reprieve.settings.accounts import MAX_NAME
from reprieve.settings.schema import Settings


class OrganizationError(ReprieveError):
    """AWS Organizations does not answer, or does not answer to these credentials."""


class Presence(StrEnum):
    """Where an account is: in the settings, in the organization, or in both."""

    KNOWN = "known"
    """In both, and active."""
    NEW = "new"
    """Active in the organization, and not in the settings."""
    GONE = "gone"
    """In the settings, and not in the organization."""
    INACTIVE = "inactive"
    """In the settings, and suspended, closed or not activated in the organization."""


@dataclass(frozen=True)
class Member:
    """An account of the organization. `state` is AWS's: `ACTIVE`, `SUSPENDED` and others."""

    id: str
    name: str
    state: str

    @property
    def is_active(self) -> bool:
        """Whether the account can be used."""
        return self.state == "ACTIVE"


@dataclass(frozen=True)
class Found:
    """An account of the settings or of the organization.

    `name` is the NAME of `[accounts.NAME]`, the proposed one if the account is new; None for the
    account of `[account]`. `member` is None if the organization does not have the account.
    """

    id: str
    name: str | None
    presence: Presence
    member: Member | None = None


def members_of(account: Account, region: str) -> list[Member]:
    """Return the accounts of the organization, active or not; raises what boto3 does.

    Only the management account and delegated administrators may list them.
    """
    pages = account.client("organizations", region).get_paginator("list_accounts").paginate()
    # API reference, Account: State replaces Status, which is retired on September 9, 2026. An older
    # botocore knows Status alone.
    return [
        Member(each["Id"], each.get("Name", ""), each.get("State") or each.get("Status", ""))
        for page in pages
        for each in page["Accounts"]
    ]


def compare(accounts: Sequence[Settings], members: Iterable[Member]) -> list[Found]:
    """Return the accounts of the settings, then the new ones of the organization by their names.

    Accounts of the organization that are neither active nor in the settings are left out.
    """
    by_id = {each.id: each for each in members}
    found = []
    for each in accounts:
        if id := each.account.id:
            member = by_id.pop(id, None)
            found.append(Found(id, each.account.name, _presence(member), member))
    taken = {name.lower() for each in accounts if (name := each.account.name)}
    for member in sorted(by_id.values(), key=lambda member: (member.name.lower(), member.id)):
        if member.is_active:
            name = _free_name(member, taken)
            taken.add(name)
            found.append(Found(member.id, name, Presence.NEW, member))
    return found


def _presence(member: Member | None) -> Presence:
    if member is None:
        return Presence.GONE
    return Presence.KNOWN if member.is_active else Presence.INACTIVE


def _free_name(member: Member, taken: Iterable[str]) -> str:
    """Return a name for `[accounts.NAME]`, from the account's, that no other account has."""
    name = re.sub(r"[^a-z0-9]+", "-", member.name.lower())[:MAX_NAME].strip("-")
    if name and name not in taken:
        return name
    # The id makes it unique.
    return f"{name or 'account'}"[: MAX_NAME - 13].strip("-") + f"-{member.id}"
