"""Without an argument `reprieve diff` plans by itself; here everything before terraform plans."""

import os

import pytest
from typer.testing import CliRunner

from reprieve.cli.main import app


@pytest.fixture
def here(tmp_path, monkeypatch):
    """An empty current directory, and a terraform that fails with its own message."""
    monkeypatch.chdir(tmp_path)
    fake = tmp_path / "bin" / "fails"
    fake.parent.mkdir()
    fake.write_text("#!/bin/sh\necho 'no backend' >&2\nexit 1\n")
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", f"{fake.parent}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("TERRAFORM_BINARY_NAME", "fails")
    return tmp_path


def run():
    """Run the command."""
    return CliRunner().invoke(app, ["diff"])


APP = """
import json, pathlib
out = pathlib.Path("cdktf.out")
(out / "stacks" / "one").mkdir(parents=True)
stacks = {"one": {"workingDirectory": "stacks/one"}}
(out / "manifest.json").write_text(json.dumps({"stacks": stacks}))
"""


def test_without_an_app_it_is_wrong_use(here):
    """The hint says what to do instead."""
    result = run()
    assert result.exit_code == 2
    assert result.stderr.startswith("There is no main.py here.")


def test_a_missing_terraform_is_an_error(here, monkeypatch):
    """The message has the variable that names it."""
    (here / "main.py").write_text("")
    monkeypatch.setenv("TERRAFORM_BINARY_NAME", "tofuu")
    result = run()
    assert result.exit_code == 1
    assert "tofuu (TERRAFORM_BINARY_NAME names it) is not on PATH." in result.stderr


def test_errors_of_the_settings_are_shown_as_the_app_prints_them(here):
    """Without any other text, and with exit code 2."""
    (here / "main.py").write_text("import sys; print('2 faults', file=sys.stderr); sys.exit(2)")
    result = run()
    assert (result.exit_code, result.stderr) == (2, "2 faults\n")


def test_the_output_of_an_app_that_fails_is_shown(here):
    """With its exit code."""
    (here / "main.py").write_text("raise RuntimeError('jsii is gone')")
    result = run()
    assert result.exit_code == 1
    assert "main.py ended with exit code 1" in result.stderr
    assert "jsii is gone" in result.stderr


@pytest.mark.parametrize("app", ["", APP.replace('"one": {"workingDirectory": "stacks/one"}', "")])
def test_an_app_without_a_stack_is_an_error(here, app):
    """It must not look like a plan without changes."""
    (here / "main.py").write_text(app)
    assert run().exit_code == 1


def test_the_output_of_a_terraform_that_fails_is_shown(here):
    """With the command and its exit code."""
    (here / "main.py").write_text(APP)
    result = run()
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == "fails init ended with exit code 1:\nno backend\n"
