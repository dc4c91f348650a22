"""The command `reprieve`: its subcommands, and the one place where errors end a command."""

import sys
import traceback
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from reprieve import __version__
from reprieve.cli.diff import diff
from reprieve.cli.drill import drill
from reprieve.cli.policy import policy
from reprieve.cli.status import status
from reprieve.cli.sweep import sweep
from reprieve.cli.threats import threats
from reprieve.errors import ExitCode, ReprieveError
from reprieve.text import printable_lines


class UnexpectedError(ReprieveError):
    """An error in Reprieve itself."""


class _Commands(TyperGroup):
    """Runs a subcommand. An error becomes a message, a hint and an exit code."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except (typer.TyperException, typer.Exit, typer.Abort, BrokenPipeError, EOFError):
            raise  # typer ends these itself
        except Exception as error:
            if ctx.params.get("debug"):
                print(printable_lines(traceback.format_exc()), file=sys.stderr)
            reported = error if isinstance(error, ReprieveError) else _unexpected(error, ctx)
            print(reported.report, file=sys.stderr)
            raise typer.Exit(reported.exit_code) from error


def _unexpected(error: Exception, ctx: Any) -> UnexpectedError:
    command = f"reprieve --debug {ctx.invoked_subcommand or ''}".rstrip()
    return UnexpectedError(
        f"Unexpected error: {type(error).__name__}: {error}",
        f"This is an error in Reprieve. `{command}` shows the traceback: report it.",
    )


app = typer.Typer(
    name="reprieve",
    cls=_Commands,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


def _print_version(wanted: bool) -> None:
    if wanted:
        print(f"reprieve {__version__}")
        raise typer.Exit(ExitCode.OK)


@app.callback()
def _options(
    version: Annotated[
        bool,
        typer.Option(
            "--version", help="Print the version.", is_eager=True, callback=_print_version
        ),
    ] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")] = False,
) -> None:
    """Guard AWS KMS keys.

    The settings come from reprieve.toml in the current directory, and from the environment.
    """


for command in (threats, status, drill, sweep, diff, policy):
    app.command()(command)
