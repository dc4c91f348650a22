"""`[accounts.NAME]`: a table for each account, which overrides the common tables key by key."""

import re
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from pydantic_core import InitErrorDetails

from reprieve.settings.account import EXAMPLE_ID, MEMBER_ID, AccountSettings, stack_of
from reprieve.settings.errors import Place, key_of
from reprieve.settings.hub import senders_errors, with_hub_account
from reprieve.settings.hub_quotas import hub_quota_errors
from reprieve.settings.hub_senders import Party, path_errors
from reprieve.settings.invalid import invalid_at
from reprieve.settings.organization import uses_stack_sets
from reprieve.settings.organization_errors import hub_account_errors
from reprieve.settings.schema import TABLES
from reprieve.settings.sources import READ_ONLY_VARIABLE
from reprieve.settings.split import equal_stacks
from reprieve.settings.state import shared_by, without_other_backends
from reprieve.text import nearest

ACCOUNT: Final = "account"
ACCOUNTS: Final = "accounts"
"""The table of one account, and the one that has a table for each of several accounts."""

ORGANIZATION: Final = "organization"
OVERRIDABLE: Final = tuple(table for table in TABLES if table not in (ACCOUNT, ORGANIZATION))
"""The tables that an account can override."""

MAX_NAME: Final = 40
"""Characters in the NAME of `[accounts.NAME]`."""

# The name ends that of the stack, of a file and of a workspace in HCP Terraform.
_NAME = re.compile(rf"[A-Za-z0-9](?:[A-Za-z0-9-]{{0,{MAX_NAME - 2}}}[A-Za-z0-9])?")

_EXAMPLE: Final = "such as [accounts.production]"

Tables = Mapping[str, object]
Variables = Mapping[str, Mapping[str, object]]
Errors = Iterator[InitErrorDetails]


def overridden(content: Tables, variables: Variables) -> dict[str, object]:
    """Return the common tables, overridden key by key. An invalid table stays as it is."""
    merged = {table: keys for table, keys in content.items() if table != ACCOUNTS}
    for table, keys in variables.items():
        under = merged.get(table, {})
        if table == "state" and isinstance(under, dict):
            under = without_other_backends(under, keys)
        merged[table] = {**under, **keys} if isinstance(under, dict) else under
    return merged


@dataclass(frozen=True)
class AccountTable:
    """`[accounts.NAME]`: the keys of the account itself, and the tables that it overrides."""

    name: str
    own: Tables
    overrides: Tables

    def values(self, content: Tables, variables: Variables) -> dict[str, object]:
        """Return the settings of the account, before validation.

        The environment overrides the common tables of the file. The account's table is more
        specific: it overrides both, key by key. Lists are replaced.
        """
        merged = overridden(content, variables) | {ACCOUNT: dict(self.own)}
        for table, keys in self.overrides.items():
            under = merged.get(table, {})
            if not isinstance(keys, dict) or not isinstance(under, dict):
                merged[table] = keys
                continue
            over = keys
            if table == "state":
                under = without_other_backends(under, keys)
                if "backend" not in keys:
                    over = without_other_backends(keys, variables.get(table, {}))
            merged[table] = {**under, **over}
        return with_hub_account(merged, content.get(ACCOUNTS))

    def place_of(self, place: Place) -> Place:
        """Return a place in the account's settings as a place in the file."""
        table, *keys = place
        if table == ACCOUNT:
            return (ACCOUNTS, self.name, *keys)
        return (ACCOUNTS, self.name, *place) if self._has(str(table), keys) else place

    def full_names(self, text: str) -> str:
        """Return a sentence with the full names of the settings that the account overrides."""

        def full(found: re.Match[str]) -> str:
            table, key = found.groups()
            is_own = table == ACCOUNT or self._has(table, [key])
            return key_of(self.place_of((table, key))) if is_own else found[0]

        return re.sub(rf"\b({'|'.join(TABLES)})\.([a-z_]+)\b", full, text)

    def _has(self, table: str, keys: Sequence[str | int]) -> bool:
        given = self.overrides.get(table)
        if isinstance(given, dict):
            return not keys or keys[0] in given
        return table in self.overrides


def account_tables(
    content: Tables, variables: Variables
) -> tuple[list[AccountTable], list[InitErrorDetails]]:
    """Return the tables of the accounts, and every error in their form and between them.

    A table with an invalid name is among both, so that its other errors are found too.

    Args:
        content: The content of the file of settings.
        variables: The settings in the environment, `{table: {key: value}}`.
    """
    common = with_hub_account(overridden(content, variables), content.get(ACCOUNTS))
    if ACCOUNTS not in content:
        return [], list(hub_account_errors(common, {}))
    accounts = content[ACCOUNTS]
    errors = list(_both_forms_errors(content, variables))
    if not isinstance(accounts, dict):
        rule, hint = "is not a table of tables", f"write a table for each account, {_EXAMPLE}"
        return [], [*errors, invalid_at((ACCOUNTS,), accounts, rule, hint)]
    if not accounts:
        hint = f"add a table for each account, {_EXAMPLE}, or remove it"
        return [], [*errors, invalid_at((ACCOUNTS,), None, "has no account", hint)]
    for name, table in accounts.items():
        errors += _form_errors(name, table)
    tables = [_split(name, table) for name, table in accounts.items() if isinstance(table, dict)]
    ids = {each.name: each.own.get("id") for each in tables}
    errors += hub_account_errors(common, ids) if ids else []
    return tables, [*errors, *_between_errors(tables, content, variables)]


def read_role_errors(
    tables: Sequence[AccountTable], content: Tables, variables: Variables
) -> Errors:
    """Yield an error for each account that has a role, and none that can change nothing.

    Args:
        tables: The tables of the accounts; empty for the settings of one account.
        content: The content of the file of settings.
        variables: The settings in the environment, `{table: {key: value}}`.
    """
    own: dict[Place, object] = {(ACCOUNTS, each.name): each.own for each in tables}
    for place, table in (own or {(ACCOUNT,): overridden(content, variables).get(ACCOUNT)}).items():
        if isinstance(table, dict) and "role_arn" in table and "read_role_arn" not in table:
            yield invalid_at(
                (*place, "read_role_arn"),
                None,
                f"is required with role_arn if {READ_ONLY_VARIABLE} is 1",
                "add it: a role of the account that can change nothing, with the policy that "
                "`reprieve policy plan` prints",
            )


def member_values(content: Tables, variables: Variables) -> dict[str, object] | None:
    """Return the settings of the accounts that stack sets deploy to, before validation.

    They are the common tables. None if no stack set deploys.
    """
    common = overridden(content, variables)
    if not uses_stack_sets(common):
        return None
    return with_hub_account({**common, ACCOUNT: {"id": MEMBER_ID}}, content.get(ACCOUNTS))


def _parties(
    tables: Sequence[AccountTable], content: Tables, variables: Variables
) -> Iterator[Party]:
    """Yield each account, and those that stack sets deploy to as one: theirs are common tables."""
    for each in tables:
        values = each.values(content, variables)
        yield Party(f"{ACCOUNTS}.{each.name}", each.own.get("id"), values, each.place_of)
    if members := member_values(content, variables):
        name = "the accounts of the stack sets"
        yield Party(name, MEMBER_ID, members, lambda place: place, is_many=True)


def _split(name: str, table: Tables) -> AccountTable:
    own = {key: table[key] for key in AccountSettings.model_fields if key in table}
    return AccountTable(name, own, {key: table[key] for key in OVERRIDABLE if key in table})


def _form_errors(name: str, table: object) -> Errors:
    """Yield an invalid name, a missing id, and keys that an account does not have."""
    if not isinstance(table, dict):
        hint = f"write its keys below its name in brackets, {_EXAMPLE}"
        if name in AccountSettings.model_fields:
            hint = f"{name} belongs to the table of an account, {_EXAMPLE}"
        yield invalid_at((ACCOUNTS, name), table, "is not a table", hint)
        return
    if not _NAME.fullmatch(name):
        yield invalid_at(
            (ACCOUNTS, name),
            None,
            "is not named by 1 to 40 letters (A-Z, a-z) and digits, with hyphens only between them",
            "name it like [accounts.production]: the name becomes part of the stack's",
        )
    if "id" not in table:
        hint = f'add it: id = "{EXAMPLE_ID}"'
        yield invalid_at((ACCOUNTS, name, "id"), None, "is required", hint)
    state = table.get("state")
    if isinstance(state, dict) and "split" in state:
        rule, hint = "is for all accounts together", "write it under [state]"
        yield invalid_at((ACCOUNTS, name, "state", "split"), state["split"], rule, hint)
    if ORGANIZATION in table:
        rule, hint = "is for all accounts together", "write its keys under [organization]"
        yield invalid_at((ACCOUNTS, name, ORGANIZATION), table[ORGANIZATION], rule, hint)
    for key in table:
        if key not in (*OVERRIDABLE, *AccountSettings.model_fields, ORGANIZATION):
            hint = _where_it_belongs(name, key)
            yield invalid_at((ACCOUNTS, name, key), table[key], "is not a setting", hint)


def _where_it_belongs(name: str, key: str) -> str:
    owners = [table for table in OVERRIDABLE if key in TABLES[table]]
    if owners:
        tables = " or ".join(f"[accounts.{name}.{table}]" for table in owners)
        return f"it belongs to the table {tables}"
    if key == ACCOUNT:
        return f"write its keys directly under [accounts.{name}]"
    known = (*AccountSettings.model_fields, *OVERRIDABLE)
    near = nearest(key, known)
    return f"did you mean {near}?" if near else f"an account has {', '.join(known)}"


def _both_forms_errors(content: Tables, variables: Variables) -> Errors:
    """Yield an error for `[account]` beside `[accounts]`, in the file and in the environment."""
    rule = "is for the settings of one account; these have [accounts]"
    if ACCOUNT in content:
        hint = f"move its keys to a table of their own, {_EXAMPLE}"
        yield invalid_at((ACCOUNT,), content[ACCOUNT], rule, hint)
    for key, value in variables.get(ACCOUNT, {}).items():
        hint = f"unset the variable, and write {key} in the table of its account"
        yield invalid_at((ACCOUNT, key), value, rule, hint)


def _between_errors(
    tables: Sequence[AccountTable], content: Tables, variables: Variables
) -> Errors:
    """Yield the ids, names and states that two accounts have, and the errors of their hubs."""
    yield from senders_errors([each.values(content, variables) for each in tables])
    parties = list(_parties(tables, content, variables))
    yield from path_errors(parties)
    yield from hub_quota_errors(parties)
    ids: dict[str, str] = {}
    names: dict[str, str] = {}
    states: dict[Hashable, str] = {}
    reported: set[Place] = set()
    state = overridden(content, variables).get("state")
    split = state.get("split") if isinstance(state, dict) else None
    for name, other in equal_stacks(split, {each.name: stack_of(each.name) for each in tables}):
        rule = f"has the stack {stack_of(name)}, which is a part of accounts.{other} too"
        yield invalid_at((ACCOUNTS, name), None, rule, "give one of them another name")
    for each in tables:
        other = names.setdefault(each.name.lower(), each.name)
        if other != each.name:
            yield invalid_at(
                (ACCOUNTS, each.name),
                None,
                f"has the same name as accounts.{other}: upper and lower case are equal in the "
                "names of files",
                "give one of them another name",
            )
        id = each.own.get("id")
        if isinstance(id, str) and (other := ids.setdefault(id, each.name)) != each.name:
            rule = f"is the id of accounts.{other} too"
            yield invalid_at((ACCOUNTS, each.name, "id"), id, rule, "remove one of the two")
        state = each.values(content, variables).get("state", {})
        if not isinstance(state, dict):
            continue
        key, where = shared_by(state, stack_of(each.name))
        place = each.place_of(("state", key))
        # A common place is reported once, however many accounts there are.
        if (other := states.setdefault(where, each.name)) != each.name and place not in reported:
            reported.add(place)
            yield invalid_at(
                place,
                state.get(key),
                f"is the state of accounts.{other} and of accounts.{each.name}; each account has "
                "its own",
                "write STACK in it, which stands for the name of the stack",
            )
