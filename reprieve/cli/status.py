"""The command `reprieve status`."""

from dataclasses import replace
from typing import Annotated

import typer

from reprieve.aws.account import Access
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
    check_regions,
    chosen,
    console,
    exit_with,
    open_accounts,
    print_json,
    warn_ended,
)
from reprieve.cli.views.csv_output import csv_text
from reprieve.cli.views.csv_rows import STATUS_COLUMNS, status_rows
from reprieve.cli.views.progress import progress
from reprieve.cli.views.status import show
from reprieve.regions import known_regions
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
    format: Format = OutputFormat.TABLE,
    as_json: AsJson = False,
) -> None:
    """Check whether every Region is guarded.

    Compares each guard with the settings, and checks that it receives events and sends alerts.
    It changes nothing.

    \b
    Exit codes:
      0  every check passed
      1  a check failed, or something could not be read
      2  the settings, the options or the credentials have an error
    """  # noqa: D301 - click reads the \b: the lines that follow stay as they are
    format = chosen(format, as_json)
    access = access_of(profile, role_arn, external_id)
    deployment = load()
    warn_ended(deployment)
    report = _check(deployment.only, region, access, timeout)
    healthy = not report.failed_profiles and all(each.is_healthy for each in report.accounts)
    shown = [_without_passed(each) if only_failed else each for each in report.accounts]
    if format is OutputFormat.JSON:
        print_json(replace(report, accounts=shown).as_json("healthy", passed=healthy))
    elif format is OutputFormat.CSV:
        print(csv_text(STATUS_COLUMNS, status_rows(shown)), end="")
    else:
        for each in shown:
            show(each, console())
    exit_with(healthy)


def _without_passed(status: AccountStatus) -> AccountStatus:
    """Return the status of an account without the Regions where every check passed."""
    return replace(status, regions=tuple(each for each in status.regions if not each.is_healthy))


def _check(
    settings: Settings, region: list[str] | None, access: Access, timeout: float
) -> Report[AccountStatus]:
    only = check_regions(region, settings)
    accounts, failed = open_accounts(access, settings)
    total = (len(only) or len(known_regions(settings.regions.partition))) * len(accounts)
    ids = {account.id for account in accounts}
    with progress("Checking the Regions", total) as done:
        found = [
            status_of(each, settings, only=only, timeout=timeout, others=ids - {each.id}, done=done)
            for each in accounts
        ]
    return Report(found, failed)
