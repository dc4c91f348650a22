"""The command `reprieve status`."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated

import typer

from reprieve.aws.opening import Access
from reprieve.cli.common import (
    AsJson,
    ExternalId,
    Format,
    OutputFormat,
    Profiles,
    Regions,
    Report,
    Roles,
    Timeout,
    access_of,
    asked_regions,
    chosen,
    console,
    exit_with,
    open_accounts,
    region_count,
    warn,
)
from reprieve.cli.options.run import OptionError
from reprieve.cli.organization import LIMIT, show_organization
from reprieve.cli.output import print_as
from reprieve.cli.views.csv_rows import STATUS_COLUMNS, status_rows
from reprieve.cli.views.progress import progress
from reprieve.cli.views.status import show
from reprieve.settings.loader import load
from reprieve.settings.schema import Settings
from reprieve.status.status import AccountStatus, status_of


def status(
    region: Regions = None,
    profile: Profiles = None,
    role_arn: Roles = None,
    external_id: ExternalId = None,
    timeout: Timeout = 60,
    only_failed: Annotated[
        bool,
        typer.Option("--only-failed", help="Show only the Regions where a check failed."),
    ] = False,
    organization: Annotated[
        bool,
        typer.Option(
            "--organization",
            help="Show what the stack sets of [organization] deployed in all accounts.",
        ),
    ] = False,
    resume: Annotated[
        bool,
        typer.Option(
            "--resume",
            help="With --organization: continue a run of the last hour that was interrupted.",
        ),
    ] = False,
    limit: Annotated[
        int | None,
        typer.Option(
            "--limit",
            metavar="NUMBER",
            min=1,
            help="With --organization: show at most so many problems, and so many accounts of "
            f"each. Default: {LIMIT}.",
        ),
    ] = None,
    format: Format = OutputFormat.TABLE,
    as_json: AsJson = False,
) -> None:
    """Check whether every Region is guarded.

    Compares each guard with the settings, and checks that it receives events and sends alerts.
    It changes nothing.

    With --organization, read from the delegated administrator's or the management account what the
    stack sets deployed: which accounts and Regions have the guard, and which accounts do not.

    \b
    Exit codes:
      0  every check passed
      1  a check failed, or something could not be read
      2  the settings, the options or the credentials have an error
    """  # noqa: D301 - click reads the \b: the lines that follow stay as they are
    format = chosen(format, as_json)
    access = access_of(profile, role_arn, external_id)
    if organization:
        if region:
            raise OptionError(
                "--region and --organization do not fit together.",
                "--organization shows every Region. Leave out --region; for the rows of one Region "
                "use --format csv.",
            )
        show_organization(
            access, resume=resume, only_failed=only_failed, limit=limit or LIMIT, format=format
        )
    if resume or limit:
        raise OptionError("--resume and --limit are for --organization only.")
    deployment = load()
    warn(deployment)
    report = _check(deployment.accounts, region, access, timeout)
    healthy = not report.closed and all(each.is_healthy for each in report.accounts)
    shown = [each.without_passed() if only_failed else each for each in report.accounts]
    print_as(
        format,
        as_json=lambda: replace(report, accounts=shown).as_json("healthy", passed=healthy),
        columns=STATUS_COLUMNS,
        rows=lambda: status_rows(shown),
        view=lambda: show(
            report.accounts, console(), closed=len(report.closed), only_failed=only_failed
        ),
    )
    exit_with(healthy)


def _check(
    accounts: Sequence[Settings], region: list[str] | None, access: Access, timeout: float
) -> Report[AccountStatus]:
    chosen_accounts, asked = asked_regions(region, accounts)
    opened, closed = open_accounts(access, chosen_accounts)
    ids = {each.account.id for each in opened}
    with progress("Checking the Regions", region_count(opened, asked)) as done:
        found = [
            status_of(
                each.account,
                each.settings,
                only=asked[each.settings.stack],
                timeout=timeout,
                others=ids - {each.account.id},
                done=done,
            )
            for each in opened
        ]
    return Report(found, closed)
