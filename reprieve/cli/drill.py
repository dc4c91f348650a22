"""The command `reprieve drill`: asks for confirmation, and cleans up when it is interrupted."""

import signal
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from threading import Event
from typing import Annotated

import typer

from reprieve.aws.opening import Access, Opened
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
    Yes,
    access_of,
    asked_regions,
    chosen,
    console,
    exit_with,
    open_accounts,
    region_count,
)
from reprieve.cli.output import print_as
from reprieve.cli.views.csv_rows import DRILL_COLUMNS, drill_rows
from reprieve.cli.views.drill import show
from reprieve.cli.views.progress import progress
from reprieve.drill.drill import Plan, hub_among
from reprieve.drill.drill import drill as run_drill
from reprieve.drill.preconditions import approver, check_caller, check_settings
from reprieve.drill.result import AccountDrill
from reprieve.errors import ExitCode, ReprieveError
from reprieve.settings.loader import load
from reprieve.settings.schema import Settings


class Declined(ReprieveError):
    """The answer to the question whether to continue was no."""

    exit_code = ExitCode.DECLINED


def drill(
    region: Regions = None,
    profile: Profiles = None,
    role_arn: Roles = None,
    external_id: ExternalId = None,
    timeout: Annotated[
        float,
        typer.Option(
            "--timeout",
            metavar="SECONDS",
            help="How long to wait for the alert and the rescue.",
            min=1,
        ),
    ] = 600,
    approved_role: Annotated[
        str | None,
        typer.Option(
            "--approved-role",
            metavar="ARN",
            help="A role of exempt.principals that schedules the final deletion of the drill keys.",
        ),
    ] = None,
    keep: Annotated[
        bool,
        typer.Option(
            "--keep",
            help="Leave the queue with its messages, the subscription and the key as they are. The "
            "next drill removes the queue and the subscription.",
        ),
    ] = False,
    yes: Yes = False,
    format: Format = OutputFormat.TABLE,
    as_json: AsJson = False,
) -> None:
    """Test the guard with a drill key.

    In each watched Region it schedules the deletion of a key that encrypts nothing, waits for the
    alert and the rescue, and cleans up. It asks for confirmation before it changes anything.

    \b
    Exit codes:
      0    every Region passed
      1    a Region failed, or was not cleaned up
      2    the settings, the options or the credentials have an error
      5    you answered no: nothing was changed
      130  it was interrupted, and has cleaned up
    """  # noqa: D301 - click reads the \b: the lines that follow stay as they are
    format = chosen(format, as_json)
    access = access_of(profile, role_arn, external_id)
    deployment = load()
    deployment.require_changes_allowed("reprieve drill")
    report, interrupted = _drill(
        deployment.accounts, region, access, timeout, approved_role, keep=keep, yes=yes
    )
    passed = not report.closed and all(each.passed for each in report.accounts)
    print_as(
        format,
        as_json=lambda: report.as_json("passed", passed=passed),
        columns=DRILL_COLUMNS,
        rows=lambda: drill_rows(report.accounts),
        view=lambda: show(report.accounts, console(), closed=len(report.closed)),
    )
    if interrupted:
        raise typer.Exit(ExitCode.INTERRUPTED)
    exit_with(passed)


def _drill(
    accounts: Sequence[Settings],
    region: list[str] | None,
    access: Access,
    timeout: float,
    approved_role: str | None,
    *,
    keep: bool,
    yes: bool,
) -> tuple[Report[AccountDrill], bool]:
    """Check everything, ask for confirmation, and drill; return whether it was interrupted too."""
    chosen_accounts, asked = asked_regions(region, accounts, watched=True)
    for settings in chosen_accounts:
        check_settings(settings, approved_role)
    opened, closed = open_accounts(access, chosen_accounts)
    for each in opened:
        check_caller(each.account, each.settings)
    plans = [
        Plan(
            each.settings,
            timeout,
            approver(each.account, approved_role, each.settings) if approved_role else None,
            keep,
            hub_among((other.account for other in opened), each.settings),
        )
        for each in opened
    ]
    if not yes:
        _confirm(opened, asked)
    total = region_count(opened, asked)
    with _interruptible() as stop, progress("Waiting for the guards", total) as done:
        found = [
            run_drill(each.account, asked[each.settings.stack], plan, stop, done)
            for each, plan in zip(opened, plans, strict=True)
        ]
    return Report(found, closed), stop.is_set()


def _confirm(opened: Sequence[Opened], asked: Mapping[str, Sequence[str]]) -> None:
    if not sys.stdin.isatty():
        raise ConfirmationRequired(
            "The drill creates keys and sends alerts, and there is no terminal to ask for "
            "confirmation.",
            "Use --yes to run it without confirmation.",
        )
    # Accounts with the same Regions in one line.
    ids: dict[tuple[str, ...], list[str]] = {}
    for each in opened:
        ids.setdefault(tuple(asked[each.settings.stack]), []).append(each.account.id)
    where = "\nand in ".join(
        f"{len(regions)} Regions of {', '.join(accounts)} ({', '.join(regions)})"
        for regions, accounts in ids.items()
    )
    print(
        f"In {where} the drill\n"
        "  - creates a queue and a KMS key, or reuses the key of an earlier drill;\n"
        "  - schedules that key's deletion, which notifies every subscriber;\n"
        "  - sends alerts about changes of the guard too, unless you run it as one of\n"
        "    exempt.deployers;\n"
        "  - waits until the deletion is cancelled, and removes the queue."
    )
    if not typer.confirm("Continue?"):
        raise Declined("You declined the drill. Nothing was changed.")


@contextmanager
def _interruptible() -> Iterator[Event]:
    """Yield an event that the first Ctrl-C or SIGTERM sets; a second one ends the process."""
    stop = Event()

    def on_signal(number: int, frame: object) -> None:
        print("Interrupted: cleaning up. Interrupt again to stop at once.", file=sys.stderr)
        stop.set()
        signal.signal(number, signal.SIG_DFL)

    former = {each: signal.signal(each, on_signal) for each in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        for each, handler in former.items():
            signal.signal(each, handler)
