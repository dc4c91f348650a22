"""The templates of the stack sets: a guard for each member, whose alerts the hub sends.

They are two, since the roles have to be there first: a stack set keeps the order of the Regions
only in the operations that somebody starts, and not when an account joins.
"""

from reprieve import __version__
from reprieve.guard.forwarding import relay_region
from reprieve.settings.schema import Settings
from reprieve.template.account import account_resources, guard_regions, guard_resources
from reprieve.template.cases import Case
from reprieve.template.limits import TemplateError
from reprieve.template.merge import Merger
from reprieve.template.template import Template, template_of


def roles_template(settings: Settings) -> Template:
    """Return the template of what a member has once: the roles, and the dashboard.

    It is for the home Region only. `settings` are those of the hub's account.

    Raises:
        TemplateError: The settings deploy no stack set.
    """
    members = _members(settings)
    home = members.regions.home
    resources = {Case(home): account_resources(members)}
    merger = Merger((home,))
    return template_of(
        f"Reprieve {__version__}: the IAM roles of the guard of an account's KMS keys.",
        (home,),
        Resources=merger.resources(resources),
    )


def guard_template(settings: Settings) -> Template:
    """Return the template of a member's guard, which needs the roles.

    It is for each watched Region, and for that of IAM's events. `settings` are those of the hub's
    account.

    Raises:
        TemplateError: The settings deploy no stack set, or the template would exceed a limit of
            CloudFormation.
    """
    members = _members(settings)
    regions = guard_regions(members)
    names = {frozenset(members.regions.watched): "IsWatchedRegion"}
    if relay := relay_region(members):
        names[frozenset([relay])] = "IsRelayRegion"
    merger = Merger(regions, names)
    resources = merger.resources(guard_resources(members))
    return template_of(
        f"Reprieve {__version__}: guards the KMS keys of an account. The hub sends the alerts.",
        regions,
        Mappings=merger.mappings,
        Conditions=merger.conditions,
        Resources=resources,
    )


def excluded_accounts(settings: Settings) -> tuple[str, ...]:
    """Return the ids of the accounts that the stack sets do not deploy to, sorted."""
    return tuple(sorted({*settings.all_account_ids, *settings.organization.exclude_accounts}))


def _members(settings: Settings) -> Settings:
    try:
        return settings.members
    except ValueError as error:
        raise TemplateError(
            f"{error}: there is no stack set.",
            'Set organization.engine = "stacksets", or print the template for a single account.',
        ) from error
