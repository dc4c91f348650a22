"""Runs the commands of a plan, so that an interrupt ends them cleanly."""

import os
import signal
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import FrameType
from typing import Self

from reprieve.errors import ExitCode, ReprieveError

Done = subprocess.CompletedProcess[str]

_SIGNALS = (signal.SIGINT, signal.SIGTERM)
# A command is in a process group of its own, so that a terminal's Ctrl-C reaches it only once,
# through this process: terraform ends at once, without any clean-up, when it gets a second one.
_OWN_GROUP = os.name == "posix"


class Interrupted(ReprieveError):
    """Ctrl-C or SIGTERM ended the commands."""

    exit_code = ExitCode.INTERRUPTED


class Processes:
    """Runs commands, one after the other, and passes SIGINT and SIGTERM on to them.

    The first signal goes to the command that is in progress: terraform then stops and releases what
    it holds. The second one kills it and its providers. In both cases, and without a command in
    progress, `Interrupted` follows. A context manager, for the main thread: it handles the signals.
    """

    def __init__(self, show: Callable[[str], None]) -> None:
        self.show = show
        self._received: list[int] = []
        self._process: subprocess.Popen[str] | None = None
        self._starting = False
        self._former: dict[int, signal.Handlers | Callable[..., object] | int | None] = {}

    def __enter__(self) -> Self:
        """Handle the signals, except those that this process was started to ignore."""
        for number in _SIGNALS:
            former = signal.getsignal(number)
            if former is not signal.SIG_IGN:
                self._former[number] = former
                signal.signal(number, self._receive)
        return self

    def __exit__(self, *_: object) -> None:
        """Handle the signals as before."""
        for number, former in self._former.items():
            signal.signal(number, former)

    def run(self, command: Sequence[str], directory: Path, variables: Mapping[str, str]) -> Done:
        """Run a command to its end, without standard input; return its output.

        Raises:
            Interrupted: a signal arrived meanwhile. The command has ended.
        """
        self._starting = True
        with subprocess.Popen(
            command,
            cwd=directory,
            env=dict(variables),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            errors="replace",
            process_group=0 if _OWN_GROUP else None,
        ) as process:
            self._process, self._starting = process, False
            if self._received:
                self._pass_on()
            output, errors = process.communicate()
            self._process = None
        if self._received:
            raise self._interrupted()
        return Done(command, process.returncode, output, errors)

    def _receive(self, number: int, _: FrameType | None) -> None:
        self._received.append(number)
        if self._process:
            self._pass_on()
        elif not self._starting:
            raise self._interrupted()

    def _pass_on(self) -> None:
        process = self._process
        if process is None or process.poll() is not None:
            return
        if len(self._received) > 1:
            self._kill(process)
        else:
            self.show("interrupted: terraform ends what it is doing; again to kill it")
            # On Windows the console has already sent Ctrl-C to all its processes.
            if _OWN_GROUP:
                process.send_signal(self._received[0])

    def _kill(self, process: subprocess.Popen[str]) -> None:
        if _OWN_GROUP:
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()

    def _interrupted(self) -> Interrupted:
        name = signal.Signals(self._received[0]).name
        return Interrupted(f"Interrupted ({name}): nothing was planned, and nothing is locked.")
