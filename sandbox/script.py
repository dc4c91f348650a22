"""aws:executeScript: a Python script of a runbook, run as the automation's role.

Source: Systems Manager User Guide, «aws:executeScript».
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sandbox.actions import StepFailed

# AWS gives a script ten minutes; one that runs here has nothing to wait for.
_TIMEOUT = 60
_RUNTIMES = ("python3.6", "python3.7", "python3.8", "python3.9", "python3.10", "python3.11")
_HARNESS = """\
import json, sys
import script
given = json.load(sys.stdin)
json.dump(getattr(script, given["handler"])(given["payload"], {}), open("output.json", "w"))
"""


def run(inputs: Mapping[str, Any], environment: Mapping[str, str]) -> dict[str, Any]:
    """Run the script of a step in a process of its own; its output is under `Payload`.

    `environment` holds what makes boto3 talk to the sandbox as the automation's role.
    """
    if inputs.get("Runtime") not in _RUNTIMES:
        raise StepFailed(f"the sandbox has no runtime {inputs.get('Runtime')}")
    given = {"handler": inputs["Handler"], "payload": inputs.get("InputPayload") or {}}
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        (directory / "script.py").write_text(inputs["Script"], encoding="utf-8")
        (directory / "harness.py").write_text(_HARNESS, encoding="utf-8")
        done = subprocess.run(
            [sys.executable, "harness.py"],
            cwd=directory,
            env=dict(environment),
            input=json.dumps(given),
            capture_output=True,
            text=True,
            timeout=_TIMEOUT,
            check=False,
        )
        if done.returncode:
            raise StepFailed(f"the script failed: {done.stderr.strip().splitlines()[-1]}")
        return {"Payload": json.loads((directory / "output.json").read_text(encoding="utf-8"))}
