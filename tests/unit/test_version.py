"""The version is in reprieve/__init__.py only, and the changelog has a dated entry for it."""

import re
from pathlib import Path

from typer.testing import CliRunner

from reprieve import __version__
from reprieve.cli.main import app

PROJECT = Path(__file__).resolve().parents[2]


def test_the_command_prints_the_version():
    """Without a subcommand and without settings."""
    printed = CliRunner().invoke(app, ["--version"])
    assert (printed.exit_code, printed.output) == (0, f"reprieve {__version__}\n")


def test_the_newest_entry_of_the_changelog_is_the_version():
    """With its date; what is not released yet stands above it."""
    headings = re.findall(r"^## (.*)$", (PROJECT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert headings[0] == "[Unreleased]"
    assert re.fullmatch(rf"\[{re.escape(__version__)}\] - \d{{4}}-\d\d-\d\d", headings[1])


def test_pyproject_reads_the_version_from_the_package():
    """It states none of its own."""
    text = (PROJECT / "pyproject.toml").read_text()
    assert 'dynamic.version.attr = "reprieve.__version__"' in text
    assert not re.search(r"^version = ", text, re.MULTILINE)
