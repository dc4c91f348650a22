"""`reprieve init`: at a terminal, and with options."""

import os
import pty
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from typer.testing import CliRunner

from reprieve.cli.main import app
from tests.support.settings import load_one

pytestmark = pytest.mark.slow

ROLE = "arn:aws:iam::111122223333:role/Deployment"
OPTIONS = ["--email", "a@example.com", "--email", "b@example.com", "--region", "eu-west-1"]


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Return a function that runs `reprieve init` in an empty directory."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("REPRIEVE_SETTINGS", raising=False)
    return lambda *arguments: CliRunner().invoke(app, ["init", *arguments])


def at_a_terminal(directory, *answers):
    """Run it at a terminal with these answers; return what it shows, and its exit code."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "reprieve.cli", "init"],
        cwd=directory,
        stdin=theirs,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env={name: value for name, value in os.environ.items() if name != "REPRIEVE_SETTINGS"}
        | {"PYTHONPATH": os.pathsep.join(sys.path)},
    )
    for answer in answers:
        os.write(ours, answer.encode() + b"\n")
    shown = process.communicate(timeout=60)[0].decode()
    os.close(ours)
    os.close(theirs)
    return shown, process.returncode


def test_three_answers_become_the_settings(tmp_path):
    """The rest is the default."""
    shown, code = at_a_terminal(tmp_path, "a@example.com, b@example.com", "", ROLE)
    assert code == 0, shown
    settings = load_one({}, tmp_path)
    assert settings.notify.emails == ("a@example.com", "b@example.com")
    assert len(settings.regions.watched) == 17
    assert settings.exempt.deployers == (ROLE,)
    assert shown.endswith("Wrote reprieve.toml. Read it, then run `reprieve doctor`.\n")
    assert [path.name for path in tmp_path.iterdir()] == ["reprieve.toml"]


def test_a_wrong_answer_is_asked_again(tmp_path):
    """With the rule and the hint of the setting; what was right is not asked again."""
    shown, code = at_a_terminal(
        tmp_path, "a(at)example.com", "a@example.com", "eu-wst-1", "eu-west-1", "Deployment", "-"
    )
    assert code == 0, shown
    for line in (
        '   ✘ "a(at)example.com" is not an e-mail address\n'
        '     → write it like "security@example.com"\n',
        '     → did you mean "eu-west-1"?\n',
        '   ✘ "Deployment" is not the ARN of an IAM role or user\n',
        "exempt.deployers is empty: each deployment will send alerts",
    ):
        assert line in shown.replace("\r\n", "\n")
    assert load_one({}, tmp_path).regions.watched == ("eu-west-1",)


def test_with_options_it_asks_nothing(run, tmp_path):
    """The comments of the example are in the file."""
    result = run(*OPTIONS, "--deployer", ROLE)
    assert (result.exit_code, result.stdout) == (
        0,
        "Wrote reprieve.toml. Read it, then run `reprieve doctor`.\n",
    )
    assert load_one({}, tmp_path).exempt.deployers == (ROLE,)
    assert "# How often: from" in (tmp_path / "reprieve.toml").read_text()


@pytest.mark.parametrize("force", [False, True])
def test_a_file_is_replaced_with_force_only(run, tmp_path, force):
    """The error says so."""
    (tmp_path / "reprieve.toml").write_text("# mine")
    result = run(*OPTIONS, *(["--force"] if force else []))
    text = (tmp_path / "reprieve.toml").read_text()
    if force:
        assert result.exit_code == 0
        assert tomllib.loads(text)["regions"]["watch"] == ["eu-west-1"]
    else:
        assert (result.exit_code, text) == (2, "# mine")
        assert result.stderr == (
            "reprieve.toml exists already.\n"
            "→ Edit it, or use --force to replace it with a new one.\n"
        )


def test_an_option_with_an_error_writes_nothing(run, tmp_path):
    """All errors at once."""
    result = run("--email", "a", "--region", "all", "--region", "eu-west-1", "--deployer", "x")
    assert result.exit_code == 2
    for key in ("notify.emails[0]", "regions.watch[0]", "exempt.deployers[0]"):
        assert f"\n  {key} = " in result.stderr
    assert list(tmp_path.iterdir()) == []


def test_the_settings_option_names_the_file(run, tmp_path):
    """It need not exist."""
    assert run(*OPTIONS, "--settings", "prod.toml").exit_code == 0
    assert (
        load_one({"REPRIEVE_SETTINGS": "prod.toml"}, tmp_path).notify.emails[0] == "a@example.com"
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "The command asks three questions, and there is no terminal to answer them.\n"),
        (["--region", "all"], "--email is missing: without it the command asks all questions.\n"),
    ],
)
def test_without_a_terminal_it_needs_options(run, arguments, message):
    """An error, and not a command that waits."""
    result = run(*arguments)
    assert result.exit_code == 2
    assert result.stderr.startswith(message)


def test_a_file_that_cannot_be_written_leaves_nothing(run, tmp_path, monkeypatch):
    """What was there stays."""
    (tmp_path / "reprieve.toml").write_text("# mine")

    def refuse(self, target):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "replace", refuse)
    result = run(*OPTIONS, "--force")
    assert result.exit_code == 2
    assert "reprieve.toml cannot be written: Permission denied.\n" in result.stderr
    assert [path.read_text() for path in tmp_path.iterdir()] == ["# mine"]
