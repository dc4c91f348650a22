"""The base class of the errors that end a command, and the exit codes of all commands."""

from enum import IntEnum
from typing import ClassVar, Self

from reprieve.text import printable_lines


class ExitCode(IntEnum):
    """How a command ends, and what that means.

    `reprieve --help` and docs/operations.md print this table.
    """

    meaning: str

    def __new__(cls, value: int, meaning: str) -> Self:
        """Return the code of this value."""
        code = int.__new__(cls, value)
        code._value_ = value
        code.meaning = meaning
        return code

    OK = 0, "every check passed, or there is nothing to do"
    FAILED = 1, "a check failed, a key is in danger, or AWS or Terraform failed"
    USAGE = 2, "the settings, options or credentials have an error"
    CHANGES = 3, "diff: the plan has changes"
    WEAKENS = 4, "diff: the plan weakens protection, or may weaken it"
    DECLINED = 5, "drill, move-state: you answered no, and nothing was changed"
    INTERRUPTED = 130, "Ctrl-C or SIGTERM; a drill has cleaned up"


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
