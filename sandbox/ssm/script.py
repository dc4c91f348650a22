"""aws:executeScript: runs the Python scripts of runbooks, each as the automation's role.

Source: Systems Manager User Guide, "aws:executeScript".
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from threading import Event, Lock
from typing import Any

from sandbox.ssm.actions import StepCancelled, StepFailed, StepTimedOut

# Since February 2025 AWS no longer supports Python 3.6, 3.7 and 3.8.
_RUNTIMES = ("python3.9", "python3.10", "python3.11")
_INPUTS = {"Runtime", "Handler", "InputPayload", "Script"}
# AWS truncates longer output. A runbook that needs the rest would fail there.
_MAX_OUTPUT = 100 * 1024
_MAX_ITEMS = 100
_PROGRAM = Path(__file__).with_name("zygote.py")
# The user's configuration is not read, and the metadata service not asked, while boto3 loads.
_ENVIRONMENT = {
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "AWS_EC2_METADATA_DISABLED": "true",
}
# How often, in seconds, a waiting step looks whether its execution was stopped.
_POLL = 0.2


class Scripts:
    """Runs scripts in processes of their own, which a prepared process forks: see `zygote`.

    That process starts with the first script and ends with `stop`.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None

    def run(
        self,
        inputs: Mapping[str, Any],
        environment: Mapping[str, str],
        timeout: float,
        stopping: Event,
    ) -> dict[str, Any]:
        """Run the script of a step. Return its result under `Payload`.

        `environment` is the complete environment of its process. It makes boto3 talk to the sandbox
        as the automation's role. Raise StepFailed with the text of the exception that the script
        raised, StepTimedOut after `timeout` seconds, StepCancelled once `stopping` is set.
        """
        request = _request(inputs) | {"environment": dict(environment)}
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as directory:
            answer = self._ask(request | {"directory": directory}, timeout, stopping)
        text, _, status = answer.rpartition(b"\0")
        if not status and stopping.is_set():
            raise StepCancelled("the execution was stopped")
        if not status:
            raise RuntimeError("the process that runs the scripts has ended")
        if not text:
            raise StepFailed(f"the script ended with status {status.decode()} and no answer")
        return _result(text.decode())

    def stop(self) -> None:
        """End the prepared process, and the scripts that still run."""
        with self._lock:
            if self._process is None or self._control is None:
                return
            self._control.close()
            self._process.wait(timeout=5)
            self._process = self._control = None

    def _ask(self, request: Mapping[str, Any], timeout: float, stopping: Event) -> bytes:
        ours, theirs = socket.socketpair()
        with ours:
            with theirs:
                self._pass_on(theirs)
            content = json.dumps(request).encode()
            ours.sendall(len(content).to_bytes(8, "big") + content)
            return _receive(ours, timeout, stopping)

    def _pass_on(self, connection: socket.socket) -> None:
        """Give the prepared process the other end of a script's socket. Start it if need be."""
        with self._lock:
            if self._control is None or self._process is None or self._process.poll() is not None:
                self._start()
            assert self._control is not None  # noqa: S101
            socket.send_fds(self._control, [b"s"], [connection.fileno()])

    def _start(self) -> None:
        self._control, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(
                # -I: the script can import neither user packages nor modules in the directory.
                [sys.executable, "-I", str(_PROGRAM)],
                stdin=theirs.fileno(),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env=_ENVIRONMENT,
            )
        if not self._control.recv(1):
            raise RuntimeError("the process that runs the scripts did not start")


def _request(inputs: Mapping[str, Any]) -> dict[str, Any]:
    if unknown := set(inputs) - _INPUTS:
        raise StepFailed(f"the sandbox knows no input {', '.join(sorted(unknown))}")
    if inputs["Runtime"] not in _RUNTIMES:
        raise StepFailed(f"the sandbox has no runtime {inputs['Runtime']}")
    payload = inputs.get("InputPayload", {})
    if not isinstance(payload, Mapping):
        raise StepFailed(f"InputPayload is not a map: {payload!r}")
    return {"handler": inputs["Handler"], "payload": payload, "script": inputs["Script"]}


def _receive(connection: socket.socket, timeout: float, stopping: Event) -> bytes:
    """Return what arrives until the end. Closing the socket kills the script."""
    end = time.monotonic() + timeout
    parts: list[bytes] = []
    while True:
        left = end - time.monotonic()
        if left <= 0:
            raise StepTimedOut(f"the script did not end within {timeout:g} seconds")
        if stopping.is_set():
            raise StepCancelled("the execution was stopped")
        connection.settimeout(min(left, _POLL))
        try:
            part = connection.recv(65536)
        except TimeoutError:
            continue
        if not part:
            return b"".join(parts)
        parts.append(part)


def _result(text: str) -> dict[str, Any]:
    result: dict[str, Any] = json.loads(text)
    if "error" in result:
        raise StepFailed(f"the script failed: {result['error']}")
    answer = result["Payload"]
    if len(text) > _MAX_OUTPUT or (isinstance(answer, list) and len(answer) > _MAX_ITEMS):
        raise StepFailed("the script returned more than 100 KB, or a list of more than 100 items")
    return result
