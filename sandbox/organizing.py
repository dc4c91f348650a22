"""Puts the accounts of a running sandbox into an organization."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from sandbox.cloudformation import filling
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

    def fill_stack_set(
        self,
        name: str,
        accounts: Iterable[str],
        regions: Iterable[str],
        unit: str,
        state: Callable[[str, str], filling.State] = lambda account, region: filling.CURRENT,
    ) -> None:
        """Simulate a large organization: add accounts to a unit, and instances to a stack set.

        These are records only, which the calls that list accounts and stack instances return. No
        stack is deployed, and the accounts are none of the sandbox's: nothing else can be done with
        them. `name` is that of a service-managed stack set. `state` returns for an account and
        Region the status, the detailed status and the reason of its instance: (CURRENT, SUCCEEDED,
        "") by default. 1,000 accounts in 17 Regions take about a second.

        Raises:
            ValueError: No organization has the unit.
            LookupError: The organization has no stack set of this name.
        """
        wanted, places = list(accounts), list(regions)
        organization = membership.add_records(wanted, unit)
        filling.fill(
            organization.management,
            name,
            ((account, region) for region in places for account in wanted),
            unit,
            state,
        )

    def _join(self, account: str, unit: str, name: str | None) -> None:
        organization = membership.join(account, unit, name)
        above = organization.units_above(account)
        self._services.cloudformation.account_moved(organization, account, (), above)
