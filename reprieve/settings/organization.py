"""`[organization]`: who deploys the guard to the accounts of an organization, and how.

With the engine "stacksets", CloudFormation stack sets of the hub's account deploy the guard to the
members: the accounts of the organizational units. Terraform deploys the hub's account, and each
other `[accounts.NAME]`.
"""

import re
from typing import Annotated, Any, Final

from pydantic import AfterValidator, BaseModel, BeforeValidator, Field, StrictBool

from reprieve.names import ORGANIZATION
from reprieve.settings.account import ACCOUNT_ID, EXAMPLE_ID
from reprieve.settings.invalid import invalid, plain
from reprieve.settings.state import Bucket
from reprieve.settings.unvalidated import Values, table

TERRAFORM: Final = "terraform"
STACK_SETS: Final = "stacksets"
ENGINES: Final = (TERRAFORM, STACK_SETS)
"""Who deploys the guard: Terraform to each account, or StackSets to those of an organization."""

# Organizations API reference, "Root" and "OrganizationalUnit": Id.
# A unit's id contains that of its root, without the r-.
ROOT = re.compile(r"r-(?P<root>[0-9a-z]{4,32})")
UNIT = re.compile(r"ou-(?P<root>[0-9a-z]{4,32})-[0-9a-z]{8,32}")
_AMOUNT = re.compile(r"(?P<number>0|[1-9]\d{0,5})(?P<percent>%?)")


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
    if not UNIT.fullmatch(text) and not ROOT.fullmatch(text):
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


DEFAULTS: Final = {key: field.default for key, field in OrganizationSettings.model_fields.items()}


def uses_stack_sets(values: Values) -> bool:
    """Return whether stack sets deploy to accounts, by settings before validation."""
    return table(values, "organization").get("engine") == STACK_SETS


def set_stack(stack: str) -> str:
    """Return the stack with the stack sets, by the stack of the hub's account."""
    return f"{stack}-{ORGANIZATION}"
