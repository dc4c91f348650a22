"""Plans the stacks of a directory with terraform."""

import json
import os
import re
import sys
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from reprieve.diff.plan import Plan, PlanError
from reprieve.diff.plan_reader import parse
from reprieve.diff.processes import Done, Processes
from reprieve.environment.tools import terraform_check, terraform_program
from reprieve.errors import ExitCode, ReprieveError

OUTPUT: Final = Path("build", "diff")
"""Where the stacks are synthesised to: cdktf.out/ stays as the last `cdktf` command left it."""

# The AWS provider's error where `allowed_account_ids` does not have the account.
_NOT_ALLOWED: Final = re.compile(r"AWS account ID not allowed: (\d{12})")

# Terraform's error where the state has a resource whose provider the configuration has no longer:
# of another Region, or the marker of another split (stacks/split_marker.py).
_NOT_MOVED: Final = "Provider configuration not present"
_MOVE: Final = (
    "→ The state and state.split do not fit together. If you changed state.split, move the state: "
    "`reprieve move-state`, docs/state.md. Do not deploy before."
)

# The backend and the workspace of an earlier plan: this one reads the state that the settings name.
_REMEMBERED: Final = ("terraform.tfstate", "environment")


class TerraformError(ReprieveError):
    """Terraform, or the app, is missing or failed. The message includes its output."""


class SynthError(ReprieveError):
    """`main.py` found errors in the settings. The message is its output."""

    exit_code = ExitCode.USAGE


class WrongAccountError(ReprieveError):
    """The credentials belong to another account than a stack is for."""

    exit_code = ExitCode.USAGE


def plan_all(
    directory: Path, show: Callable[[str], None], settings: Mapping[str, str] | None = None
) -> list[Plan]:
    """Synthesise the stacks of a directory and plan each; `show` gets what is being done.

    A plan that errors is included, marked as errored, if Terraform wrote a plan file, or if there
    are other stacks: a role that cannot be assumed stops only its own. No plan locks the state, or
    writes to it. `settings` are variables that override those of the environment.

    Raises:
        PlanError: there is no app in the directory.
        WrongAccountError: the credentials belong to another account than a stack is for.
        TerraformError: a command is missing or failed.
        SynthError: the settings have errors.
        Interrupted: Ctrl-C or SIGTERM ended a command.
    """
    terraform = terraform_or_error(directory)
    with Processes(show) as processes:
        out = directory / OUTPUT
        variables = {**terraform_variables(), **(settings or {})}
        stacks = [
            _Stack(name, stack, terraform, variables, processes)
            for name, stack in synthesise(directory, out, variables, processes).items()
        ]
        if len(stacks) == 1:
            return [stacks[0].plan(show)]
        return [each.plan_or_failure(show) for each in stacks]


def terraform_or_error(directory: Path) -> str:
    """Return the program that plans what the app of a directory synthesises.

    Raises:
        PlanError: there is no app in the directory.
        TerraformError: the program is missing or too old.
    """
    if not (directory / "main.py").is_file():
        raise PlanError(
            "There is no main.py here.",
            "Run the command in the project's directory, or pass the JSON of a plan: "
            "terraform show -json PLANFILE > plan.json",
        )
    check = terraform_check()
    if not check.passed:
        raise TerraformError(check.found, f"{check.hint} Or pass the JSON of a plan.")
    return terraform_program()


def terraform_variables() -> dict[str, str]:
    """Return the environment of terraform, without the data directory of the deployments."""
    kept = {name: value for name, value in os.environ.items() if name != "TF_DATA_DIR"}
    return kept | {"TF_IN_AUTOMATION": "1"}


def synthesise(
    directory: Path, out: Path, variables: Mapping[str, str], processes: Processes
) -> dict[str, Path]:
    """Run the app of a directory; return the folders of its stacks in `out`, by name.

    Raises:
        TerraformError: the app failed.
        SynthError: the settings have errors.
        Interrupted: Ctrl-C or SIGTERM ended it.
    """
    processes.show("synthesising the stacks")
    environment = {**variables, "CDKTF_OUTDIR": str(out)}
    synth = processes.run([sys.executable, "main.py"], directory, environment)
    if synth.returncode == ExitCode.USAGE:
        raise SynthError(synth.stderr.strip())
    if synth.returncode:
        raise TerraformError(failure("main.py", synth))
    return _stacks(out)


def _stacks(out: Path) -> dict[str, Path]:
    """Return the stacks that the app just synthesised, by name.

    The manifest lists them. The output directory may also hold stacks that the app no longer has.
    """
    try:
        stacks = json.loads((out / "manifest.json").read_text())["stacks"]
        found = {name: out / stack["workingDirectory"] for name, stack in sorted(stacks.items())}
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise TerraformError(
            f"{out / 'manifest.json'} is not as cdktf writes it: {error}"
        ) from None
    if not found:
        raise TerraformError(f"main.py created no stack in {out}.")
    return found


@dataclass(frozen=True)
class _Stack:
    """A synthesised stack, and what is needed to run terraform there."""

    name: str
    directory: Path
    terraform: str
    variables: Mapping[str, str]
    processes: Processes

    def plan_or_failure(self, show: Callable[[str], None]) -> Plan:
        """Return the plan; an errored one without resources if terraform failed."""
        try:
            return self.plan(show)
        except TerraformError as error:
            return Plan(
                self.name, (), (), (), (), errored=True, complete=False, error_output=str(error)
            )

    def plan(self, show: Callable[[str], None]) -> Plan:
        """Return the plan, marked as errored if terraform wrote one although it failed."""
        forget_backend(self.directory)
        show(f"{self.name}: terraform init")
        self._checked("init", "-input=false")
        # Not in the stack's directory: a plan file may contain secrets.
        with tempfile.TemporaryDirectory(prefix="reprieve-") as temporary:
            file = Path(temporary) / "plan"
            show(f"{self.name}: terraform plan")
            planned = self._run("plan", "-input=false", "-lock=false", f"-out={file}")
            errors = planned.stderr.strip() if planned.returncode else ""
            if other := _NOT_ALLOWED.search(errors):
                raise self._wrong_account(other[1])
            if planned.returncode and not file.exists():
                raise TerraformError(failure(f"terraform plan of {self.name}", planned))
            show(f"{self.name}: terraform show")
            content = self._checked("show", "-json", str(file))
        return replace(parse(content.encode(), self.name), error_output=with_hint(errors))

    def _wrong_account(self, account: str) -> WrongAccountError:
        stack = json.loads((self.directory / "cdk.tf.json").read_text())
        allowed = stack["provider"]["aws"][0].get("allowed_account_ids", [])
        return WrongAccountError(
            f"The credentials belong to the account {account}, and the stack {self.name} is for "
            f"the account {' or '.join(allowed)}: nothing was planned.",
            "Use credentials of that account, or set the role_arn of the account in the settings.",
        )

    def _checked(self, command: str, *arguments: str) -> str:
        done = self._run(command, *arguments)
        if done.returncode:
            raise TerraformError(failure(f"{Path(self.terraform).name} {command}", done))
        return done.stdout

    def _run(self, command: str, *arguments: str) -> Done:
        full = [self.terraform, command, "-no-color", *arguments]
        return self.processes.run(full, self.directory, self.variables)


def forget_backend(directory: Path) -> None:
    """Let the next `terraform init` read the state that the configuration names."""
    for name in _REMEMBERED:
        (directory / ".terraform" / name).unlink(missing_ok=True)


def failure(what: str, done: Done) -> str:
    """Return what a command that failed printed."""
    output = (done.stderr.strip() or done.stdout.strip())[-4000:]
    return f"{what} ended with exit code {done.returncode}:\n{with_hint(output)}"


def with_hint(output: str) -> str:
    """Return what Terraform printed, with what to do if the state was not moved."""
    return f"{output}\n{_MOVE}" if _NOT_MOVED in output else output
