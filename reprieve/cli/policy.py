"""The command `reprieve policy`."""

from typing import Annotated, Final

import typer

from reprieve.aws.permissions import COMMANDS, policy_for
from reprieve.cli.common import (
    AsJson,
    Format,
    OutputFormat,
    chosen,
    console,
    print_json,
)
from reprieve.cli.options.run import OptionError
from reprieve.cli.views.csv_output import csv_text
from reprieve.cli.views.csv_rows import POLICY_COLUMNS, policy_rows
from reprieve.cli.views.policy import show, show_protection
from reprieve.guard.protection import DEFAULT_WAITING_DAYS, WAITING_DAYS, protection_of
from reprieve.settings.loader import load
from reprieve.text import nearest

PROTECT: Final = "protect"
"""Not a command of its own: its policy is no identity policy, but one for the organization."""

_POLICIES: Final = (*(each for each in COMMANDS if " " not in each), PROTECT)


def _complete(incomplete: str) -> list[str]:
    return [each for each in _POLICIES if each.startswith(incomplete)]


def policy(
    command: Annotated[
        str,
        typer.Argument(
            metavar="COMMAND",
            help=f"One of: {', '.join(_POLICIES)}.",
            autocompletion=_complete,
        ),
    ],
    cancels: Annotated[
        bool, typer.Option("--cancel", help="With sweep: what `sweep --cancel` needs too.")
    ] = False,
    enables: Annotated[
        bool, typer.Option("--enable", help="With sweep: what `sweep --enable` needs too.")
    ] = False,
    minimum_waiting_days: Annotated[
        int | None,
        typer.Option(
            "--minimum-waiting-days",
            metavar="DAYS",
            help="With protect: the shortest waiting period of a key's deletion. "
            f"Default: {DEFAULT_WAITING_DAYS}.",
            min=WAITING_DAYS[0],
            max=WAITING_DAYS[1],
        ),
    ] = None,
    format: Format = OutputFormat.JSON,
    as_json: AsJson = False,
) -> None:
    """Print the IAM policy that a command needs.

    With protect, print a service control policy for AWS Organizations: only exempt.deployers may
    then change the guard. It is one line, since white space counts against its size.
    """
    format = chosen(format, as_json)
    # "sweep --cancel" as one word was the only form once.
    command, *quoted = command.split()
    options = [*quoted, *(["--cancel"] if cancels else []), *(["--enable"] if enables else [])]
    names = [f"{command} {each}" for each in dict.fromkeys(options)] or [command]
    for name in names:
        if name not in (*COMMANDS, PROTECT):
            near = nearest(name, (*COMMANDS, PROTECT))
            raise OptionError(
                f"{name}: there is no policy for this command, only for {', '.join(_POLICIES)}.",
                f"Did you mean {near}?" if near else "",
            )
    if command == PROTECT:
        _print_protection(minimum_waiting_days or DEFAULT_WAITING_DAYS, format)
        return
    if minimum_waiting_days is not None:
        raise OptionError(f"--minimum-waiting-days is for {PROTECT} only.")
    document = policy_for(names, load().only)
    if format is OutputFormat.JSON:
        print_json(document)
    elif format is OutputFormat.CSV:
        print(csv_text(POLICY_COLUMNS, policy_rows(document)), end="")
    else:
        show(document, console())


def _print_protection(minimum_waiting_days: int, format: OutputFormat) -> None:
    protection = protection_of(load().only, minimum_waiting_days)
    if format is OutputFormat.JSON:
        print(protection.text)
    elif format is OutputFormat.CSV:
        rows = [{"sid": each.sid, "denies": each.explanation} for each in protection.statements]
        print(csv_text(("sid", "denies"), rows), end="")
    else:
        show_protection(protection, console())
