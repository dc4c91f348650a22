"""The command `reprieve status`."""

from reprieve.cli.common import (
    AsJson,
    Format,
    OutputFormat,
    Profiles,
    Regions,
    Report,
    Timeout,
    check_regions,
    console,
    exit_with,
    open_accounts,
    print_json,
    progress,
)
from reprieve.cli.views.status import show
from reprieve.regions import known_regions
from reprieve.settings.loader import load
from reprieve.settings.schema import Settings
from reprieve.status.status import AccountStatus, status_of


def status(
    region: Regions = None,
    profile: Profiles = None,
    timeout: Timeout = 60,
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
    report = _check(load(), region, profile, timeout)
    healthy = not report.failed_profiles and all(each.is_healthy for each in report.accounts)
    if as_json or format is OutputFormat.JSON:
        print_json(report.as_json("healthy", passed=healthy))
    else:
        for each in report.accounts:
            show(each, console())
    exit_with(healthy)


def _check(
    settings: Settings, region: list[str] | None, profile: list[str] | None, timeout: float
) -> Report[AccountStatus]:
    only = check_regions(region, settings)
    accounts, failed = open_accounts(profile, settings)
    total = (len(only) or len(known_regions(settings.regions.partition))) * len(accounts)
    with progress("Checking the Regions", total) as done:
        found = [
            status_of(account, settings, only=only, timeout=timeout, done=done)
            for account in accounts
        ]
    return Report(found, failed)
