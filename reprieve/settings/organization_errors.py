"""The errors between `[organization]` and other settings."""

from collections.abc import Iterator, Mapping
from typing import Final

from pydantic_core import InitErrorDetails

from reprieve.settings.account import ACCOUNT_ID, EXAMPLE_ID, MEMBER_ID
from reprieve.settings.hub import HUB_TOPOLOGY, given_hub
from reprieve.settings.invalid import invalid_at
from reprieve.settings.organization import (
    DEFAULTS,
    ROOT,
    STACK_SETS,
    TERRAFORM,
    UNIT,
    set_stack,
    uses_stack_sets,
)
from reprieve.settings.split import STACK_WORD, state_name
from reprieve.settings.unvalidated import Texts, Values, entry_texts, table, texts

Errors = Iterator[InitErrorDetails]


def organization_errors(values: Values, partition: str | None) -> Errors:
    """Yield the errors between `[organization]` and other settings.

    Args:
        values: The settings with their defaults, before validation: each value may be anything.
        partition: The partition of the settings, if it is known.
    """
    given = table(values, "organization")
    if not uses_stack_sets(values):
        for key, value in given.items() if given.get("engine") == TERRAFORM else ():
            if key != "engine" and key in DEFAULTS and value not in (DEFAULTS[key], []):
                yield invalid_at(
                    ("organization", key),
                    value,
                    'has no effect with organization.engine = "terraform"',
                    'remove it, or set organization.engine = "stacksets"',
                )
        return
    yield from _unit_errors(values)
    yield from _hub_errors(values)
    yield from _state_errors(values)
    engine = ("organization", "engine")
    if partition == "aws-cn":
        # CloudFormation user guide (China), "Prerequisites for stack set operations".
        yield invalid_at(
            engine,
            STACK_SETS,
            "needs service-managed stack sets, which AWS does not offer in China",
            'set engine = "terraform"',
        )
    if given.get("parallel_regions") is True and given.get("managed_execution") is False:
        yield invalid_at(
            ("organization", "parallel_regions"),
            True,
            "needs organization.managed_execution = true: an operation fails while another one is "
            "running",
            "remove one of the two",
        )
    if table(values, "account").get("id") == MEMBER_ID:
        yield from _member_errors(values)


def _unit_errors(values: Values) -> Errors:
    """Yield missing units, and a root beside what it includes."""
    place = ("organization", "organizational_units")
    units = texts(values, *place)
    if not units and table(values, "organization").get("organizational_units") in ((), []):
        yield invalid_at(
            place,
            None,
            'is required with organization.engine = "stacksets"',
            'write organizational_units = ["ou-abcd-12345678"], or the root for all accounts',
        )
    foreign = list(_foreign_unit_errors(units))
    yield from foreign
    if len(units) > 1 and not foreign:
        for at, unit in units.items():
            if ROOT.fullmatch(unit):
                rule = "is the root, which includes every other unit of the list"
                yield invalid_at(at, unit, rule, "remove it, or the others")
    hub = given_hub(table(values, "notify")).get("account")
    for at, id in texts(values, "organization", "exclude_accounts").items():
        if id == hub:
            rule = "is the hub's account, which is excluded anyway"
            yield invalid_at(at, id, rule, "remove it: Terraform deploys this account")


def _foreign_unit_errors(units: Texts) -> Errors:
    """Yield each unit that cannot be of the same organization as the first one."""
    found = {at: ROOT.fullmatch(unit) or UNIT.fullmatch(unit) for at, unit in units.items()}
    roots = {at: match["root"] for at, match in found.items() if match}
    for at, root in roots.items():
        first, of_first = next(iter(roots.items()))
        if root != of_first:
            yield invalid_at(
                at,
                units[at],
                f'is of another organization than "{units[first]}": its root is r-{root}, and not '
                f"r-{of_first}",
                "copy both ids from AWS Organizations: all units of an organization have ids like "
                "ou-ROOT-UNIT with the same ROOT",
            )


def _hub_errors(values: Values) -> Errors:
    """Yield the parts of the hub that members need."""
    notify = table(values, "notify")
    place, hub = ("organization", "engine"), given_hub(notify)
    if notify.get("topology") != HUB_TOPOLOGY:
        yield invalid_at(
            place,
            STACK_SETS,
            'needs notify.topology = "hub": nobody can confirm subscriptions in every account',
            'set notify.topology = "hub"' + ("" if _is_complete(hub) else _COMPLETE_HUB),
        )
        return
    for key, what, example in (
        ("account", "the account of the hub, which is also that of the stack sets", EXAMPLE_ID),
        ("organization_id", "so that accounts that join later may forward to it", "o-…"),
    ):
        if key not in hub:
            rule = f"needs notify.hub.{key}: {what}"
            yield invalid_at(place, STACK_SETS, rule, f'add {key} = "{example}" to notify.hub')


_COMPLETE_HUB: Final = ', and notify.hub = { account = "…", organization_id = "o-…" }'


def _is_complete(hub: Mapping[str, object]) -> bool:
    """Return whether a hub has the keys that members need."""
    return {"account", "organization_id"} <= hub.keys()


def _state_errors(values: Values) -> Errors:
    """Yield a name of the state that the stack of the stack sets would share."""
    state = table(values, "state")
    name = state_name(state.get("backend"))
    text = state.get(name)
    if isinstance(text, str) and STACK_WORD not in text and state.get("split") == "account":
        yield invalid_at(
            ("state", name),
            text,
            "is the state of both stacks of the hub's account with organization.engine = "
            '"stacksets"',
            "write STACK in it, which stands for the name of the stack, or remove it",
        )


def _member_errors(values: Values) -> Errors:
    """Yield what a template for all accounts cannot have."""
    remediation = table(values, "remediation")
    own = "write it under [accounts.NAME.remediation] for an account that Terraform deploys"
    if remediation.get("adaptive_concurrency") is True:
        yield invalid_at(
            ("remediation", "adaptive_concurrency"),
            True,
            "changes a service setting, which CloudFormation cannot: the accounts of the stack "
            "sets would not have it",
            f"remove it, or {own}",
        )
    if isinstance(role := remediation.get("automation_role_arn"), str):
        yield invalid_at(
            ("remediation", "automation_role_arn"),
            role,
            "is a role of one account, and the stack sets deploy to many",
            f"remove it: Reprieve then creates a role in each account. Or {own}",
        )
    for place, type in entry_texts(values, "channel", "type").items():
        if type == "user-notifications":
            yield invalid_at(
                place,
                type,
                "notifies people of the events of its own account, and the stack sets cannot "
                "deploy it to the others",
                "remove it: the channels of the hub's account send the alerts of all accounts. To "
                "keep it for the events of one account, list that account's channels as "
                "[[accounts.NAME.channel]], with this one among them",
            )


def hub_account_errors(values: Values, accounts: Mapping[str, object]) -> Errors:
    """Yield a hub in none of the accounts, and an account whose stack has the name of the sets'.

    The type of the hub's account refuses what is no id.

    Args:
        values: The common settings, before validation: each value may be anything.
        accounts: The id of each account of the settings by its name; empty without
            `[accounts.NAME]`.
    """
    hub = given_hub(table(values, "notify")).get("account")
    if not uses_stack_sets(values) or not isinstance(hub, str) or not ACCOUNT_ID.fullmatch(hub):
        return
    place = ("notify", "hub", "account")
    if not accounts:
        if table(values, "account").get("id") not in (None, hub):
            rule = "is another account, and the stack sets are deployed with the hub's account"
            yield invalid_at(place, hub, rule, 'set engine = "terraform" in this account')
        return
    owner = next((name for name, id in accounts.items() if id == hub), None)
    if owner is None:
        yield invalid_at(
            place,
            hub,
            "is none of the accounts in [accounts], and the stack sets are deployed with its stack",
            f'add a table for it: [accounts.security], with id = "{hub}"',
        )
        return
    for name in accounts:
        if name.lower() == set_stack(owner).lower():
            rule = f"has the name of the stack of the stack sets, which belongs to accounts.{owner}"
            yield invalid_at(("accounts", name), None, rule, "give one of them another name")
