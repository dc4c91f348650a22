"""Moves the states of a deployment from one layout to another.

No resource is ever in no state: the states of the new layout are written first, with all that they
gain, and only then do the others lose it. A move that was interrupted is continued by the same
command.
"""

import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from reprieve.diff.plan import Plan
from reprieve.diff.processes import Interrupted, Processes
from reprieve.diff.terraform import (
    synthesise,
    terraform_or_error,
    terraform_variables,
)
from reprieve.guard.layout import stacks_of
from reprieve.move.assignment import (
    Move,
    MoveError,
    State,
    contents,
    is_interrupted,
    managed,
    moves_of,
)
from reprieve.move.places import Place, backend_of, open_place
from reprieve.settings.deployment import Deployment
from reprieve.settings.loader import load
from reprieve.settings.sources import variable_of

OUTPUT: Final = Path("build", "move")
"""Where both layouts are synthesised to."""

_BEFORE: Final = ".before"
"""Ends the name of the old state of a stack whose state gets another key or workspace."""

Show = Callable[[str], None]


@dataclass(frozen=True)
class Moving:
    """The states of all accounts, opened, and what is to become of them."""

    moves: tuple[Move, ...]
    places: Mapping[str, Place]
    processes: Processes
    continues: bool
    """Whether an earlier move was interrupted."""

    @property
    def pending(self) -> tuple[Move, ...]:
        """The moves that change a state."""
        return tuple(each for each in self.moves if each.changes)


def old_layout(split: str, name: str | None) -> dict[str, str]:
    """Return the variables of the old layout; `name` is its key or workspace, if it differs."""
    found = {variable_of("state", "split"): split}
    if name:
        backend = load().accounts[0].state.backend
        found[variable_of("state", "workspace" if backend == "hcp" else "key")] = name
    return found


def read_states(directory: Path, old: Mapping[str, str], show: Show) -> Moving:
    """Read the states of both layouts, and compute what belongs where. Nothing is changed.

    Args:
        directory: The project.
        old: The variables of the old layout, see `old_layout`.
        show: Gets what is being done.

    Raises:
        MoveError: The states and the settings do not have the same resources.
        TerraformError: Terraform, or the app, failed.
        SynthError: The settings have errors.
        Interrupted: Ctrl-C or SIGTERM.
    """
    terraform, variables = terraform_or_error(directory), terraform_variables()
    new_accounts, old_accounts = load(), load({**os.environ, **old})
    moves: list[Move] = []
    places: dict[str, Place] = {}
    continues = False
    with Processes(show) as processes:
        former = synthesise(directory, directory / OUTPUT / "from", {**variables, **old}, processes)
        stacks = synthesise(directory, directory / OUTPUT / "to", variables, processes)
        # A stack of both layouts has one state, unless its key or workspace changes.
        old_names = {
            name: name
            if name not in stacks or backend_of(synthesised) == backend_of(stacks[name])
            else f"{name}{_BEFORE}"
            for name, synthesised in former.items()
        }
        folders = {old_names[name]: folder for name, folder in former.items()} | stacks
        for name, folder in folders.items():
            show(f"{name}: opening the state")
            places[name] = open_place(name, folder, terraform, variables, processes)
        for new, old_stacks, split in _accounts(new_accounts, old_accounts):
            former_names = [old_names[each] for each in old_stacks]
            states = {name: places[name].pull() for name in dict.fromkeys((*new, *former_names))}
            parsed = {name: json.loads((stacks[name] / "cdk.tf.json").read_text()) for name in new}
            moves += moves_of(states, parsed, split)
            continues |= is_interrupted(states, former_names, split)
    return Moving(tuple(moves), places, processes, continues)


def _accounts(
    new: Deployment, old: Deployment
) -> Iterator[tuple[Sequence[str], Sequence[str], str]]:
    """Yield the new stacks, the old stacks and the new split of each account."""
    for each, former in zip(new.accounts, old.accounts, strict=True):
        yield stacks_of(each), stacks_of(former), each.state.split


def back_up(moving: Moving, directory: Path) -> list[Path]:
    """Write the states that contain something beside main.py; return the files."""
    time = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    files = []
    for each in moving.moves:
        if managed(each.before):
            file = directory / f"terraform.{each.stack}.tfstate.before-move-{time}"
            file.touch(mode=0o600)
            file.write_text(json.dumps(each.before, indent=2))
            files.append(file)
    return files


def carry_out(moving: Moving, show: Show) -> None:
    """Write the states: first all that they gain, then what they lose.

    Raises:
        MoveError: A state was changed since it was read.
        TerraformError: A state cannot be written. Repeat the command to continue.
        Interrupted: Ctrl-C or SIGTERM. Repeat the command to continue.
    """
    serials = {each.stack: each.before.get("serial", 0) for each in moving.moves}

    def push(move: Move, state: State) -> None:
        place = moving.places[move.stack]
        if place.pull().get("serial", 0) != serials[move.stack]:
            raise MoveError(
                f"The state of {move.stack} was changed since it was read.",
                "Make sure that nobody deploys, and repeat the command.",
            )
        place.push({**state, "serial": serials[move.stack] + 1})
        serials[move.stack] = place.pull()["serial"]

    try:
        with moving.processes:
            for move in moving.pending:
                if contents(move.enlarged) != contents(move.before):
                    show(f"{move.stack}: writing the state with what it gains")
                    push(move, move.enlarged)
            for move in moving.pending:
                if contents(move.enlarged) != contents(move.after):
                    show(f"{move.stack}: removing what another state contains now")
                    push(move, move.after)
    except Interrupted:
        raise Interrupted(
            "Interrupted: the move is not complete, and no resource is lost.",
            "Run the same command again: it continues.",
        ) from None


def not_empty(plans: Iterable[Plan]) -> list[str]:
    """Return a sentence for each plan that is not empty, or failed."""
    found = []
    for plan in plans:
        if plan.errored or not plan.complete:
            found.append(f"The plan of {plan.label} failed.\n{plan.error_output}".strip())
        elif plan.changes or plan.outputs or plan.deferred:
            count = len(plan.changes) + len(plan.outputs) + len(plan.deferred)
            found.append(f"The plan of {plan.label} has changes: {count}.")
    return found
