"""--settings, --quiet and --debug: the same before the command and after it."""

import os

import pytest

from reprieve.cli import threats
from tests.unit.cli.samples import SETTINGS

OTHER = f'{SETTINGS}threats = ["key-deletion-scheduled"]\n'
BEFORE_AND_AFTER = [
    lambda command, *options: [*options, command],
    lambda command, *options: [command, *options],
]


@pytest.mark.parametrize("line", BEFORE_AND_AFTER, ids=["before", "after"])
def test_settings_names_the_file(reprieve, tmp_path, monkeypatch, line):
    """It replaces the file that REPRIEVE_SETTINGS names, for this command alone."""
    (tmp_path / "other.toml").write_text(OTHER)
    monkeypatch.setenv("REPRIEVE_SETTINGS", "reprieve.toml")
    printed = reprieve(*line("threats", "--settings", "other.toml")).stdout
    watched = [row.split()[0] for row in printed.splitlines() if " yes " in row]
    assert watched == ["key-deletion-scheduled"]
    assert os.environ["REPRIEVE_SETTINGS"] == "reprieve.toml"


def test_the_settings_after_the_command_win(reprieve, tmp_path):
    """They are closer to it."""
    (tmp_path / "broken.toml").write_text("[")
    (tmp_path / "other.toml").write_text(OTHER)
    line = ["--settings", "broken.toml", "threats", "--settings", "other.toml"]
    assert reprieve(*line).exit_code == 0


@pytest.mark.parametrize("line", BEFORE_AND_AFTER, ids=["before", "after"])
def test_settings_that_are_not_there_are_an_error(reprieve, line):
    """It names the option."""
    result = reprieve(*line("threats", "--settings", "gone.toml"))
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == (
        "--settings gone.toml: There is no such file.\n"
        "→ Name another one, or run `reprieve init` to write reprieve.toml.\n"
    )


@pytest.mark.parametrize("line", BEFORE_AND_AFTER, ids=["before", "after"])
def test_debug_shows_the_traceback(reprieve, monkeypatch, line):
    """Before the message."""

    def load():
        raise ZeroDivisionError

    monkeypatch.setattr(threats, "load", load)
    assert reprieve(*line("threats", "--debug")).stderr.startswith("Traceback (most recent call")
    # The next command of the process is on its own.
    assert reprieve("threats").stderr.startswith("Unexpected error")


def test_version_and_help_have_their_usual_names(reprieve):
    """`-h` everywhere."""
    assert reprieve("--version").stdout.startswith("reprieve ")
    for command in ([], ["status"], ["policy"]):
        assert reprieve(*command, "-h").stdout == reprieve(*command, "--help").stdout
