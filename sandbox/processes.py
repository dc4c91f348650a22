"""Commands of the real terraform and cdktf: found, run, and stopped with all that they started."""

import os
import re
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import IO, cast

# cdktf colours its output and moves the cursor, terminal or not.
_ANSI = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")


class CommandFailed(Exception):
    """A command of terraform or cdktf did not succeed; the text says which, and what it printed."""


def tool(name: str) -> str:
    """Return the path of a command; CommandFailed says what to install where it is missing."""
    found = shutil.which(name)
    if not found:
        raise CommandFailed(f"{name} is not on PATH. Install it: the real {name} is run here.")
    return found


def run(
    command: list[str],
    directory: Path,
    environment: Mapping[str, str],
    on_line: Callable[[str], None] = lambda line: None,
) -> str:
    """Run a command; return its output, which `on_line` gets line by line as well.

    An exception of any kind, such as Ctrl-C, stops the command and the processes that it started.

    Raises:
        CommandFailed: its exit code is not 0.
    """
    # Apart from the output, which may be JSON; in a file, so that neither can block the other.
    with (
        tempfile.TemporaryFile("w+", encoding="utf-8") as errors,
        subprocess.Popen(
            command,
            cwd=directory,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            encoding="utf-8",
            # A process group of its own, which `_kill` stops. So Ctrl-C reaches this process alone.
            start_new_session=True,
        ) as process,
    ):
        lines = []
        try:
            for coloured in cast("IO[str]", process.stdout):
                line = _ANSI.sub("", coloured)
                lines.append(line)
                on_line(line.rstrip("\n"))
            process.wait()
        except BaseException:
            _kill(process)
            raise
        errors.seek(0)
        complaint = errors.read()
    output = "".join(lines)
    if process.returncode != 0:
        name = Path(command[0]).name
        raise CommandFailed(
            f"{' '.join([name, *command[1:]])} ended with exit code {process.returncode}:\n"
            f"{output}{complaint}"
        )
    return output


def _kill(process: subprocess.Popen[str]) -> None:
    """Kill a command and its group: without the sandbox terraform would retry for minutes."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
