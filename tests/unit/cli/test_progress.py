"""Progress on stderr: a few lines in a pipe, nothing with --quiet."""

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


def test_in_a_pipe_each_of_a_few_regions_is_a_line(capsys):
    """Plain text, without control characters."""
    show()
    assert capsys.readouterr() == (
        "",
        "Checking the Regions: eu-west-1 (1 of 2)\n"
        "Checking the Regions: us-east-1 (2 of 2)\n"
        "terraform init\n"
        "terraform \\x1b[2Jplan\n",
    )


@pytest.mark.parametrize(
    ("total", "shown"),
    [
        (1, [1]),
        (5, [1, 2, 3, 4, 5]),
        (6, [2, 4, 6]),
        (17, [4, 8, 12, 16, 17]),
        (34, [7, 14, 21, 28, 34]),
        (1700, [340, 680, 1020, 1360, 1700]),
    ],
)
def test_in_a_pipe_many_regions_are_five_lines_at_most(capsys, total, shown):
    """The last one is there in any case."""
    with progress("Checking the Regions", total) as done:
        for number in range(1, total + 1):
            done(f"xx-east-{number}")
    lines = [f"Checking the Regions: xx-east-{each} ({each} of {total})\n" for each in shown]
    assert capsys.readouterr() == ("", "".join(lines))


def test_nothing_to_do_is_no_line(capsys):
    """As when no account could be opened."""
    with progress("Checking the Regions", 0):
        pass
    assert capsys.readouterr() == ("", "")


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
