"""The command `reprieve move-state`: from one `state.split` to another."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from reprieve.cli.common import ConfirmationRequired, Yes, console
from reprieve.cli.options.run import OptionError
from reprieve.cli.views.move_state import show
from reprieve.cli.views.progress import spinner
from reprieve.diff.terraform import plan_all
from reprieve.errors import ExitCode
from reprieve.move.assignment import MoveError
from reprieve.move.move import (
    Moving,
    back_up,
    carry_out,
    not_empty,
    old_layout,
    read_states,
)
from reprieve.settings.loader import load
from reprieve.settings.split import SPLITS


def move_state(
    old: Annotated[
        str,
        typer.Option(
            "--from",
            metavar="SPLIT",
            help=f"The state.split that is deployed: {', '.join(SPLITS)}.",
            show_default=False,
        ),
    ],
    name: Annotated[
        str | None,
        typer.Option(
            "--from-name",
            metavar="NAME",
            help="The state.key or state.workspace that is deployed, if it was another one.",
        ),
    ] = None,
    no_plan: Annotated[
        bool,
        typer.Option(
            "--no-plan", help="Do not plan before and afterwards: for runs in HCP Terraform."
        ),
    ] = False,
    yes: Yes = False,
) -> None:
    """Move the state to other stacks: state.split.

    Change state.split first, then run the command with the old value. Every plan of the old layout
    has to be empty. The command shows how many resources each state contains and will contain, asks
    for confirmation, saves each state beside main.py, and moves the resources. Then it plans every
    stack, and checks that the plans are empty. Nothing that is deployed changes.

    If it is interrupted, no resource is lost. Run it again: it continues.

    \b
    Exit codes:
      0    the states are as state.split asks for, and every plan is empty
      1    a state could not be moved, or a plan is not empty
      2    the settings or options have an error, or --yes is needed
      5    you answered no, and nothing was changed
      130  Ctrl-C or SIGTERM ended it
    """  # noqa: D301 - click reads the \b: the lines that follow stay as they are
    deployment = load()
    deployment.require_changes_allowed("reprieve move-state")
    split = deployment.accounts[0].state.split
    if old not in SPLITS:
        raise OptionError(f"--from {old}: write one of {', '.join(SPLITS)}.")
    if old == split:
        raise OptionError(
            f'--from {old}: state.split is "{split}" too.',
            "Set state.split to the layout that you want, and name the old one with --from.",
        )
    if not yes and not sys.stdin.isatty():
        raise ConfirmationRequired(
            "move-state asks for confirmation, which needs a terminal.",
            "Use --yes to run it without confirmation.",
        )
    directory, variables = Path.cwd(), old_layout(old, name)
    with spinner() as progress:
        moving = read_states(directory, variables, progress)
    if moving.pending:
        _move(moving, directory, variables, plan=not no_plan, ask=not yes)
    else:
        console().print(f'The states are already as state.split = "{split}" asks for.')
    if no_plan:
        console().print("The plans were not checked (--no-plan).")
        return
    with spinner() as progress:
        wrong = not_empty(plan_all(directory, progress))
    if wrong:
        raise MoveError("\n".join(wrong), "See what `reprieve diff` shows.")
    console().print("Checked: every plan is empty.")


def _move(moving: Moving, directory: Path, old: dict[str, str], *, plan: bool, ask: bool) -> None:
    """Check the old plans, ask, and move."""
    if moving.continues:
        console().print("An earlier move was interrupted. This one continues it.")
    elif plan:
        with spinner() as progress:
            wrong = not_empty(plan_all(directory, progress, old))
        if wrong:
            raise MoveError(
                "\n".join(["Nothing was moved: the old layout is not deployed as it is.", *wrong]),
                "Set state.split to the old value, deploy, and move the state then.",
            )
    show(moving.moves, console())
    if ask and not typer.confirm("Move these resources between the states?"):
        raise typer.Exit(ExitCode.DECLINED)
    for file in back_up(moving, directory):
        console().print(f"Saved: {file.name}", markup=False)
    with spinner() as progress:
        carry_out(moving, progress)
    console().print("Moved.")
