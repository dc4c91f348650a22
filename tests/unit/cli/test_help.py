"""The help of each command, as it looks on a terminal of 80 columns."""

import re
from typing import Any

import pytest
from typer.main import get_command
from typer.testing import CliRunner

from reprieve.cli.main import app
from reprieve.errors import ExitCode

_GROUP: Any = get_command(app)
COMMANDS = ["", *_GROUP.commands]


def help_of(command):
    """Return the help of a command; "" is the program."""
    # On Linux, in bash: the completion options of the program differ elsewhere.
    result = CliRunner().invoke(app, [*command.split(), "--help"], env={"COLUMNS": "80"})
    assert result.exit_code == 0
    return result.stdout


@pytest.mark.parametrize("command", COMMANDS)
def test_help_at_80_columns(command, snapshot):
    """It fits, and nothing in it is a Python type or cut off."""
    text = help_of(command)
    assert max(map(len, text.splitlines())) <= 80
    assert not re.search(r"<\w|\blist\[|\.\.\.$|x>=", text.replace("[ARGS]...", ""))
    assert text == snapshot


@pytest.mark.parametrize("command", COMMANDS)
def test_exit_codes_in_help_exist(command):
    """In their order; the program's help has all of them, from the one table."""
    table = help_of(command).partition("Exit codes:\n")[2].partition("\n\n")[0]
    codes = [int(line.split()[0]) for line in table.splitlines()]
    assert codes == sorted(codes)
    assert set(codes) <= set(ExitCode)
    if not command:
        assert codes == list(ExitCode)
        assert all(code.meaning in table for code in ExitCode)
