"""The command `reprieve drill`: asks first, cleans up when it is interrupted."""

import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from threading import Event
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from reprieve.aws.account import Account, explain
from reprieve.cli.common import (
    WRONG,
    AsJson,
    Profiles,
    Regions,
    check_regions,
    console,
    open_accounts,
    print_json,
    progress,
    read_settings,
    refuse,
)
from reprieve.drill.drill import Drill, Plan, drill, why_exempt
from reprieve.events.threats import KEY_DELETION_SCHEDULED
from reprieve.settings.schema import Settings

INTERRUPTED = 130


def command(
    region: Regions = None,
    profile: Profiles = None,
    timeout: Annotated[
        float,
        typer.Option(
            "--timeout", metavar="SECONDS", help="How long all that is to happen may take.", min=1
        ),
    ] = 600,
    approved_role: Annotated[
        str | None,
        typer.Option(
            "--approved-role",
            metavar="ARN",
            help="A role of exempt.principals, which has the drill keys deleted at the end.",
        ),
    ] = None,
    keep: Annotated[
        bool, typer.Option("--keep", help="Leave the queue, the subscription and the key there.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    as_json: AsJson = False,
) -> None:
    """Endanger a throw-away key, and see it saved.

    In each watched Region it schedules the deletion of a key that encrypts nothing, waits for the
    alert and for the rescue, and cleans up. It asks before it touches anything.

    Exits with 0 if every Region passed, 1 if one did not, 2 if the settings, the options or the
    credentials are at fault, 130 if it was interrupted.
    """
    settings = read_settings()
    regions = check_regions(region, settings, watched=True)
    _check(settings, approved_role)
    accounts, failed = open_accounts(profile, settings)
    for account in accounts:
        if principal := why_exempt(account.arn, settings):
            refuse(
                f"You are {account.arn}, whose deletions exempt.principals lets through "
                f"({principal}): the drill would prove nothing. Drill as somebody else."
            )
    approvers = [_approver(account, approved_role, settings) for account in accounts]
    if not yes:
        _ask(accounts, regions)

    found: list[tuple[Account, list[Drill]]] = []
    with (
        _interruptible() as stop,
        progress("Waiting for the guards", len(regions) * len(accounts)) as done,
    ):
        for account, approver in zip(accounts, approvers, strict=True):
            plan = Plan(settings, timeout, approver, keep)
            found.append((account, drill(account, regions, plan, stop, done)))
    passed = not failed and all(each.passed for _, drills in found for each in drills)
    if as_json:
        rows = [
            {"account": account.id, "regions": [each.as_json() for each in drills]}
            for account, drills in found
        ]
        print_json({"passed": passed, "accounts": rows, "failed_profiles": failed})
    else:
        for account, drills in found:
            show(account, drills, console())
    if stop.is_set():
        raise typer.Exit(INTERRUPTED)
    if not passed:
        raise typer.Exit(WRONG)


def _check(settings: Settings, approved_role: str | None) -> None:
    if KEY_DELETION_SCHEDULED.name not in settings.notify.threats:
        refuse(
            f"notify.threats does not have {KEY_DELETION_SCHEDULED.name}: nobody would be told of "
            "the drill, and there is nothing to try."
        )
    if approved_role and approved_role not in settings.exempt.principals:
        refuse(
            f"--approved-role {approved_role}: is not among exempt.principals, so that the guard "
            "would take its deletions back."
        )


def _approver(account: Account, role: str | None, settings: Settings) -> Account | None:
    if role is None:
        return None
    try:
        return account.assume(role, settings.regions.home)
    except Exception as error:
        refuse(f"--approved-role {role}: cannot be assumed. {explain(error)}")


def _ask(accounts: Sequence[Account], regions: Sequence[str]) -> None:
    where = ", ".join(account.id for account in accounts)
    if not sys.stdin.isatty():
        refuse("The drill creates keys and sets off alarms: say --yes where nobody can be asked.")
    print(
        f"In {len(regions)} Regions of {where} ({', '.join(regions)}) this\n"
        "  - creates a KMS key, or takes the one that the last drill left, and a queue;\n"
        "  - schedules that key's deletion, which everybody who subscribes is told of;\n"
        "  - waits until it is taken back, and removes the queue."
    )
    if not typer.confirm("Go on?"):
        raise typer.Exit(0)


@contextmanager
def _interruptible() -> Iterator[Event]:
    """Give what the first Ctrl-C, or SIGTERM, sets; a second one ends the process at once."""
    stop = Event()

    def on_signal(number: int, frame: object) -> None:
        print("Interrupted: cleaning up. Once more ends it at once.", file=sys.stderr)
        stop.set()
        signal.signal(number, signal.SIG_DFL)

    former = {each: signal.signal(each, on_signal) for each in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        for each, handler in former.items():
            signal.signal(each, handler)


def show(account: Account, drills: Sequence[Drill], out: Console) -> None:
    """Print what came of the drill in one account."""
    out.print(f"Account {account.id}", style="bold")
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for head in ("REGION", "RESULT", "ALERT", "TAKEN BACK", "TOLD", "DRILL KEY"):
        right = head in ("ALERT", "TAKEN BACK", "TOLD")
        table.add_column(head, no_wrap=True, justify="right" if right else "left")
    for each in drills:
        table.add_row(
            each.region,
            Text("passed", style="green") if each.passed else Text("✘ FAILED", style="bold red"),
            *(_seconds(value) for value in (each.alert, each.cancelled, each.told)),
            each.key_state or "none",
        )
    out.print(table)
    out.print()
    problems: dict[str, list[str]] = {}
    for each in drills:
        if each.problem:
            problems.setdefault(each.problem, []).append(each.region)
    for problem, regions in problems.items():
        out.print(Text(f"✘ {problem}", style="bold red"))
        out.print(f"  {', '.join(regions)}\n")
    for each in drills:
        if each.kept:
            out.print(f"Kept in {each.region}: {each.kept} and {each.key}")
    if removed := sum(each.removed for each in drills):
        out.print(f"Removed of an earlier drill: {removed} queues and subscriptions.", style="dim")
    good = sum(each.passed for each in drills)
    out.print(
        f"{'✔' if good == len(drills) else '✘'} {good} of {len(drills)} Regions passed.",
        style="bold green" if good == len(drills) else "bold red",
    )


def _seconds(value: float | None) -> str:
    return "–" if value is None else f"{value:.1f} s"
