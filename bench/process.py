"""Runs a command, and measures what it takes."""

import os
import signal
import subprocess
import tempfile
import time
from collections.abc import Collection, Mapping, Sequence
from contextlib import nullcontext, suppress
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any, Final

from bench.memory import Sampler, is_available
from sandbox.processes import CommandFailed

_LEFT_OUT: Final = ("REPRIEVE_", "AWS_", "CDKTF_", "NODE_OPTIONS", "PYTHONDONTWRITEBYTECODE")
"""What a caller's environment must not change in a synthesis.

Without the last one Python keeps what it has compiled, as it does for users.
"""


@dataclass(frozen=True)
class Usage:
    """What a command took, with all processes that it started.

    `seconds` is wall time. `cpu_seconds` is the time of processors, of the processes that were
    waited for. `memory` is the peak in bytes and `processes` the largest number at a time; both are
    None if they were not sampled, or cannot be on this system.
    """

    seconds: float
    cpu_seconds: float
    memory: int | None = None
    processes: int | None = None


def base_environment() -> dict[str, str]:
    """Return the caller's environment without what would change a synthesis."""
    return {name: value for name, value in os.environ.items() if not name.startswith(_LEFT_OUT)}


def measure(
    command: Sequence[str | Path],
    directory: Path,
    environment: Mapping[str, str],
    *,
    sampled: bool = True,
    exit_codes: Collection[int] = (0,),
) -> Usage:
    """Run a command to its end, without its output. An exception such as Ctrl-C kills it.

    Raises:
        CommandFailed: Its exit code is not one of `exit_codes`.
    """
    with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as output:
        started = time.perf_counter()
        process = subprocess.Popen(
            command,
            cwd=directory,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        sampler = Sampler(process.pid) if sampled and is_available() else None
        try:
            with sampler or nullcontext():
                _, status, used = os.wait4(process.pid, 0)
                seconds = time.perf_counter() - started
        except BaseException:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            raise
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode not in exit_codes:
            output.seek(0)
            raise CommandFailed(
                f"{' '.join(map(str, command))} ended with exit code {process.returncode}:\n"
                f"{output.read()}"
            )
    return Usage(
        seconds=seconds,
        cpu_seconds=used.ru_utime + used.ru_stime,
        memory=sampler.peak.memory if sampler else None,
        processes=sampler.peak.processes if sampler else None,
    )


def summary(usages: Sequence[Usage]) -> dict[str, Any]:
    """Return the medians of the times and the peaks of the rest, as the JSON holds them."""
    return {
        "runs": len(usages),
        "seconds": round(median(each.seconds for each in usages), 3),
        "cpu_seconds": round(median(each.cpu_seconds for each in usages), 3),
        "memory": most([each.memory for each in usages]),
        "processes": most([each.processes for each in usages]),
    }


def most(values: Sequence[int | None]) -> int | None:
    """Return the largest of the values that are known; None if none is."""
    return max((each for each in values if each is not None), default=None)
