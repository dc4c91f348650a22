"""Puts the accounts of a running sandbox into an organization."""

from __future__ import annotations

from collections.abc import Mapping

from sandbox.core.account import ACCOUNT_ID
from sandbox.gateway.accounts import Accounts
from sandbox.observations import Observations
from sandbox.organizations import membership


class Organizing(Observations):
    """The organization of the accounts."""

    _accounts: Accounts

    def organize(self, management: str = ACCOUNT_ID, names: Mapping[str, str] | None = None) -> str:
        """Put all accounts into an organization. Return its id. `names` are by account id.

        An account that is added later is no member, unless `add_account` gets a unit. Only the
        management account and delegated administrators may list the accounts.

        Raises:
            ValueError: There is an organization already.
        """
        members = [account for account in self._accounts.ids if account != management]
        return membership.organize(management, members, names or {}).id

    def _join(self, account: str, unit: str, name: str | None) -> None:
        organization = membership.join(account, unit, name)
        above = organization.units_above(account)
        self._services.cloudformation.account_moved(organization, account, (), above)
