"""aws:executeScript: runs a Python script of a runbook as the automation's role.

Source: Systems Manager User Guide, "aws:executeScript".
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sandbox.ssm.actions import StepFailed, StepTimedOut

# Since February 2025 AWS no longer supports Python 3.6, 3.7 and 3.8.
_RUNTIMES = ("python3.9", "python3.10", "python3.11")
_INPUTS = {"Runtime", "Handler", "InputPayload", "Script"}
# AWS truncates longer output. A runbook that needs the rest would fail there.
_MAX_OUTPUT = 100 * 1024
_MAX_ITEMS = 100
_OUTPUT = "output.json"
# The harness reports everything that ends the script, including sys.exit. The result goes to a
# file, because the script may use standard output.
_HARNESS = f"""\
import json, sys, traceback
given = json.load(sys.stdin)
try:
    names = {{"__name__": "script"}}
    exec(compile(given["script"], "script", "exec"), names)
    if given["handler"] not in names:
        raise NameError("the script has no function " + given["handler"])
    text = json.dumps({{"Payload": names[given["handler"]](given["payload"], {{}})}})
except BaseException as error:
    text = json.dumps({{"error": "".join(traceback.format_exception_only(error)).strip()}})
with open("{_OUTPUT}", "w") as output:
    output.write(text)
"""


def run(
    inputs: Mapping[str, Any], environment: Mapping[str, str], timeout: float
) -> dict[str, Any]:
    """Run the script of a step in a process of its own. Return its result under `Payload`.

    `environment` is the complete environment of the process. It makes boto3 talk to the sandbox as
    the automation's role. Raise StepFailed with the text of the exception that the script raised.
    """
    if unknown := set(inputs) - _INPUTS:
        raise StepFailed(f"the sandbox knows no input {', '.join(sorted(unknown))}")
    if inputs["Runtime"] not in _RUNTIMES:
        raise StepFailed(f"the sandbox has no runtime {inputs['Runtime']}")
    payload = inputs.get("InputPayload", {})
    if not isinstance(payload, Mapping):
        raise StepFailed(f"InputPayload is not a map: {payload!r}")
    given = {"handler": inputs["Handler"], "payload": payload, "script": inputs["Script"]}
    text = _output_of(json.dumps(given), environment, timeout)
    result: dict[str, Any] = json.loads(text)
    if "error" in result:
        raise StepFailed(f"the script failed: {result['error']}")
    answer = result["Payload"]
    if len(text) > _MAX_OUTPUT or (isinstance(answer, list) and len(answer) > _MAX_ITEMS):
        raise StepFailed("the script returned more than 100 KB, or a list of more than 100 items")
    return result


def _output_of(given: str, environment: Mapping[str, str], timeout: float) -> str:
    with tempfile.TemporaryDirectory() as name:
        try:
            done = subprocess.run(
                # -I: the script can import neither user packages nor modules in the directory.
                [sys.executable, "-I", "-c", _HARNESS],
                cwd=name,
                env=dict(environment),
                input=given.encode(),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                timeout=timeout,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise StepTimedOut(f"the script did not end within {timeout:g} seconds") from None
        output = Path(name) / _OUTPUT
        if not output.exists():
            raise StepFailed(f"the script ended with status {done.returncode} and no answer")
        return output.read_text(encoding="utf-8")
