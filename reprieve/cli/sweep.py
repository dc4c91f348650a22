"""The command `reprieve sweep`: dry unless it is told to act."""

import sys
from collections.abc import Callable, Sequence
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from reprieve.cli.common import (
    WRONG,
    AsJson,
    Profiles,
    Regions,
    Seconds,
    check_regions,
    console,
    open_accounts,
    print_json,
    progress,
    read_settings,
    refuse,
)
from reprieve.regions import known_regions
from reprieve.sweep.sweep import Key, Sweep, cancel, enable, endangered, sweep


def command(
    region: Regions = None,
    profile: Profiles = None,
    timeout: Seconds = 300,
    cancels: Annotated[
        bool, typer.Option("--cancel", help="Take scheduled deletions back, but for exempt ones.")
    ] = False,
    enables: Annotated[
        bool, typer.Option("--enable", help="Enable disabled keys, but for exempt ones.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask key by key.")] = False,
    as_json: AsJson = False,
) -> None:
    """List the keys that are in danger already.

    In every Region, watched or not: those that are pending deletion, and those that are disabled.
    It changes nothing without --cancel or --enable. Exits with 0 if no key is pending deletion but
    exempt ones, 1 if one is or something could not be looked at or done, 2 if the settings, the
    options or the credentials are at fault.
    """
    settings = read_settings()
    only = check_regions(region, settings)
    if (cancels or enables) and not yes and (as_json or not sys.stdin.isatty()):
        refuse("Nobody can be asked key by key here: say --yes to --cancel and --enable.")
    accounts, failed = open_accounts(profile, settings)
    many = len(only) or len(known_regions(settings.regions.partition))
    with progress("Looking for keys", many * len(accounts)) as done:
        found = [sweep(each, settings, only=only, timeout=timeout, done=done) for each in accounts]
    if cancels:
        found = [cancel(each, _asker("Take the deletion back of", yes)) for each in found]
    if enables:
        found = [enable(each, _asker("Enable", yes)) for each in found]
    well = not failed and all(each.is_well for each in found)
    if as_json:
        accounts_found = [
            {
                "account": each.account.id,
                "keys": [key.as_json() for key in each.keys],
                "problems": [{"region": place, "problem": text} for place, text in each.problems],
            }
            for each in found
        ]
        print_json({"well": well, "accounts": accounts_found, "failed_profiles": failed})
    else:
        show(found, console(), acted=cancels or enables)
    if not well:
        raise typer.Exit(WRONG)


def _asker(what: str, yes: bool) -> Callable[[Key], bool]:
    def ask(key: Key) -> bool:
        names = ", ".join(key.aliases) or "no alias"
        return yes or typer.confirm(f"{what} {key.arn} ({names}, {_left(key)})?")

    return ask


def show(sweeps: Sequence[Sweep], out: Console, *, acted: bool) -> None:
    """Print the keys of all accounts, then what could not be seen, then the verdict."""
    for each in sweeps:
        out.print(f"Account {each.account.id}", style="bold")
        if each.keys:
            out.print(_table(each.keys, acted=acted))
        for key in each.keys:
            if key.problem:
                out.print(Text(f"✘ {key.arn}: {key.problem}", style="bold red"))
        problems: dict[str, list[str]] = {}
        for place, text in each.problems:
            problems.setdefault(text, []).append(place)
        for text, places in problems.items():
            out.print(Text(f"? {text}", style="yellow"))
            out.print(f"  {', '.join(places)}")
        out.print()
    pending = len(list(endangered(sweeps)))
    disabled = sum(key.state == "Disabled" for each in sweeps for key in each.keys)
    if pending:
        many = "1 key is" if pending == 1 else f"{pending} keys are"
        out.print(f"✘ {many} pending deletion.", style="bold red")
        if not acted:
            out.print("  → `reprieve sweep --cancel` takes the deletions back.")
    elif all(each.is_well for each in sweeps):
        out.print("✔ No key is pending deletion, but those that are exempt.", style="bold green")
    else:
        out.print("✘ Not every key could be looked at, or helped.", style="bold red")
    if disabled:
        out.print(f"{disabled} disabled: what they encrypted cannot be read meanwhile.")


def _table(keys: Sequence[Key], *, acted: bool) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    heads = ["DAYS LEFT", "REGION", "KEY", "ALIAS", "STATE", "BY", "ON", "LAST USED", "EXEMPT"]
    for head in heads + (["DONE"] if acted else []):
        folds = head in ("ALIAS", "BY")
        table.add_column(head, no_wrap=not folds, overflow="fold")
    for key in keys:
        style = "" if key.is_well else "bold red" if key.is_pending else "yellow"
        row: list[Text | str] = [
            Text(_left(key), style=style),
            key.region,
            key.id,
            ", ".join(alias.removeprefix("alias/") for alias in key.aliases),
            key.state,
            # The account is said above.
            key.call.by.split(":", 5)[-1] if key.call else "",
            f"{key.call.at:%Y-%m-%d}" if key.call else "",
            _used(key),
            "yes" if key.exempt else "",
        ]
        if acted:
            row.append(key.result or ("✘" if key.problem else ""))
        table.add_row(*row)
    return table


def _left(key: Key) -> str:
    if key.days_left is not None:
        return f"{key.days_left:.1f}"
    return f"{key.waiting_days} after its replicas" if key.waiting_days else "–"


def _used(key: Key) -> str:
    if key.last_used:
        return f"{key.last_used:%Y-%m-%d}"
    return f"not since {key.tracked_since:%Y-%m-%d}" if key.tracked_since else ""
