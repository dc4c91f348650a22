"""Plans of the stacks of the current directory, made with the real terraform."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from reprieve.diff.plan import Plan, PlanError, parse

BINARY_VARIABLE = "TERRAFORM_BINARY_NAME"
"""Names the terraform to run; the same variable that cdktf heeds."""

_SETTINGS_AT_FAULT = 2


class PlanningFailed(Exception):
    """A command did not succeed; the text says which, and what it said."""


class SettingsAtFault(Exception):
    """`main.py` refused the settings; the text is what it said."""


def plan_all(directory: Path, tell: Callable[[str], None]) -> list[Plan]:
    """Synthesise the stacks of a directory and plan each; `tell` gets what is being done.

    A plan that errors and still has something to show is among them, marked as errored.

    Raises:
        PlanError: there is no app here.
        PlanningFailed: a command is missing or did not succeed.
        SettingsAtFault: the settings are refused.
    """
    if not (directory / "main.py").is_file():
        raise PlanError(
            "There is no main.py here. Run this where the project is, or give the JSON of a plan: "
            "terraform show -json PLANFILE > plan.json"
        )
    terraform = _terraform()
    tell("synthesising the stacks")
    synth = _run([sys.executable, "main.py"], directory)
    if synth.returncode == _SETTINGS_AT_FAULT:
        raise SettingsAtFault(synth.stderr.strip())
    if synth.returncode:
        raise PlanningFailed(_complaint("main.py", synth))
    return [_plan(name, stack, terraform, tell) for name, stack in _stacks(directory).items()]


def _terraform() -> str:
    name = os.environ.get(BINARY_VARIABLE) or "terraform"
    found = shutil.which(name)
    if not found:
        named = f" ({BINARY_VARIABLE} names it)" if os.environ.get(BINARY_VARIABLE) else ""
        raise PlanningFailed(
            f"{name}{named} is not on PATH. Install Terraform, or give the JSON of a plan."
        )
    return found


def _stacks(directory: Path) -> dict[str, Path]:
    """Return the stacks that were synthesised just now, by name.

    The manifest has them; a stack that has left the app may still lie beside them.
    """
    out = directory / os.environ.get("CDKTF_OUTDIR", "cdktf.out")
    try:
        stacks = json.loads((out / "manifest.json").read_text())["stacks"]
        found = {name: out / stack["workingDirectory"] for name, stack in sorted(stacks.items())}
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as fault:
        raise PlanningFailed(
            f"{out / 'manifest.json'} is not as cdktf writes it: {fault}"
        ) from None
    if not found:
        raise PlanningFailed(f"main.py made no stack in {out}.")
    return found


def _plan(name: str, stack: Path, terraform: str, tell: Callable[[str], None]) -> Plan:
    tell(f"{name}: terraform init")
    _checked([terraform, "init", "-input=false", "-no-color"], stack)
    # Not in the stack's directory: a plan file holds values that are secret, and cdktf has its own.
    with tempfile.TemporaryDirectory(prefix="reprieve-") as temporary:
        file = Path(temporary) / "plan"
        tell(f"{name}: terraform plan")
        planned = _run([terraform, "plan", "-input=false", "-no-color", f"-out={file}"], stack)
        if planned.returncode and not file.exists():
            raise PlanningFailed(_complaint(f"terraform plan of {name}", planned))
        if planned.returncode:
            # Terraform wrote what it had; what stopped it stands in its own words.
            print(planned.stderr.strip(), file=sys.stderr)
        tell(f"{name}: terraform show")
        content = _checked([terraform, "show", "-json", str(file)], stack)
    return parse(content.encode(), name)


def _checked(command: list[str], directory: Path) -> str:
    done = _run(command, directory)
    if done.returncode:
        raise PlanningFailed(_complaint(f"{Path(command[0]).name} {command[1]}", done))
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


def _complaint(what: str, done: subprocess.CompletedProcess[str]) -> str:
    said = (done.stderr.strip() or done.stdout.strip())[-4000:]
    return f"{what} ended with exit code {done.returncode}:\n{said}"
