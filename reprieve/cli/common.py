"""What the commands share: options, settings, accounts, the console, progress and JSON."""

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Any, Final, Generic, NoReturn, Protocol, TypeVar

import typer
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
)

from reprieve.aws import account
from reprieve.aws.account import Account
from reprieve.errors import ExitCode, ReprieveError
from reprieve.regions import known_regions
from reprieve.settings.schema import Settings
from reprieve.text import nearest, printable

_FILE_WIDTH: Final = 100_000
"""How wide a file or a pipe is, which have no width of their own: nothing is wrapped there."""


class OutputFormat(StrEnum):
    """What a command prints."""

    TABLE = "table"
    JSON = "json"


FORMAT_HELP: Final = "table for people, json for programs."
Format = Annotated[OutputFormat, typer.Option("--format", help=FORMAT_HELP)]
AsJson = Annotated[bool, typer.Option("--json", help="Short for --format json.")]
Profiles = Annotated[
    list[str] | None,
    typer.Option(
        "--profile", metavar="NAME", help="An AWS profile. Repeat it for several accounts."
    ),
]
Regions = Annotated[
    list[str] | None,
    typer.Option("--region", metavar="REGION", help="Only this Region. Repeat it for several."),
]
Timeout = Annotated[
    float,
    typer.Option(
        "--timeout",
        metavar="SECONDS",
        help="Give up a Region that has not answered after this time.",
        min=1,
    ),
]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask for confirmation.")]


class OptionError(ReprieveError):
    """An option has a value that does not exist here, or options do not fit together."""

    exit_code = ExitCode.USAGE


class ConfirmationRequired(ReprieveError):
    """A command changes something, and there is no terminal to ask for confirmation."""

    exit_code = ExitCode.USAGE


class _AsJson(Protocol):
    def as_json(self) -> dict[str, Any]: ...


Result = TypeVar("Result", bound=_AsJson)


@dataclass(frozen=True)
class Report(Generic[Result]):
    """What a command found: a result per account, and by profile why an account was not opened."""

    accounts: Sequence[Result]
    failed_profiles: dict[str, str]

    def as_json(self, verdict: str, *, passed: bool) -> dict[str, Any]:
        """Return the report for programs; `verdict` is the key that says whether all passed."""
        return {
            verdict: passed,
            "accounts": [each.as_json() for each in self.accounts],
            "failed_profiles": self.failed_profiles,
        }


def check_regions(
    asked: Sequence[str] | None, settings: Settings, *, watched: bool = False
) -> list[str]:
    """Return the Regions of `--region`, each once.

    With `watched` the settings have to watch each of them, and none means all watched Regions.

    Raises:
        OptionError: a Region is unknown in the partition, or the settings do not watch it.
    """
    allowed = settings.regions.watched if watched else known_regions(settings.regions.partition)
    for region in asked or ():
        if region not in allowed:
            problem = "The settings do not watch this Region." if watched else "Unknown Region."
            near = nearest(region, allowed)
            raise OptionError(
                f"--region {region}: {problem}", f"Did you mean {near}?" if near else ""
            )
    return list(dict.fromkeys(asked or ())) or (list(allowed) if watched else [])


def open_accounts(
    profiles: Sequence[str] | None, settings: Settings
) -> tuple[list[Account], dict[str, str]]:
    """Return the accounts, and by profile why one was not opened; print these reasons on stderr.

    Raises:
        AccountError: no account could be opened.
    """
    accounts, failed = account.open_accounts(profiles or [], settings.regions.home)
    for profile, reason in failed.items():
        print(printable(f"profile {profile}: {reason}"), file=sys.stderr)
    return accounts, failed


def console(*, stderr: bool = False) -> Console:
    """Return the console for a stream. Without a terminal it is wide and has no colours."""
    plain: dict[str, Any] = {"highlight": False, "emoji": False, "markup": False}
    out = Console(stderr=stderr, **plain)
    if out.is_terminal:
        return out
    return Console(stderr=stderr, width=_FILE_WIDTH, no_color=True, **plain)


@contextmanager
def progress(what: str, total: int) -> Iterator[Callable[[str], None]]:
    """Show on a terminal's stderr how many items are done; yield what to call for each item."""
    with _bar(
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=24),
        MofNCompleteColumn(),
    ) as bar:
        task = bar.add_task(what, total=total)
        yield lambda _: bar.advance(task)


@contextmanager
def spinner() -> Iterator[Callable[[str], None]]:
    """Show on a terminal's stderr what is being done and for how long; yield what names it."""
    with _bar(
        SpinnerColumn(), TextColumn("{task.description}", markup=False), TimeElapsedColumn()
    ) as bar:
        task = bar.add_task("", total=None)
        yield lambda what: bar.update(task, description=what)


def _bar(*columns: Any) -> Progress:
    out = console(stderr=True)
    return Progress(*columns, console=out, transient=True, disable=not out.is_terminal)


def print_json(value: Any) -> None:
    """Print JSON; a value that JSON does not have, such as a date, as text.

    Unprintable characters of strings are escaped, as JSON allows: a terminal could obey them.
    """
    text = json.dumps(value, indent=2, default=str, ensure_ascii=False)
    print("".join(char if char.isprintable() or char == "\n" else _escape(char) for char in text))


def _escape(char: str) -> str:
    return json.dumps(char)[1:-1]


def exit_with(passed: bool) -> NoReturn:
    """End the command: with 0 if everything passed, else with 1."""
    raise typer.Exit(ExitCode.OK if passed else ExitCode.FAILED)
