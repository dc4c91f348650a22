"""The command `reprieve policy`."""

from typing import Annotated, Final

import typer

from reprieve.aws.permissions import COMMANDS, policy_for
from reprieve.cli.common import (
    AsJson,
    Format,
    OptionError,
    OutputFormat,
    console,
    print_json,
)
from reprieve.cli.views.policy import show, show_protection
from reprieve.guard.protection import DEFAULT_WAITING_DAYS, WAITING_DAYS, protection_of
from reprieve.settings.loader import load
from reprieve.text import nearest

PROTECT: Final = "protect"
"""Not a command of its own: its policy is no identity policy, but one for the organization."""

_POLICIES: Final = (*COMMANDS, PROTECT)


def policy(
    command: Annotated[
        str, typer.Argument(metavar="COMMAND", help=f"One of: {', '.join(_POLICIES)}.")
    ],
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
    if command not in _POLICIES:
        near = nearest(command, _POLICIES)
        raise OptionError(
            f"{command}: there is no policy for this command, only for {', '.join(_POLICIES)}.",
            f"Did you mean {near}?" if near else "",
        )
    wants_json = as_json or format is OutputFormat.JSON
    if command == PROTECT:
        protection = protection_of(load(), minimum_waiting_days or DEFAULT_WAITING_DAYS)
        if wants_json:
            print(protection.text)
        else:
            show_protection(protection, console())
        return
    if minimum_waiting_days is not None:
        raise OptionError(f"--minimum-waiting-days is for {PROTECT} only.")
    document = policy_for(command, load())
    if wants_json:
        print_json(document)
    else:
        show(document, console())
