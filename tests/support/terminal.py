"""A person at a terminal: commands that see a terminal, and a key that is pressed at a prompt."""

import os
import pty
import re
import select
import subprocess
import time
from dataclasses import dataclass

_ANSI = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


@dataclass(frozen=True)
class Shown:
    """What a terminal showed, without colours and movements, and the exit code."""

    text: str
    exit_code: int


def run_in_terminal(script: str, *, enter_at: str = "", timeout: float = 300) -> Shown:
    """Run a script with bash in a terminal; press Enter once it shows the text `enter_at`."""
    leader, follower = pty.openpty()
    with subprocess.Popen(
        ["bash", "-c", script],
        stdin=follower,
        stdout=follower,
        stderr=follower,
        start_new_session=True,
        env=os.environ | {"TERM": "xterm-256color", "COLUMNS": "160"},
    ) as process:
        os.close(follower)
        shown = b""
        ends = time.monotonic() + timeout
        while chunk := _read(leader, ends):
            shown += chunk
            if enter_at and enter_at.encode() in shown:
                os.write(leader, b"\r")
                enter_at = ""
        code = process.wait()
    os.close(leader)
    return Shown(_ANSI.sub("", shown.decode(errors="replace")).replace("\r\n", "\n"), code)


def _read(leader: int, ends: float) -> bytes:
    """Return what a terminal shows next; nothing when all its programs have ended."""
    ready, _, _ = select.select([leader], [], [], max(0, ends - time.monotonic()))
    if not ready:
        raise TimeoutError("The command has not ended.")
    try:
        return os.read(leader, 65536)
    except OSError:  # Linux: nobody has the terminal open any more
        return b""
