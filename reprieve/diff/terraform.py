"""Plans the stacks of a directory with terraform."""

import json
import os
import re
import sys
import tempfile
from collections.abc import Callable
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


def plan_all(directory: Path, show: Callable[[str], None]) -> list[Plan]:
    """Synthesise the stacks of a directory and plan each; `show` gets what is being done.

    A plan that errors is included, marked as errored, if Terraform wrote a plan file, or if there
    are other stacks: a role that cannot be assumed stops only its own. No plan locks the state, or
    writes to it.

    Raises:
        PlanError: there is no app in the directory.
        WrongAccountError: the credentials belong to another account than a stack is for.
        TerraformError: a command is missing or failed.
        SynthError: the settings have errors.
        Interrupted: Ctrl-C or SIGTERM ended a command.
    """
    if not (directory / "main.py").is_file():
        raise PlanError(
            "There is no main.py here.",
            "Run the command in the project's directory, or pass the JSON of a plan: "
            "terraform show -json PLANFILE > plan.json",
        )
    terraform = _terraform()
    out = directory / OUTPUT
    # A data directory that the variable names is that of the deployments.
    variables = {name: value for name, value in os.environ.items() if name != "TF_DATA_DIR"}
    variables |= {"TF_IN_AUTOMATION": "1", "CDKTF_OUTDIR": str(out)}
    with Processes(show) as processes:
        show("synthesising the stacks")
        synth = processes.run([sys.executable, "main.py"], directory, variables)
        if synth.returncode == ExitCode.USAGE:
            raise SynthError(synth.stderr.strip())
        if synth.returncode:
            raise TerraformError(_failure("main.py", synth))
        stacks = [
            _Stack(name, stack, terraform, variables, processes)
            for name, stack in _stacks(out).items()
        ]
        if len(stacks) == 1:
            return [stacks[0].plan(show)]
        return [each.plan_or_failure(show) for each in stacks]


def _terraform() -> str:
    check = terraform_check()
    if not check.passed:
        raise TerraformError(check.found, f"{check.hint} Or pass the JSON of a plan.")
    return terraform_program()


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
    variables: dict[str, str]
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
        for name in _REMEMBERED:
            (self.directory / ".terraform" / name).unlink(missing_ok=True)
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
                raise TerraformError(_failure(f"terraform plan of {self.name}", planned))
            show(f"{self.name}: terraform show")
            content = self._checked("show", "-json", str(file))
        return replace(parse(content.encode(), self.name), error_output=errors)

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
            raise TerraformError(_failure(f"{Path(self.terraform).name} {command}", done))
        return done.stdout

    def _run(self, command: str, *arguments: str) -> Done:
        full = [self.terraform, command, "-no-color", *arguments]
        return self.processes.run(full, self.directory, self.variables)


def _failure(what: str, done: Done) -> str:
    output = (done.stderr.strip() or done.stdout.strip())[-4000:]
    return f"{what} ended with exit code {done.returncode}:\n{output}"
