"""The one kind of error that commands end with, and the exit codes of all commands."""

from enum import IntEnum


class ExitCode(IntEnum):
    """How a command ends. docs/operations.md and docs/diff.md list what each command returns."""

    OK = 0
    FAILED = 1
    """A check failed, a key is in danger, or AWS or Terraform answered with an error."""
    USAGE = 2
    """The settings, the options or the credentials have an error: nothing was done."""
    CHANGES = 3
    """`reprieve diff` only: the plan changes something."""
    WEAKENS = 4
    """`reprieve diff` only: the plan weakens protection, or may."""


class ReprieveError(Exception):
    """Why a command cannot go on. `str()` of it is the message, without a traceback.

    `hint`, if there is one, is what to do, as a sentence. `cli.main` turns every such error into
    the message, the hint and the exit code of its class.
    """

    exit_code = ExitCode.FAILED

    def __init__(self, message: str, hint: str = "") -> None:
        self.hint = hint
        super().__init__(message)
