"""What the tests of the state do with terraform: wait, hold a lock, kill."""

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from sandbox.deployment import PROJECT, Deployment
from sandbox.processes import tool

# As small as a guard gets: its SQS queue alone takes Terraform half a minute.
SMALL = {
    "REPRIEVE_REGIONS__WATCH": "eu-west-1",
    "REPRIEVE_NOTIFY__THREATS": "key-deletion-scheduled",
    "REPRIEVE_RELIABILITY__ALARMS": "false",
    "REPRIEVE_PATROL__ENABLED": "false",
}
PROMPT = "Enter a value:"


def state(deployment: Deployment) -> dict[str, Any]:
    """Return the state that terraform reads, wherever it lives; empty if there is none."""
    pulled = deployment.terraform("state pull")
    content: dict[str, Any] = json.loads(pulled) if pulled.strip() else {}
    return content


def addresses(deployment: Deployment) -> list[str]:
    """Return the addresses of all resources in the state."""
    return deployment.terraform("state list").splitlines()


def reviewed(deployment: Deployment) -> str:
    """Run `reprieve diff` with the settings of a deployment; return what it prints."""
    done = reprieve(deployment, "diff")
    return done.stdout or done.stderr


def reprieve(
    deployment: Deployment, *arguments: str, **variables: str
) -> "subprocess.CompletedProcess[str]":
    """Run a command in the directory of a deployment, with its settings and these variables."""
    main = deployment.directory / "main.py"
    main.write_text(
        f"import runpy\nrunpy.run_path({str(PROJECT / 'main.py')!r}, run_name='__main__')\n"
    )
    return subprocess.run(
        [sys.executable, "-m", "reprieve.cli", *arguments],
        cwd=deployment.directory,
        env=deployment.environment() | {"PYTHONPATH": str(PROJECT)} | variables,
        capture_output=True,
        text=True,
        check=False,
    )


@contextmanager
def applying(deployment: Deployment, output: Path, *arguments: str) -> Iterator[subprocess.Popen]:
    """Run `terraform apply`, which prints to a file; whatever is left of it is killed at the end.

    That includes its providers, which outlive a terraform that is killed.

    Without `-auto-approve` it plans, and then waits for a yes: with the lock, as for a person.
    """
    with (
        output.open("w") as printed,
        subprocess.Popen(
            [tool("terraform"), "apply", "-no-color", *arguments],
            cwd=deployment.stack_directory,
            env=deployment.environment() | {"TF_INPUT": "1"},
            stdin=subprocess.PIPE,
            stdout=printed,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        ) as process,
    ):
        try:
            yield process
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)


def wait_until(
    process: subprocess.Popen, happened: Callable[[], bool], seconds: float = 300
) -> None:
    """Wait for something that the process does; fail if it ends before, or takes too long."""
    for _ in range(int(seconds * 20)):
        if happened():
            return
        try:
            process.wait(0.05)
        except subprocess.TimeoutExpired:
            continue
        raise AssertionError(f"terraform ended with {process.returncode} before it happened")
    raise AssertionError("it did not happen")


def lock_id(complaint: str) -> str:
    """Return the id of the lock that terraform says it did not get."""
    found = re.search(r"^[│ ]*ID: +(\S+)$", complaint, re.MULTILINE)
    assert found, complaint
    return found[1]
