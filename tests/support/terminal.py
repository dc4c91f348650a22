"""Commands that see a terminal."""

import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import termios
import time
from dataclasses import dataclass
from pathlib import Path

_ANSI = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
_ROWS, _COLUMNS = 50, 160


@dataclass(frozen=True)
class Shown:
    """What a terminal showed, without colours and movements, and the exit code."""

    text: str
    exit_code: int


def run_in_terminal(script: str, timeout: float = 600) -> Shown:
    """Run a script with bash in a terminal.

    Raises:
        TimeoutError: It has not ended in time. The message has what was shown last, and what each
            process of the terminal does.
    """
    leader, follower = pty.openpty()
    # Without a size the terminal has no rows, and cdktf repeats all it has shown with every line.
    fcntl.ioctl(follower, termios.TIOCSWINSZ, struct.pack("HHHH", _ROWS, _COLUMNS, 0, 0))
    with subprocess.Popen(
        ["bash", "-c", script],
        stdin=follower,
        stdout=follower,
        stderr=follower,
        start_new_session=True,
        env=os.environ | {"TERM": "xterm-256color"},
    ) as process:
        os.close(follower)
        shown = b""
        ends = time.monotonic() + timeout
        while (chunk := _read(leader)) or process.poll() is None:
            shown += chunk
            if time.monotonic() > ends:
                found = _processes(process.pid)
                process.kill()
                raise TimeoutError(f"{script} has not ended: {shown[-4000:]!r}\n{found}")
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


def _processes(session: int) -> str:
    """Return a line for each process of a session: its state, where the kernel waits, its name."""
    lines = []
    for each in Path("/proc").glob("[0-9]*"):
        try:
            # After the name, in parentheses: state, parent, process group, session.
            state, _, _, of = (each / "stat").read_text().rpartition(")")[2].split()[:4]
            if int(of) == session:
                command = (each / "cmdline").read_text().replace("\0", " ")
                lines.append(f"{each.name} {state} {(each / 'wchan').read_text()} {command}")
        except OSError:  # it has ended
            continue
    return "\n".join(lines)
