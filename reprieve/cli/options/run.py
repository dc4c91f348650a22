"""The options that every command accepts, before its name and after it."""

import functools
import inspect
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from reprieve.cli.options.completion import complete_accounts
from reprieve.errors import ExitCode, ReprieveError
from reprieve.settings.sources import ACCOUNT_VARIABLE, FILE_VARIABLE


class OptionError(ReprieveError):
    """An option has a value that does not exist here, or options do not fit together."""

    exit_code = ExitCode.USAGE


SettingsFile = Annotated[
    Path | None,
    typer.Option(
        "--settings",
        metavar="FILE",
        help=f"The file of the settings. It replaces {FILE_VARIABLE}.",
        show_default=False,
    ),
]
AccountNames = Annotated[
    list[str] | None,
    typer.Option(
        "--account",
        metavar="NAME",
        help="Only this account of [accounts.NAME]. Repeat it for several. It replaces "
        f"{ACCOUNT_VARIABLE}.",
        autocompletion=complete_accounts,
    ),
]
Quiet = Annotated[bool, typer.Option("--quiet", help="Print only errors on stderr: no progress.")]
Debug = Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")]

RUN_OPTIONS: Final = {
    "settings_file": SettingsFile,
    "account": AccountNames,
    "quiet": Quiet,
    "debug": Debug,
}
"""The parameters of these options, with their types."""


@dataclass
class Run:
    """What these options say of the command that runs."""

    settings_file: Path | None = None
    account: tuple[str, ...] = ()
    quiet: bool = False
    debug: bool = False

    def use(
        self,
        *,
        settings_file: Path | None,
        account: Sequence[str] | None,
        quiet: bool,
        debug: bool,
    ) -> None:
        """Take over the options from one of their two places; the later file replaces the other."""
        self.quiet |= quiet
        self.debug |= debug
        if settings_file:
            self.settings_file = settings_file
            # In the environment, since `diff` runs main.py, which reads the settings too.
            os.environ[FILE_VARIABLE] = str(settings_file)
        if account:
            self.account += tuple(account)
            os.environ[ACCOUNT_VARIABLE] = ",".join(self.account)


_RUN: ContextVar[Run] = ContextVar("run", default=Run())  # noqa: B039 - it is not changed


def current_run() -> Run:
    """Return the run of the command; one with the defaults if there is none."""
    return _RUN.get()


@contextmanager
def new_run() -> Iterator[Run]:
    """Start a run; at its end the environment is as it was."""
    former = {name: os.environ.get(name) for name in (FILE_VARIABLE, ACCOUNT_VARIABLE)}
    token = _RUN.set(Run())
    try:
        yield current_run()
    finally:
        _RUN.reset(token)
        for name, value in former.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def with_run_options(
    command: Callable[..., None], *, file_exists: bool = True
) -> Callable[..., None]:
    """Return the command with these options besides its own.

    With `file_exists` the command reads the file of `--settings`, so it must be there.
    """

    @functools.wraps(command)
    def run(
        *,
        settings_file: Path | None,
        account: Sequence[str] | None = None,
        quiet: bool,
        debug: bool,
        **options: Any,
    ) -> None:
        chosen = current_run()
        chosen.use(settings_file=settings_file, account=account, quiet=quiet, debug=debug)
        if file_exists and chosen.settings_file and not chosen.settings_file.exists():
            raise OptionError(
                f"--settings {chosen.settings_file}: There is no such file.",
                "Name another one, or run `reprieve init` to write reprieve.toml.",
            )
        command(**options)

    own = inspect.signature(command, eval_str=True)
    added = [
        inspect.Parameter(
            name,
            inspect.Parameter.KEYWORD_ONLY,
            default=None if name in ("settings_file", "account") else False,
            annotation=kind,
        )
        for name, kind in RUN_OPTIONS.items()
    ]
    run.__signature__ = own.replace(parameters=[*own.parameters.values(), *added])  # type: ignore[attr-defined]
    run.__annotations__ = {**command.__annotations__, **RUN_OPTIONS}
    return run
