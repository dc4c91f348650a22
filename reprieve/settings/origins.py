"""Which file and which environment variables an error of the settings comes from."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import cast

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from reprieve.settings.accounts import (
    ACCOUNTS,
    AccountTable,
    Tables,
    Variables,
    member_values,
    overridden,
)
from reprieve.settings.errors import Place
from reprieve.settings.hub import UNKNOWN_HUB
from reprieve.settings.schema import Settings
from reprieve.settings.sources import variable_of
from reprieve.text import counted, nearest


@dataclass(frozen=True)
class Origins:
    """The sources of one account's settings.

    `file` is the name of the file, None if there is none. The environment overrides the common
    tables of its content; `account` overrides both, if the file has `[accounts.NAME]`.
    """

    file: str | None
    content: Tables
    variables: Variables
    account: AccountTable | None = None

    @property
    def values(self) -> dict[str, object]:
        """The settings of the account, before validation."""
        return self._values(self.variables)

    def _values(self, variables: Variables) -> dict[str, object]:
        if self.account:
            return self.account.values(self.content, variables)
        return overridden(self.content, variables)

    def place_of(self, error: ErrorDetails) -> Place:
        """Return the place of an error in the file: `("accounts", "prod", "notify", "emails")`."""
        return self.account.place_of(error["loc"]) if self.account else error["loc"]

    def full_names(self, text: str) -> str:
        """Return a rule or a hint with the names that its settings have in the file."""
        return self.account.full_names(text) if self.account else text

    def hint_of(self, error: ErrorDetails) -> str:
        """Return the hint of an error. For a hub that is no account, it is the nearest name."""
        rule, text, known = error["ctx"]["rule"], error["input"], self.content.get(ACCOUNTS)
        names = known if rule == UNKNOWN_HUB and isinstance(known, dict) else {}
        if near := nearest(str(text), names):
            return f"did you mean {near}?"
        return self.full_names(error["ctx"]["hint"])

    def of(self, error: ErrorDetails, accounts: Sequence[str] = ()) -> str:
        """Return the origin of an error: what to change, and what it does not go together with.

        Two settings may be wrong only together. Then the value in the file is an error only because
        of a variable, and the variable is named too.

        Args:
            error: The error.
            accounts: The names of the accounts in which a common setting has the error, if it has
                none in others.
        """
        table, *rest = error["loc"]
        is_common = self.place_of(error) == error["loc"]
        causes = [_tables(accounts)] if accounts else []
        if is_common and rest and rest[0] in self.variables.get(cast("str", table), {}):
            return " with ".join([variable_of(cast("str", table), cast("str", rest[0])), *causes])
        causes = [
            name for name, rest in self._without_each.items() if _identity(error) not in rest
        ] + causes
        if self.file is None:
            return " and ".join(causes) or "the environment"
        return f"{self.file} with {' and '.join(causes)}" if causes else self.file

    @cached_property
    def _without_each(self) -> dict[str, frozenset[tuple[Place, str]]]:
        """The errors that are left without a variable, by variable."""
        return {
            variable_of(table, key): _errors_of(self._values(_without(self.variables, table, key)))
            for table, keys in self.variables.items()
            for key in keys
        }


class MemberOrigins(Origins):
    """The sources of the settings that stack sets deploy to many accounts: the common tables."""

    def _values(self, variables: Variables) -> dict[str, object]:
        return member_values(self.content, variables) or {}


def _tables(accounts: Sequence[str]) -> str:
    """Return the tables of some accounts, `[accounts.a], [accounts.b] and 3 others`."""
    named = [f"[accounts.{name}]" for name in accounts[:3]]
    others = len(accounts) - len(named)
    if others:
        return f"{', '.join(named)} and {counted(others, 'other')}"
    return " and ".join(named)


def _without(variables: Variables, table: str, key: str) -> Variables:
    return {
        name: {each: value for each, value in keys.items() if (name, each) != (table, key)}
        for name, keys in variables.items()
    }


def _errors_of(values: dict[str, object]) -> frozenset[tuple[Place, str]]:
    try:
        Settings.model_validate(values)
    except ValidationError as error:
        return frozenset(map(_identity, error.errors(include_url=False)))
    return frozenset()


def _identity(error: ErrorDetails) -> tuple[Place, str]:
    return error["loc"], error["ctx"]["rule"]
