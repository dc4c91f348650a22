"""Plans the stacks of a directory with terraform."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from reprieve.diff.plan import Plan, PlanError
from reprieve.diff.plan_reader import parse
from reprieve.errors import ExitCode, ReprieveError

BINARY_VARIABLE = "TERRAFORM_BINARY_NAME"
"""Names the terraform to run, for cdktf too."""


class TerraformError(ReprieveError):
    """Terraform, or the app, is missing or failed. The message includes its output."""


class SynthError(ReprieveError):
    """`main.py` found errors in the settings. The message is its output."""

    exit_code = ExitCode.USAGE


def plan_all(directory: Path, show: Callable[[str], None]) -> list[Plan]:
    """Synthesise the stacks of a directory and plan each; `show` gets what is being done.

    A plan that errors is included, marked as errored, if Terraform wrote a plan file.

    Raises:
        PlanError: there is no app in the directory.
        TerraformError: a command is missing or failed.
        SynthError: the settings have errors.
    """
    if not (directory / "main.py").is_file():
        raise PlanError(
            "There is no main.py here.",
            "Run the command in the project's directory, or pass the JSON of a plan: "
            "terraform show -json PLANFILE > plan.json",
        )
    terraform = _terraform()
    show("synthesising the stacks")
    synth = _run([sys.executable, "main.py"], directory)
    if synth.returncode == ExitCode.USAGE:
        raise SynthError(synth.stderr.strip())
    if synth.returncode:
        raise TerraformError(_failure("main.py", synth))
    return [_plan(name, stack, terraform, show) for name, stack in _stacks(directory).items()]


def _terraform() -> str:
    name = os.environ.get(BINARY_VARIABLE) or "terraform"
    found = shutil.which(name)
    if not found:
        named = f" ({BINARY_VARIABLE} names it)" if os.environ.get(BINARY_VARIABLE) else ""
        raise TerraformError(
            f"{name}{named} is not on PATH.", "Install Terraform, or pass the JSON of a plan."
        )
    return found


def _stacks(directory: Path) -> dict[str, Path]:
    """Return the stacks that the app just synthesised, by name.

    The manifest lists them. The output directory may also hold stacks that the app no longer has.
    """
    out = directory / os.environ.get("CDKTF_OUTDIR", "cdktf.out")
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


def _plan(name: str, stack: Path, terraform: str, show: Callable[[str], None]) -> Plan:
    show(f"{name}: terraform init")
    _checked([terraform, "init", "-input=false", "-no-color"], stack)
    # Not in the stack's directory: a plan file may contain secrets, and cdktf has its own.
    with tempfile.TemporaryDirectory(prefix="reprieve-") as temporary:
        file = Path(temporary) / "plan"
        show(f"{name}: terraform plan")
        planned = _run([terraform, "plan", "-input=false", "-no-color", f"-out={file}"], stack)
        errors = planned.stderr.strip() if planned.returncode else ""
        if planned.returncode and not file.exists():
            raise TerraformError(_failure(f"terraform plan of {name}", planned))
        show(f"{name}: terraform show")
        content = _checked([terraform, "show", "-json", str(file)], stack)
    return replace(parse(content.encode(), name), error_output=errors)


def _checked(command: list[str], directory: Path) -> str:
    done = _run(command, directory)
    if done.returncode:
        raise TerraformError(_failure(f"{Path(command[0]).name} {command[1]}", done))
    return done.stdout


def _run(command: list[str], directory: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command,
        cwd=directory,
        env={**os.environ, "TF_IN_AUTOMATION": "1"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        encoding="utf-8",
        errors="replace",
        check=False,
    )


def _failure(what: str, done: subprocess.CompletedProcess[str]) -> str:
    output = (done.stderr.strip() or done.stdout.strip())[-4000:]
    return f"{what} ended with exit code {done.returncode}:\n{output}"
