"""The command `reprieve accounts`."""

from collections.abc import Sequence
from typing import Annotated, Any, Final

import typer

from reprieve.aws.account import AccountError, reason_and_hint
from reprieve.aws.opening import Access, any_account, open_accounts
from reprieve.aws.organization import Found, OrganizationError, Presence, compare, members_of
from reprieve.cli.common import (
    AsJson,
    ExternalId,
    Format,
    OutputFormat,
    Profiles,
    Roles,
    access_of,
    chosen,
    console,
)
from reprieve.cli.options.run import OptionError
from reprieve.cli.output import print_as
from reprieve.cli.views.accounts import show, toml
from reprieve.cli.views.stack_sets import stack_sets_json
from reprieve.guard.layout import stacks_of
from reprieve.location import Location
from reprieve.settings.arns import principal_partition
from reprieve.settings.loader import NoSettings, load
from reprieve.settings.schema import Settings

_COLUMNS: Final = (
    *("account", "name", "presence", "stack", "state", "role_arn", "read_role_arn"),
    *("organization_name", "stacks"),
)


def accounts(
    from_organization: Annotated[
        bool,
        typer.Option("--from-organization", help="Compare them with those of AWS Organizations."),
    ] = False,
    role_name: Annotated[
        str | None,
        typer.Option(
            "--role-name",
            metavar="NAME",
            help="With --from-organization: the role to assume in each new account.",
        ),
    ] = None,
    read_role_name: Annotated[
        str | None,
        typer.Option(
            "--read-role-name",
            metavar="NAME",
            help="With --role-name: the role for plans and checks, which can change nothing.",
        ),
    ] = None,
    profile: Profiles = None,
    role_arn: Roles = None,
    external_id: ExternalId = None,
    format: Format = OutputFormat.TABLE,
    as_json: AsJson = False,
) -> None:
    """List the accounts of the settings, and their states.

    With --from-organization, print tables [accounts.NAME] for the active accounts of AWS
    Organizations that the settings do not have, to be pasted into reprieve.toml. Comments name the
    accounts of the settings that are no longer active there. It needs the credentials of the
    management account or of a delegated administrator, and changes nothing.

    \b
    Exit codes:
      0  the accounts were listed
      1  the organization could not be read
      2  the settings, the options or the credentials have an error
    """  # noqa: D301 - click reads the \b: the lines that follow stay as they are
    format = chosen(format, as_json)
    access = access_of(profile, role_arn, external_id)
    if not from_organization:
        if role_name or read_role_name or access != Access():
            raise OptionError(
                "--role-name, --read-role-name, --profile, --role-arn and --external-id are for "
                "--from-organization only."
            )
        listed = load().accounts
        print_as(
            format,
            as_json=lambda: {
                "accounts": [_row(each) for each in listed],
                "stack_sets": stack_sets_json(listed[0]),
            },
            columns=_COLUMNS,
            rows=lambda: map(_row, listed),
            view=lambda: show(listed, console()),
        )
        return
    if read_role_name and not role_name:
        raise OptionError("--read-role-name is for --role-name only.")
    for option, name in (("--role-name", role_name), ("--read-role-name", read_role_name)):
        if name and not principal_partition(_role(Location("aws", "", "0" * 12), name)):
            raise OptionError(
                f"{option} {name}: This is not the name of an IAM role.",
                "Write it like Deployment, or with its path like ci/Deployment.",
            )
    settings = _settings()
    found, partition = _compared(settings, access)
    by_id = {each.account.id: each for each in settings}
    stack_sets = any(each.has_stack_set for each in settings)

    def roles_of(each: Found) -> dict[str, str]:
        if each.presence is not Presence.NEW:
            return {}
        names = {"role_arn": role_name, "read_role_arn": read_role_name}
        location = Location(partition, "", each.id)
        return {key: _role(location, name) for key, name in names.items() if name}

    def row(each: Found) -> dict[str, Any]:
        known = _row(by_id[each.id]) if each.id in by_id else {}
        return {
            **dict.fromkeys(_COLUMNS),
            **known,
            "account": each.id,
            "name": each.name,
            "presence": each.presence,
            "organization_name": each.member.name if each.member else None,
            **roles_of(each),
        }

    print_as(
        format,
        as_json=lambda: {"accounts": [row(each) for each in found]},
        columns=_COLUMNS,
        rows=lambda: map(row, found),
        view=lambda: print(toml(found, roles_of, stack_sets=stack_sets), end=""),
    )


def _role(location: Location, name: str) -> str:
    """Return the ARN of a role of an account; the name may begin with its path."""
    return location.global_arn("iam", f"role/{name}")


def _settings() -> Sequence[Settings]:
    """Return the settings of the accounts; none if there are no settings yet."""
    try:
        return load().accounts
    except NoSettings:
        return ()


def _compared(settings: Sequence[Settings], access: Access) -> tuple[list[Found], str]:
    """Return the accounts, and the partition of the organization.

    Raises:
        AccountError: the credentials open several accounts or none.
        OrganizationError: the organization cannot be read.
    """
    # The credentials are those of the management account, whatever account the settings are for.
    wanted = any_account(settings[0] if settings else None)
    opened, closed = open_accounts(access, [wanted])
    if len(opened) + len(closed) > 1:
        raise AccountError("An organization is read with the credentials of one account.")
    account = opened[0].account
    try:
        members = members_of(account, wanted.regions.home)
    except Exception as error:
        raise OrganizationError(
            f"The accounts of the organization cannot be listed. {reason_and_hint(error)[0]}",
            reason_and_hint(error)[1]
            or "Use the management account, or a delegated administrator.",
        ) from error
    return compare(settings, members), account.arn.split(":")[1]


def _row(settings: Settings) -> dict[str, Any]:
    return {
        **dict.fromkeys(_COLUMNS),
        "account": settings.account.id,
        "name": settings.account.name,
        "stack": settings.stack,
        "state": settings.state.describe(settings.stack),
        "stacks": stacks_of(settings),
        "role_arn": settings.account.role_arn,
        "read_role_arn": settings.account.read_role_arn,
    }
