"""Progress on stderr: a line for each Region in a pipe, nothing with --quiet."""

import sys

import pytest

from reprieve.cli.options.run import new_run
from reprieve.cli.views.progress import progress, spinner


def show():
    """Show two Regions, and then two steps."""
    with progress("Checking the Regions", 2) as done:
        done("eu-west-1")
        done("us-east-1")
    with spinner() as say:
        say("terraform init")
        say("terraform \x1b[2Jplan")


def test_in_a_pipe_each_region_is_a_line(capsys):
    """Plain text, without control characters."""
    show()
    assert capsys.readouterr() == (
        "",
        "Checking the Regions: eu-west-1 (1 of 2)\n"
        "Checking the Regions: us-east-1 (2 of 2)\n"
        "terraform init\n"
        "terraform \\x1b[2Jplan\n",
    )


@pytest.mark.parametrize("terminal", [False, True])
def test_quiet_shows_no_progress(capsys, monkeypatch, terminal):
    """Neither in a pipe nor on a terminal."""
    monkeypatch.setattr(sys.stderr, "isatty", lambda: terminal)
    with new_run() as run:
        run.use(settings_file=None, account=None, quiet=True, debug=False)
        show()
    assert capsys.readouterr() == ("", "")


def test_on_a_terminal_there_is_a_bar(capsys, monkeypatch):
    """It is gone at the end."""
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    show()
    assert "\x1b[" in capsys.readouterr().err
