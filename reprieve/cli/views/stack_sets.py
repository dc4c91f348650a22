"""The stack sets in `reprieve validate` and `reprieve accounts`: the settings name no such account.

Which accounts they are, AWS Organizations knows: `reprieve status --organization` lists them.
"""

from typing import Any

from reprieve.settings.organization import STACK_SETS
from reprieve.settings.schema import Settings
from reprieve.template.organization import excluded_accounts
from reprieve.text import counted, some_names


def stack_sets_json(settings: Settings) -> dict[str, Any] | None:
    """Return what the stack sets deploy to, by the settings of any account; None without them."""
    if settings.organization.engine != STACK_SETS:
        return None
    return {
        "organizational_units": settings.organization.organizational_units,
        "excluded_accounts": excluded_accounts(settings),
        "regions": settings.members.regions.watched,
    }


def stack_sets_text(settings: Settings) -> str | None:
    """Return what the stack sets deploy to, as a sentence; None without them."""
    if settings.organization.engine != STACK_SETS:
        return None
    units = some_names(settings.organization.organizational_units)
    excluded = counted(len(excluded_accounts(settings)), "excluded account")
    regions = counted(len(settings.members.regions.watched), "Region")
    return (
        f"Stack sets deploy the common settings to all accounts below {units}, except "
        f"{excluded}: {regions} each."
    )
