"""`[organization]`: who deploys the guard to the accounts of an organization, and how.

With the engine "stacksets", CloudFormation stack sets of the hub's account deploy the guard to the
members: the accounts of the organizational units. Terraform deploys the hub's account, and each
other `[accounts.NAME]`.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Final

from pydantic import AfterValidator, BaseModel, BeforeValidator, Field, StrictBool
from pydantic_core import InitErrorDetails

from reprieve.names import ORGANIZATION
from reprieve.settings.account import ACCOUNT_ID, EXAMPLE_ID, MEMBER_ID
from reprieve.settings.hub import HUB_TOPOLOGY, given_hub
from reprieve.settings.invalid import invalid, invalid_at, plain
from reprieve.settings.split import STACK_WORD, state_name
from reprieve.settings.state import Bucket
from reprieve.settings.unvalidated import Texts, Values, entry_texts, table, texts

TERRAFORM: Final = "terraform"
STACK_SETS: Final = "stacksets"
ENGINES: Final = (TERRAFORM, STACK_SETS)
"""Who deploys the guard: Terraform to each account, or StackSets to those of an organization."""

# Organizations API reference, "Root" and "OrganizationalUnit": Id.
# A unit's id contains that of its root, without the r-.
_ROOT = re.compile(r"r-(?P<root>[0-9a-z]{4,32})")
_UNIT = re.compile(r"ou-(?P<root>[0-9a-z]{4,32})-[0-9a-z]{8,32}")
_AMOUNT = re.compile(r"(?P<number>0|[1-9]\d{0,5})(?P<percent>%?)")

Errors = Iterator[InitErrorDetails]


def _engine(text: str) -> str:
    """Refuse an unknown engine."""
    if text not in ENGINES:
        raise invalid(
            'is not "terraform" or "stacksets"',
            'write "stacksets" to deploy to the accounts of an organization: docs/stacksets.md',
        )
    return text


def _unit(text: str) -> str:
    """Refuse what is neither an organizational unit nor a root."""
    if not _UNIT.fullmatch(text) and not _ROOT.fullmatch(text):
        raise invalid(
            "is not the id of an organizational unit or of a root",
            'write it like "ou-abcd-12345678", or "r-abcd" for all accounts',
        )
    return text


def _excluded(text: str) -> str:
    """Refuse anything but the id of an account."""
    if not ACCOUNT_ID.fullmatch(text):
        raise invalid(
            "is not the id of an account, which has 12 digits",
            f'write it like "{EXAMPLE_ID}". An [accounts.NAME] is excluded anyway',
        )
    return text


def _as_text(value: Any) -> Any:
    """Return a number as text: 50 is the same as "50"."""
    return str(value) if type(value) is int else value


def _amount(text: str, *, least: int) -> str:
    found = _AMOUNT.fullmatch(text)
    if not found or int(found["number"]) < least:
        raise invalid(
            f"is neither a number of accounts from {least} on nor a percentage",
            'write it like 50, or "10%"',
        )
    if found["percent"] and int(found["number"]) > 100:
        raise invalid("is more than 100%", 'write "100%"')
    return text


def _concurrent(text: str) -> str:
    """Refuse anything but at least one account."""
    return _amount(text, least=1)


def _tolerated(text: str) -> str:
    """Refuse anything but a number of accounts."""
    return _amount(text, least=0)


_Engine = Annotated[str, AfterValidator(plain), AfterValidator(_engine)]
_Unit = Annotated[str, AfterValidator(plain), AfterValidator(_unit)]
_Excluded = Annotated[str, AfterValidator(plain), AfterValidator(_excluded)]
_Concurrent = Annotated[str, BeforeValidator(_as_text), AfterValidator(_concurrent)]
_Tolerated = Annotated[str, BeforeValidator(_as_text), AfterValidator(_tolerated)]


class OrganizationSettings(BaseModel, frozen=True, extra="forbid"):
    """How the accounts of an organization get their guard."""

    engine: _Engine = Field(
        default=TERRAFORM,
        description='Who deploys the guard to the accounts: "terraform", each account of the '
        'settings, or "stacksets", CloudFormation stack sets also to all accounts of '
        "organizational units, and to those that join later. See [stacksets.md](stacksets.md).",
    )
    organizational_units: tuple[_Unit, ...] = Field(
        default=(),
        description='stacksets, required: the organizational units, like ["ou-abcd-12345678"], '
        'with all accounts below them, or the root ["r-abcd"].',
    )
    exclude_accounts: tuple[_Excluded, ...] = Field(
        default=(),
        description="stacksets: ids of accounts of these units that get no guard. The accounts of "
        "`[accounts]` are excluded anyway: Terraform deploys them.",
    )
    concurrent_accounts: _Concurrent = Field(
        default="10%",
        description="stacksets: how many accounts of a Region are deployed at once, as a number or "
        'like "10%", which is rounded down, to at least one.',
    )
    tolerated_failures: _Tolerated = Field(
        default="10%",
        description="stacksets: in how many accounts of a Region a deployment may fail before it "
        'stops, as a number or like "10%", which is rounded down.',
    )
    parallel_regions: StrictBool = Field(
        default=False,
        description="stacksets: deploy all Regions at once. Otherwise one follows the other, and "
        "a failed one stops those after it.",
    )
    managed_execution: StrictBool = Field(
        default=True,
        description="stacksets: let StackSets run several operations at once, and queue those that "
        "conflict. Otherwise an operation fails while another one is running.",
    )
    delegated_administrator: StrictBool = Field(
        default=True,
        description="stacksets: the hub's account is a delegated administrator of StackSets. "
        "false: it is the management account.",
    )
    retain_stacks: StrictBool = Field(
        default=False,
        description="stacksets: keep the guard of an account that leaves its organizational unit, "
        "and of a unit or Region that leaves the settings. Nobody maintains it then. Choose before "
        "the first deployment.",
    )
    template_bucket: Bucket | None = Field(
        default=None,
        description="stacksets: an S3 bucket of the hub's account and Region for the template. "
        "Default: Reprieve creates one.",
    )


_DEFAULTS: Final = {key: field.default for key, field in OrganizationSettings.model_fields.items()}


def uses_stack_sets(values: Values) -> bool:
    """Return whether stack sets deploy to accounts, by settings before validation."""
    return table(values, "organization").get("engine") == STACK_SETS


def organization_errors(values: Values, partition: str | None) -> Errors:
    """Yield the errors between `[organization]` and other settings.

    Args:
        values: The settings with their defaults, before validation: each value may be anything.
        partition: The partition of the settings, if it is known.
    """
    given = table(values, "organization")
    if not uses_stack_sets(values):
        for key, value in given.items() if given.get("engine") == TERRAFORM else ():
            if key != "engine" and key in _DEFAULTS and value not in (_DEFAULTS[key], []):
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
            if _ROOT.fullmatch(unit):
                rule = "is the root, which includes every other unit of the list"
                yield invalid_at(at, unit, rule, "remove it, or the others")
    hub = given_hub(table(values, "notify")).get("account")
    for at, id in texts(values, "organization", "exclude_accounts").items():
        if id == hub:
            rule = "is the hub's account, which is excluded anyway"
            yield invalid_at(at, id, rule, "remove it: Terraform deploys this account")


def _foreign_unit_errors(units: Texts) -> Errors:
    """Yield each unit that cannot be of the same organization as the first one."""
    found = {at: _ROOT.fullmatch(unit) or _UNIT.fullmatch(unit) for at, unit in units.items()}
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


def set_stack(stack: str) -> str:
    """Return the stack with the stack sets, by the stack of the hub's account."""
    return f"{stack}-{ORGANIZATION}"
