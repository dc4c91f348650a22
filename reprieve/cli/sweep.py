"""The command `reprieve sweep`: changes nothing without --cancel or --enable."""

import sys
from collections.abc import Callable, Sequence
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from reprieve.cli.common import (
    AsJson,
    ConfirmationRequired,
    Format,
    OutputFormat,
    Profiles,
    Regions,
    Report,
    Timeout,
    check_regions,
    console,
    escaped,
    exit_with,
    open_accounts,
    print_json,
    progress,
    table,
)
from reprieve.regions import known_regions
from reprieve.settings.loader import load
from reprieve.settings.schema import Settings
from reprieve.sweep.sweep import DISABLED, Key, Sweep, cancel, enable, keys_in_danger
from reprieve.sweep.sweep import sweep as run_sweep
from reprieve.text import printable


def sweep(
    region: Regions = None,
    profile: Profiles = None,
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
    as_json = as_json or format is OutputFormat.JSON
    if (cancels or enables) and not yes and (as_json or not sys.stdin.isatty()):
        raise ConfirmationRequired(
            "--cancel and --enable ask for confirmation of each key, which needs a terminal and "
            "the table format.",
            "Use --yes to run them without confirmation.",
        )
    report = _sweep(load(), region, profile, timeout, cancels=cancels, enables=enables, yes=yes)
    healthy = not report.failed_profiles and all(each.is_healthy for each in report.accounts)
    if as_json:
        print_json(report.as_json("healthy", passed=healthy))
    else:
        show(report.accounts, console(), acted=cancels or enables)
    exit_with(healthy)


def _sweep(
    settings: Settings,
    region: list[str] | None,
    profile: list[str] | None,
    timeout: float,
    *,
    cancels: bool,
    enables: bool,
    yes: bool,
) -> Report[Sweep]:
    only = check_regions(region, settings)
    accounts, failed = open_accounts(profile, settings)
    total = (len(only) or len(known_regions(settings.regions.partition))) * len(accounts)
    with progress("Searching for keys", total) as done:
        found = [
            run_sweep(each, settings, only=only, timeout=timeout, done=done) for each in accounts
        ]
    if cancels:
        found = [cancel(each, _confirm("Cancel the scheduled deletion of", yes)) for each in found]
    if enables:
        found = [enable(each, _confirm("Enable", yes)) for each in found]
    return Report(found, failed)


def _confirm(what: str, yes: bool) -> Callable[[Key], bool]:
    def ask(key: Key) -> bool:
        return yes or typer.confirm(prompt(what, key))

    return ask


def prompt(what: str, key: Key) -> str:
    """Return the question whether to do something with a key."""
    details = [", ".join(key.aliases) or "no alias", _time_left(key)]
    return printable(f"{what} {key.arn} ({', '.join(filter(None, details))})?")


def show(sweeps: Sequence[Sweep], out: Console, *, acted: bool) -> None:
    """Print the keys of all accounts, then what could not be read, then the verdict."""
    for each in sweeps:
        out.print(f"Account {each.account.id}", style="bold")
        if each.keys:
            out.print(_table(each.keys, acted=acted))
        for key in each.keys:
            if key.problem:
                out.print(escaped(f"✘ {key.arn}: {key.problem}", "bold red"))
        problems: dict[str, list[str]] = {}
        for place, text in each.problems:
            problems.setdefault(text, []).append(place)
        for text, places in problems.items():
            out.print(escaped(f"? {text}", "yellow"))
            out.print(escaped(f"  {', '.join(places)}"))
        out.print()
    _show_verdict(sweeps, out, acted=acted)


def _show_verdict(sweeps: Sequence[Sweep], out: Console, *, acted: bool) -> None:
    pending = len(list(keys_in_danger(sweeps)))
    disabled = sum(key.state == DISABLED for each in sweeps for key in each.keys)
    if pending:
        keys = "1 key is" if pending == 1 else f"{pending} keys are"
        out.print(f"✘ {keys} pending deletion.", style="bold red")
        if not acted:
            out.print("  → `reprieve sweep --cancel` cancels the deletions.")
    elif all(each.is_healthy for each in sweeps):
        out.print("✔ No key is pending deletion, except exempt ones.", style="bold green")
    else:
        out.print("✘ Some keys could not be read or rescued.", style="bold red")
    if disabled:
        keys = "1 key is" if disabled == 1 else f"{disabled} keys are"
        out.print(f"{keys} disabled: nothing can be decrypted with a disabled key.")


def _table(keys: Sequence[Key], *, acted: bool) -> Table:
    heads = ["DAYS LEFT", "REGION", "KEY", "ALIAS", "STATE", "BY", "ON", "LAST USED", "EXEMPT"]
    rows = table(*heads, *(["DONE"] if acted else []), folded=["ALIAS", "BY"])
    for key in keys:
        style = "" if key.is_healthy else "bold red" if key.is_pending else "yellow"
        row: list[Text | str] = [
            Text(_time_left(key) or "–", style=style),
            key.region,
            escaped(key.id),
            escaped(", ".join(alias.removeprefix("alias/") for alias in key.aliases)),
            escaped(key.state),
            # Without the account, which is printed above the table.
            escaped(key.call.by.split(":", 5)[-1] if key.call else ""),
            f"{key.call.at:%Y-%m-%d}" if key.call else "",
            _last_used(key),
            "yes" if key.exempt else "",
        ]
        if acted:
            row.append(key.result or ("✘" if key.problem else ""))
        rows.add_row(*row)
    return rows


def _time_left(key: Key) -> str:
    if key.days_left is not None:
        return f"{key.days_left:.1f}"
    return f"{key.waiting_days} after its replicas" if key.waiting_days else ""


def _last_used(key: Key) -> str:
    if key.last_used:
        return f"{key.last_used:%Y-%m-%d}"
    return f"not since {key.tracked_since:%Y-%m-%d}" if key.tracked_since else ""
