"""Reads and writes states where the settings store them: a file, S3, or HCP Terraform."""

import json
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reprieve.diff.processes import Processes
from reprieve.diff.terraform import TerraformError, failure, forget_backend
from reprieve.move.assignment import State


@dataclass(frozen=True)
class Place:
    """Where the state of a stack is stored.

    Terraform runs in `directory`, in which only the backend is configured: that needs no provider.
    """

    stack: str
    directory: Path
    terraform: str
    variables: Mapping[str, str]
    processes: Processes

    def pull(self) -> State:
        """Return the state; empty if there is none."""
        content = self._run("state", "pull").strip()
        state: State = json.loads(content) if content else {}
        return state

    def push(self, state: State) -> None:
        """Replace the state. Terraform refuses a serial that is lower than that of the stored one.

        Raises:
            TerraformError: The state was changed meanwhile, or is locked.
        """
        with tempfile.TemporaryDirectory(prefix="reprieve-") as temporary:
            file = Path(temporary) / "state.json"
            file.write_text(json.dumps(state, indent=2))
            self._run("state", "push", str(file))

    def _run(self, *arguments: str) -> str:
        done = self.processes.run([self.terraform, *arguments], self.directory, self.variables)
        if done.returncode:
            raise TerraformError(failure(f"terraform state {arguments[1]} of {self.stack}", done))
        return done.stdout


def backend_of(synthesised: Path) -> dict[str, Any]:
    """Return the block of a synthesised stack that says where its state is."""
    block = json.loads((synthesised / "cdk.tf.json").read_text())["terraform"]
    return {name: block[name] for name in ("backend", "cloud") if name in block}


def open_place(
    stack: str, synthesised: Path, terraform: str, variables: Mapping[str, str], run: Processes
) -> Place:
    """Initialise the backend of a synthesised stack in a folder beside it.

    Raises:
        TerraformError: The backend refuses, or cannot be reached.
    """
    # As deep as the stack's own folder: the path of a local state is relative.
    directory = synthesised.parent.parent / "places" / stack
    directory.mkdir(parents=True, exist_ok=True)
    (directory / "backend.tf.json").write_text(json.dumps({"terraform": backend_of(synthesised)}))
    forget_backend(directory)
    done = run.run([terraform, "init", "-input=false", "-no-color"], directory, variables)
    if done.returncode:
        raise TerraformError(failure(f"terraform init of {stack}", done))
    return Place(stack, directory, terraform, variables, run)
