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


def run_in_terminal(script: str, *, enter_after: str = "", timeout: float = 300) -> Shown:
    """Run a script with bash in a terminal.

    Press Enter, once, when it has shown the text `enter_after` and then nothing for a second: then
    the prompt listens.
    """
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
        while (chunk := _read(leader)) or process.poll() is None:
            shown += chunk
            if time.monotonic() > ends:
                process.kill()
                raise TimeoutError(f"{script} has not ended: {shown[-2000:].decode()}")
            if enter_after and not chunk and enter_after.encode() in shown:
                os.write(leader, b"\r")
                enter_after = ""
        code = process.wait()
    os.close(leader)
    return Shown(_ANSI.sub("", shown.decode(errors="replace")).replace("\r\n", "\n"), code)


def _read(leader: int) -> bytes:
    """Return what a terminal shows next; nothing after a second, and when all have closed it."""
    if not select.select([leader], [], [], 1)[0]:
        return b""
    try:
        return os.read(leader, 65536)
    except OSError:  # Linux: nobody has the terminal open any more
        return b""
