"""What the commands share: options, accounts, the console and JSON."""

import json
import sys
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Any, Final, Generic, NoReturn, Protocol, TypeVar

import typer
from rich.console import Console

from reprieve.aws import opening
from reprieve.aws.opening import Access, Closed, Opened
from reprieve.cli.options.completion import complete_profiles, complete_regions
from reprieve.cli.options.run import OptionError, current_run
from reprieve.errors import ExitCode, ReprieveError
from reprieve.regions import known_regions, partition_of
from reprieve.settings.arns import principal_partition
from reprieve.settings.deployment import Deployment
from reprieve.settings.schema import Settings
from reprieve.settings.setting_warnings import setting_warnings
from reprieve.text import iso, nearest, printable, some_names

_FILE_WIDTH: Final = 100_000
"""How wide a file or a pipe is, which have no width of their own: nothing is wrapped there."""


class OutputFormat(StrEnum):
    """What a command prints."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"


Format = Annotated[
    OutputFormat, typer.Option("--format", metavar="FORMAT", help="table, json or csv.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Short for --format json.")]
Profiles = Annotated[
    list[str] | None,
    typer.Option(
        "--profile",
        metavar="NAME",
        help="An AWS profile. Repeat it for several accounts.",
        autocompletion=complete_profiles,
    ),
]
Roles = Annotated[
    list[str] | None,
    typer.Option(
        "--role-arn",
        metavar="ARN",
        help="An IAM role to assume. Repeat it for several accounts.",
    ),
]
ExternalId = Annotated[
    str | None,
    typer.Option("--external-id", metavar="ID", help="The external id that the roles demand."),
]
Regions = Annotated[
    list[str] | None,
    typer.Option(
        "--region",
        metavar="REGION",
        help="Only this Region. Repeat it for several.",
        autocompletion=complete_regions,
    ),
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


class ConfirmationRequired(ReprieveError):
    """A command changes something, and there is no terminal to ask for confirmation."""

    exit_code = ExitCode.USAGE


class _AsJson(Protocol):
    def as_json(self) -> dict[str, Any]: ...


Result = TypeVar("Result", bound=_AsJson)


@dataclass(frozen=True)
class Report(Generic[Result]):
    """What a command found: a result per account, and the accounts that were not opened."""

    accounts: Sequence[Result]
    closed: Sequence[Closed]

    def as_json(self, verdict: str, *, passed: bool) -> dict[str, Any]:
        """Return the report for programs; `verdict` is the key that says whether all passed."""
        return {
            verdict: passed,
            "accounts": [each.as_json() for each in self.accounts],
            "failed_profiles": {each.name: each.text for each in self.closed},
        }


def _region_hint(region: str, every: Collection[str]) -> str:
    """Return what to do about a Region that is not one of these."""
    if partition_of(region):  # no mistake in writing
        return f"Use one of {some_names(sorted(every))}, or add it to regions.watch and deploy."
    near = nearest(region, every)
    return f"Did you mean {near}?" if near else ""


def asked_regions(
    asked: Sequence[str] | None, accounts: Sequence[Settings], *, watched: bool = False
) -> tuple[list[Settings], dict[str, list[str]]]:
    """Return the accounts that have Regions of `--region`, and these Regions by stack, each once.

    Without `--region`, every account has none, which means all; with `watched` it has its watched
    Regions, and has to watch those of `--region`.

    Raises:
        OptionError: no account's partition has a Region, or no account's settings watch it.
    """
    allowed = [
        each.regions.watched if watched else known_regions(each.regions.partition)
        for each in accounts
    ]
    every = {region for regions in allowed for region in regions}
    for region in asked or ():
        if region not in every:
            problem = "The settings do not watch this Region." if watched else "Unknown Region."
            raise OptionError(f"--region {region}: {problem}", _region_hint(region, every))
    if not asked:
        pairs = zip(accounts, allowed, strict=True)
        return list(accounts), {
            each.stack: list(regions) if watched else [] for each, regions in pairs
        }
    found = {
        each.stack: [region for region in dict.fromkeys(asked) if region in regions]
        for each, regions in zip(accounts, allowed, strict=True)
    }
    return [each for each in accounts if found[each.stack]], found


def region_count(opened: Sequence[Opened], asked: Mapping[str, Sequence[str]]) -> int:
    """Return how many Regions a command goes through: those of `asked_regions`, or all."""
    return sum(
        len(asked[each.settings.stack] or known_regions(each.settings.regions.partition))
        for each in opened
    )


def access_of(
    profiles: Sequence[str] | None, roles: Sequence[str] | None, external_id: str | None
) -> Access:
    """Return what the options say about how to open the accounts.

    Raises:
        OptionError: a role is no role, or the options do not fit together.
    """
    for role in roles or ():
        if not principal_partition(role, ["role"]):
            raise OptionError(
                f"--role-arn {role}: This is not the ARN of an IAM role.",
                "Write it like arn:aws:iam::111122223333:role/NAME.",
            )
    if external_id and not roles:
        raise OptionError("--external-id is for --role-arn only.")
    if roles and len(profiles or ()) > 1:
        raise OptionError(
            "--role-arn works with one --profile: the one whose credentials assume the role.",
            "Repeat --role-arn for several accounts, and name one profile.",
        )
    return Access(
        tuple(dict.fromkeys(profiles or ())), tuple(dict.fromkeys(roles or ())), external_id
    )


def open_accounts(
    access: Access, accounts: Sequence[Settings]
) -> tuple[list[Opened], list[Closed]]:
    """Return the accounts, and those that could not be opened; print the reasons on stderr.

    Raises:
        AccountError: no account could be opened, or the credentials are those of another one.
    """
    opened, closed = opening.open_accounts(access, accounts)
    for each in closed:
        print(printable(f"{each.label}{each.text}"), file=sys.stderr)
    return opened, closed


def warn(deployment: Deployment) -> None:
    """Print on stderr what valid settings likely do not do as they are meant to."""
    for each in setting_warnings(deployment.accounts, datetime.now(UTC).date()):
        note(f"Warning: {each}")


def note(text: str) -> None:
    """Print a line on stderr that is no error: `--quiet` prints none of them."""
    if not current_run().quiet:
        print(printable(text), file=sys.stderr, flush=True)


def chosen(format: OutputFormat, as_json: bool) -> OutputFormat:
    """Return the format that --format and --json ask for.

    Raises:
        OptionError: they ask for two.
    """
    if as_json and format is OutputFormat.CSV:
        raise OptionError(f"--json and --format {format} do not fit together.")
    return OutputFormat.JSON if as_json else format


def console(*, stderr: bool = False) -> Console:
    """Return the console for a stream. Without a terminal it is wide and has no colours."""
    plain: dict[str, Any] = {"highlight": False, "emoji": False, "markup": False}
    out = Console(stderr=stderr, **plain)
    if out.is_terminal:
        return out
    return Console(stderr=stderr, width=_FILE_WIDTH, no_color=True, **plain)


def print_json(value: Any) -> None:
    """Print JSON; a time as ISO 8601, another value that JSON does not have as text.

    Unprintable characters of strings are escaped, as JSON allows: a terminal could obey them.
    """
    text = json.dumps(value, indent=2, default=_json_value, ensure_ascii=False)
    print("".join(char if char.isprintable() or char == "\n" else _escape(char) for char in text))


def _json_value(value: Any) -> str:
    return iso(value) if isinstance(value, datetime) else str(value)


def _escape(char: str) -> str:
    return json.dumps(char)[1:-1]


def exit_with(passed: bool) -> NoReturn:
    """End the command: with 0 if everything passed, else with 1."""
    raise typer.Exit(ExitCode.OK if passed else ExitCode.FAILED)
