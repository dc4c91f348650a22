"""The command `reprieve sweep`: changes nothing without --cancel or --enable."""

import sys
from collections.abc import Callable, Sequence
from typing import Annotated

import typer

from reprieve.aws.opening import Access
from reprieve.cli.common import (
    AsJson,
    ConfirmationRequired,
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
)
from reprieve.cli.output import print_as
from reprieve.cli.views.csv_rows import SWEEP_COLUMNS, sweep_rows
from reprieve.cli.views.progress import progress
from reprieve.cli.views.sweep import prompt, show
from reprieve.settings.loader import load
from reprieve.settings.schema import Settings
from reprieve.sweep.result import Key, Sweep
from reprieve.sweep.sweep import cancel, enable
from reprieve.sweep.sweep import sweep as run_sweep


def sweep(
    region: Regions = None,
    profile: Profiles = None,
    role_arn: Roles = None,
    external_id: ExternalId = None,
    timeout: Timeout = 300,
    cancels: Annotated[
        bool, typer.Option("--cancel", help="Cancel scheduled deletions, except exempt ones.")
    ] = False,
    enables: Annotated[
        bool, typer.Option("--enable", help="Enable disabled keys, except exempt ones.")
    ] = False,
    yes: Annotated[
        bool, typer.Option("--yes", "-y", help="Do not ask for confirmation of each key.")
    ] = False,
    format: Format = OutputFormat.TABLE,
    as_json: AsJson = False,
) -> None:
    """List the keys that are already in danger.

    Finds the keys that are pending deletion or disabled, in every Region, watched or not. It
    changes nothing without --cancel or --enable.

    \b
    Exit codes:
      0  no key is pending deletion, except exempt ones
      1  a key is pending deletion, or something could not be read or done
      2  the settings, the options or the credentials have an error
    """  # noqa: D301 - click reads the \b: the lines that follow stay as they are
    format = chosen(format, as_json)
    for_people = format is OutputFormat.TABLE and sys.stdin.isatty()
    if (cancels or enables) and not yes and not for_people:
        raise ConfirmationRequired(
            "--cancel and --enable ask for confirmation of each key, which needs a terminal and "
            "the table format.",
            "Use --yes to run them without confirmation.",
        )
    access = access_of(profile, role_arn, external_id)
    deployment = load()
    if cancels or enables:
        option = "--cancel" if cancels else "--enable"
        deployment.require_changes_allowed(f"reprieve sweep {option}")
    report = _sweep(
        deployment.accounts, region, access, timeout, cancels=cancels, enables=enables, yes=yes
    )
    healthy = not report.closed and all(each.is_healthy for each in report.accounts)
    print_as(
        format,
        as_json=lambda: report.as_json("healthy", passed=healthy),
        columns=SWEEP_COLUMNS,
        rows=lambda: sweep_rows(report.accounts),
        view=lambda: show(
            report.accounts, console(), acted=cancels or enables, closed=len(report.closed)
        ),
    )
    exit_with(healthy)


def _sweep(
    accounts: Sequence[Settings],
    region: list[str] | None,
    access: Access,
    timeout: float,
    *,
    cancels: bool,
    enables: bool,
    yes: bool,
) -> Report[Sweep]:
    chosen_accounts, asked = asked_regions(region, accounts)
    opened, closed = open_accounts(access, chosen_accounts)
    with progress("Searching for keys", region_count(opened, asked)) as done:
        found = [
            run_sweep(
                each.account,
                each.settings,
                only=asked[each.settings.stack],
                timeout=timeout,
                done=done,
            )
            for each in opened
        ]
    if cancels:
        found = [cancel(each, _confirm("Cancel the scheduled deletion of", yes)) for each in found]
    if enables:
        found = [enable(each, _confirm("Enable", yes)) for each in found]
    return Report(found, closed)


def _confirm(what: str, yes: bool) -> Callable[[Key], bool]:
    def ask(key: Key) -> bool:
        return yes or typer.confirm(prompt(what, key))

    return ask
