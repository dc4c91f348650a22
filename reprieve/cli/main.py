"""The command `reprieve`: its subcommands, and the one place where errors end a command."""

import sys
import traceback
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from reprieve import __version__
from reprieve.cli.accounts import accounts
from reprieve.cli.adopt import adopt
from reprieve.cli.diff import diff
from reprieve.cli.doctor import doctor
from reprieve.cli.drill import drill
from reprieve.cli.init import init
from reprieve.cli.move_state import move_state
from reprieve.cli.options.help import Command, exit_code_help
from reprieve.cli.options.run import (
    AccountNames,
    Debug,
    Quiet,
    SettingsFile,
    current_run,
    new_run,
    with_run_options,
)
from reprieve.cli.policy import policy
from reprieve.cli.status import status
from reprieve.cli.sweep import sweep
from reprieve.cli.template import template
from reprieve.cli.threats import threats
from reprieve.cli.validate import validate
from reprieve.errors import ExitCode, ReprieveError
from reprieve.text import printable_lines


class UnexpectedError(ReprieveError):
    """An error in Reprieve itself."""


class _Commands(TyperGroup):
    """Runs a subcommand. An error becomes a message, a hint and an exit code."""

    def invoke(self, ctx: Any) -> Any:
        with new_run() as run:
            try:
                return super().invoke(ctx)
            except typer.BadParameter as error:
                error.message = error.message.removeprefix("Value error, ")  # pydantic's words
                raise
            except (typer.TyperException, typer.Exit, BrokenPipeError, EOFError):
                raise  # typer ends these itself
            except typer.Abort:  # Ctrl-C, or the end of the input, at a question
                print(file=sys.stderr)
                raise typer.Exit(ExitCode.INTERRUPTED) from None
            except Exception as error:
                if run.debug:
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
    context_settings={"help_option_names": ["-h", "--help"]},
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


def _print_version(wanted: bool) -> None:
    if wanted:
        print(f"reprieve {__version__}")
        raise typer.Exit(ExitCode.OK)


@app.callback(epilog=exit_code_help())
def _options(
    version: Annotated[
        bool,
        typer.Option(
            "--version", help="Print the version.", is_eager=True, callback=_print_version
        ),
    ] = False,
    settings_file: SettingsFile = None,
    account: AccountNames = None,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Guard AWS KMS keys.

    The settings come from reprieve.toml in the current directory, and from the environment.
    """
    current_run().use(settings_file=settings_file, account=account, quiet=quiet, debug=debug)


app.command(cls=Command)(with_run_options(init, file_exists=False))
for command in (
    *(doctor, validate, accounts, threats, status, drill, sweep),
    *(adopt, diff, move_state, policy, template),
):
    app.command(cls=Command)(with_run_options(command))
