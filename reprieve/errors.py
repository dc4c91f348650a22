"""The base class of the errors that end a command, and the exit codes of all commands."""

from enum import IntEnum
from typing import ClassVar

from reprieve.text import printable_lines


class ExitCode(IntEnum):
    """How a command ends. docs/operations.md and docs/diff.md list what each command returns."""

    OK = 0
    FAILED = 1
    """A check failed, a key is in danger, or AWS or Terraform answered with an error."""
    USAGE = 2
    """The settings, the options or the credentials have an error: nothing was changed."""
    CHANGES = 3
    """`reprieve diff` only: the plan changes something."""
    WEAKENS = 4
    """`reprieve diff` only: the plan weakens protection, or may."""
    INTERRUPTED = 130
    """`reprieve drill` only: Ctrl-C or SIGTERM ended it, and it cleaned up."""


class ReprieveError(Exception):
    """A command cannot continue. `str()` of the error is the message for people.

    `hint` says what to do, as a sentence; it is empty if there is nothing to say. Each kind of
    mistake is a subclass with its own `exit_code`. `reprieve.cli.main` prints the message and the
    hint, and ends the command with the exit code.
    """

    exit_code: ClassVar[ExitCode] = ExitCode.FAILED

    def __init__(self, message: str, hint: str = "") -> None:
        self.hint = hint
        super().__init__(message)

    @property
    def report(self) -> str:
        """What to print on stderr: the message and the hint, escaped line by line."""
        lines = [str(self), *([f"→ {self.hint}"] if self.hint else [])]
        return printable_lines("\n".join(lines))
