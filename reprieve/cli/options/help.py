"""How the help of the commands looks: values have names, and defaults are sentences."""

from collections.abc import Sequence
from enum import Enum
from typing import Any, Final

from typer.core import TyperArgument, TyperCommand, TyperOption

from reprieve.cli.options.run import RUN_OPTIONS
from reprieve.errors import ExitCode

_EVERYWHERE: Final = (*RUN_OPTIONS, "help")


class Command(TyperCommand):
    """A command whose help says `COMMAND`, not `<str>`, and `Default: 60.`, not `[x>=1]`."""

    def collect_usage_pieces(self, ctx: Any) -> list[str]:
        """Return the pieces of the usage line. Brackets are around what may be left out."""
        pieces: list[str] = super().collect_usage_pieces(ctx)
        return [piece.removeprefix("{").removesuffix("}") for piece in pieces]

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Write the arguments, the options, and the options that every command has."""
        parameters = self.get_params(ctx)
        options = [each for each in parameters if isinstance(each, TyperOption)]
        sections: dict[str, Sequence[TyperArgument | TyperOption]] = {
            "Arguments": [each for each in parameters if isinstance(each, TyperArgument)],
            "Options": [each for each in options if each.name not in _EVERYWHERE],
            "Options of every command": [each for each in options if each.name in _EVERYWHERE],
        }
        for title, members in sections.items():
            if members:
                with formatter.section(title):
                    formatter.write_dl([_row(each, ctx) for each in members])


def _row(parameter: TyperArgument | TyperOption, ctx: Any) -> tuple[str, str]:
    if isinstance(parameter, TyperArgument):
        return parameter.metavar or parameter.name, parameter.help or ""
    name, _ = parameter.get_help_record(ctx) or ("", "")
    default = parameter.default.value if isinstance(parameter.default, Enum) else parameter.default
    if default is None or isinstance(default, bool):
        return name, parameter.help or ""
    return name, f"{parameter.help} Default: {default}."


def exit_code_help() -> str:
    """Return the table of all exit codes, for the end of `reprieve --help`."""
    lines = [f"  {code.value:<4} {code.meaning}" for code in ExitCode]
    # click reads the \b: the lines that follow stay as they are.
    return "\n".join(["\b", "Exit codes:", *lines])
