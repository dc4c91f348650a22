"""What the commands share: options, accounts, the console and JSON."""

import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Any, Final, Generic, NoReturn, Protocol, TypeVar

import typer
from rich.console import Console

from reprieve.aws import account
from reprieve.aws.account import Access, Account
from reprieve.cli.options.completion import complete_profiles, complete_regions
from reprieve.cli.options.run import OptionError
from reprieve.errors import ExitCode, ReprieveError
from reprieve.regions import known_regions
from reprieve.settings.arns import principal_partition
from reprieve.settings.deployment import Deployment
from reprieve.settings.exemption import ended
from reprieve.settings.schema import Settings
from reprieve.text import iso, nearest, printable

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
    """What a command found: a result per account, and why other accounts were not opened.

    `failed_profiles` has the reasons by profile, or by role where roles were assumed.
    """

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


def open_accounts(access: Access, settings: Settings) -> tuple[list[Account], dict[str, str]]:
    """Return the accounts, and why others were not opened; print these reasons on stderr.

    Raises:
        AccountError: no account could be opened.
    """
    accounts, failed = account.open_accounts(access, settings.regions.home)
    for name, reason in failed.items():
        which = "" if access.roles else f"profile {name}: "
        print(printable(f"{which}{reason}"), file=sys.stderr)
    return accounts, failed


def warn_ended(deployment: Deployment) -> None:
    """Print on stderr which exemptions have ended: they exempt nothing any more."""
    today = datetime.now(UTC).date()
    for each in deployment.accounts:
        of = f"account {each.account.name}: " if each.account.name else ""
        for sentence in ended(each.exemption, today):
            print(printable(f"Warning: {of}{sentence}"), file=sys.stderr)


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
