"""All accounts that the settings are for."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from reprieve.errors import ExitCode, ReprieveError
from reprieve.settings.schema import Settings
from reprieve.settings.sources import READ_ONLY_VARIABLE
from reprieve.text import nearest, some_names


class UnknownAccount(ReprieveError):
    """`--account` or `REPRIEVE_ACCOUNT` names an account that the settings do not have."""

    exit_code = ExitCode.USAGE


class SeveralAccounts(ReprieveError):
    """The settings are for several accounts, and one is needed."""

    exit_code = ExitCode.USAGE


class ReadOnlyError(ReprieveError):
    """A command would change something, and `REPRIEVE_READ_ONLY` is 1."""

    exit_code = ExitCode.USAGE


@dataclass(frozen=True)
class Deployment:
    """The settings of each account: at least one, in the order of the file.

    An account has a name, or it is the only one: see `Settings.account`. If it is `read_only`, its
    `role_arn` is the role that can change nothing.
    """

    accounts: tuple[Settings, ...]
    read_only: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the accounts; empty without `[accounts.NAME]`."""
        return tuple(each.account.name for each in self.accounts if each.account.name)

    @property
    def only(self) -> Settings:
        """The settings of the only account.

        Raises:
            SeveralAccounts: There are several.
        """
        if len(self.accounts) > 1:
            raise SeveralAccounts(
                f"The settings are for {len(self.accounts)} accounts: {some_names(self.names)}.",
                "Select one: set REPRIEVE_ACCOUNT to its name.",
            )
        return self.accounts[0]

    def select(self, names: Sequence[str]) -> "Deployment":
        """Return the deployment with some of its accounts only, in the order of the file.

        Each of them still knows the ids of all.

        Raises:
            UnknownAccount: The settings do not have one of them.
        """
        for name in names:
            if name not in self.names:
                named = [each.account.name for each in self.accounts if each.account.id == name]
                hint = (
                    f"This is an id. Write the name of the account: {named[0]}."
                    if named and named[0]
                    else _hint(name, self.names)
                )
                raise UnknownAccount(f'The settings have no account "{name}".', hint)
        selected = tuple(each for each in self.accounts if each.account.name in names)
        return replace(self, accounts=selected)

    def require_changes_allowed(self, command: str) -> None:
        """Refuse a command that changes something, such as `reprieve drill`.

        Raises:
            ReadOnlyError: REPRIEVE_READ_ONLY is 1.
        """
        if self.read_only:
            raise ReadOnlyError(
                f"{READ_ONLY_VARIABLE} is 1: `{command}` changes something, so nothing was done.",
                "Unset the variable to run the command.",
            )


def _hint(name: str, known: Sequence[str]) -> str:
    if not known:
        return "They are for one account, without a table [accounts.NAME]: select none."
    near = nearest(name, known)
    return f"Did you mean {near}?" if near else f"The accounts are {some_names(known)}."
