"""The command `reprieve policy`."""

from typing import Annotated, Any

import typer
from rich.console import Console

from reprieve.aws.permissions import COMMANDS, policy_for
from reprieve.cli.common import (
    AsJson,
    Format,
    OptionError,
    OutputFormat,
    console,
    print_json,
    table,
)
from reprieve.settings.loader import load
from reprieve.text import nearest, printable


def policy(
    command: Annotated[
        str, typer.Argument(metavar="COMMAND", help=f"One of: {', '.join(COMMANDS)}.")
    ],
    format: Format = OutputFormat.JSON,
    as_json: AsJson = False,
) -> None:
    """Print the IAM policy that a command needs."""
    if command not in COMMANDS:
        near = nearest(command, COMMANDS)
        raise OptionError(
            f"{command}: there is no policy for this command, only for {', '.join(COMMANDS)}.",
            f"Did you mean {near}?" if near else "",
        )
    document = policy_for(command, load())
    if as_json or format is OutputFormat.JSON:
        print_json(document)
    else:
        show(document, console())


def show(document: dict[str, Any], out: Console) -> None:
    """Print a row for each statement."""
    rows = table("STATEMENT", "ACTIONS", "RESOURCES", folded=["ACTIONS", "RESOURCES"])
    for statement in document["Statement"]:
        rows.add_row(
            statement["Sid"],
            "\n".join(statement["Action"]),
            "\n".join(map(printable, statement["Resource"])),
        )
    out.print(rows)
