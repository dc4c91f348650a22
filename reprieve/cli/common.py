"""What the operator's commands have in common: their options, their manners, their ends."""

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Annotated, Any, Final, NoReturn

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from reprieve.aws.account import Account, CannotBegin, accounts_of
from reprieve.regions import known_regions
from reprieve.settings.errors import SettingsError
from reprieve.settings.loader import load
from reprieve.settings.schema import Settings
from reprieve.text import nearest

WELL: Final = 0
WRONG: Final = 1
"""Something is wrong in the account."""
WRONG_USE: Final = 2
"""The settings, the options or the credentials are at fault: nothing was asked of AWS."""

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Profiles = Annotated[
    list[str] | None,
    typer.Option(
        "--profile", metavar="NAME", help="An AWS profile; may be repeated, once for each account."
    ),
]
Regions = Annotated[
    list[str] | None,
    typer.Option("--region", metavar="REGION", help="Only this Region; may be repeated."),
]
Seconds = Annotated[
    float,
    typer.Option(
        "--timeout",
        metavar="SECONDS",
        help="When a Region that does not answer is given up.",
        min=1,
    ),
]


def read_settings() -> Settings:
    """Return the settings; where they are at fault, say so and exit with 2."""
    try:
        return load()
    except SettingsError as error:
        refuse(str(error))


def refuse(message: str) -> NoReturn:
    """Say what is wrong with how the command was used, and exit with 2."""
    print(message, file=sys.stderr)
    raise typer.Exit(WRONG_USE)


def check_regions(
    asked: Sequence[str] | None, settings: Settings, *, watched: bool = False
) -> list[str]:
    """Return the Regions asked for, each once; exit with 2 if one is none of the partition's.

    With `watched` each has to be watched by the settings, and none asked for means all of them.
    """
    allowed = settings.regions.watched if watched else known_regions(settings.regions.partition)
    for region in asked or ():
        if region not in allowed:
            what = "not watched by the settings" if watched else "no Region that is known"
            near = nearest(region, allowed)
            refuse(f"--region {region}: {what}." + (f" Did you mean {near}?" if near else ""))
    return list(dict.fromkeys(asked or ())) or (list(allowed) if watched else [])


def open_accounts(
    profiles: Sequence[str] | None, settings: Settings
) -> tuple[list[Account], dict[str, str]]:
    """Return the accounts, and by profile why one could not be opened, which is said on stderr.

    Exits with 2 if none could.
    """
    try:
        accounts, failed = accounts_of(profiles or [], settings.regions.home)
    except CannotBegin as error:
        refuse(str(error))
    for profile, reason in failed.items():
        print(f"profile {profile}: {reason}", file=sys.stderr)
    return accounts, failed


@contextmanager
def progress(what: str, total: int) -> Iterator[Callable[[str], None]]:
    """Show how far it is, on a terminal's stderr; give what to call when a Region is done."""
    console = Console(stderr=True)
    with Progress(
        TextColumn("{task.description}"),
        BarColumn(bar_width=24),
        MofNCompleteColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    ) as bar:
        task = bar.add_task(what, total=total)
        yield lambda _: bar.advance(task)


def console() -> Console:
    """Return what prints to stdout; in a file or a pipe lines are as long as they have to be."""
    out = Console(highlight=False, soft_wrap=False, emoji=False, markup=False)
    return (
        out
        if out.is_terminal
        else Console(highlight=False, emoji=False, markup=False, width=160, no_color=True)
    )


def print_json(value: Any) -> None:
    """Print JSON; what is no JSON of its own, such as a date, as text."""
    print(json.dumps(value, indent=2, default=str, ensure_ascii=False))
