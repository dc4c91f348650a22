"""What the settings say of an organization, and whose credentials read it."""

from collections.abc import Sequence

from reprieve.aws.opening import any_account
from reprieve.guard.topology import hub_of
from reprieve.organization.overview import Expected, ExpectedSet
from reprieve.settings.organization import set_stack
from reprieve.settings.schema import Settings
from reprieve.template.organization import guard_template, roles_template


def administrator_of(accounts: Sequence[Settings]) -> Settings | None:
    """Return the settings of the account with the stack sets; None if none of these has them."""
    return next((each for each in accounts if each.has_stack_set), None)


def expected_of(administrator: Settings, accounts: Sequence[Settings]) -> Expected:
    """Return what the settings of the account with the stack sets say of the organization.

    The names are those of `accounts`.

    Raises:
        TemplateError: The template would exceed a limit of CloudFormation.
    """
    own, hub = administrator.organization, hub_of(administrator)
    assert hub, "stack sets need a hub"  # noqa: S101
    sets = administrator.resource_names
    templates = {
        sets.roles_set: roles_template(administrator),
        sets.guard_set: guard_template(administrator),
    }
    names = {each.account.id: each.account.name or "" for each in accounts}
    return Expected(
        sets=tuple(ExpectedSet(name, each.regions, each.text) for name, each in templates.items()),
        region=hub.region,
        units=own.organizational_units,
        excluded=frozenset(own.exclude_accounts),
        terraform={id: names.get(id, "") for id in administrator.all_account_ids},
        hub=f"{hub.account} {hub.region}",
        target=set_stack(administrator.stack),
    )


def caller_settings(administrator: Settings) -> Settings:
    """Return settings that open the account of any credentials.

    Those of the management account may read the organization, too. Without `--role-arn` the role
    is that of the account with the stack sets.
    """
    account = administrator.account
    found = any_account(administrator)
    role = found.account.model_copy(
        update={"role_arn": account.role_arn, "external_id": account.external_id}
    )
    return found.model_copy(update={"account": role})
