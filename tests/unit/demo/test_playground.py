"""What `make demo KEEP=1` leaves in its directory, and what it says to try."""

import os
import subprocess
from pathlib import Path

import pytest

from demo.playground import prepare, steps
from demo.rescue import Rescue
from sandbox.deployment import PROJECT

ROWS = [Rescue("ap-southeast-2", key_id="a"), Rescue("eu-west-1", key_id="b")]


def commands(rows=ROWS, *, has_aws=True):
    """Return all commands to try."""
    tried = steps(rows, "http://127.0.0.1:1", has_aws=has_aws)
    return [command for step in tried for command in step.commands]


@pytest.mark.parametrize("name", ["plain", "it's Prüfung 測試", '$(touch x) "`y`'])
def test_a_terminal_gets_the_variables_and_loses_its_own(tmp_path, name):
    """With any letters in the path; nothing in a value is evaluated."""
    directory = tmp_path / name
    directory.mkdir()
    file = prepare(directory, {"AWS_REGION": "eu-west-1", "TF_CLI_CONFIG_FILE": f"{directory}/a b"})
    shown = subprocess.run(
        ["bash", "-euc", 'source "$0"; pwd; echo "$PATH"; env', file],
        env=os.environ
        | {"AWS_PROFILE": "mine", "REPRIEVE_REGIONS__WATCH": "x", "TF_WORKSPACE": "prod"},
        check=True,
        capture_output=True,
        encoding="utf-8",
    ).stdout.splitlines()
    where, path, *variables = shown
    assert where == str(directory)
    assert (Path(path.partition(":")[0]) / "reprieve").exists()
    assert "AWS_REGION=eu-west-1" in variables
    assert f"TF_CLI_CONFIG_FILE={directory}/a b" in variables
    gone = ("AWS_PROFILE", "REPRIEVE_", "TF_WORKSPACE", "reprieve_name")
    assert [each for each in variables if each.startswith(gone)] == []
    assert sorted(each.name for each in directory.iterdir()) == [
        "env.sh",
        "main.py",
        "node_modules",
    ]
    assert (directory / "main.py").resolve() == PROJECT / "main.py"


def test_the_story_is_about_a_key_that_was_rescued():
    """In eu-west-1, if it is watched."""
    schedule = "aws kms schedule-key-deletion --region {} --key-id {}"
    assert schedule.format("eu-west-1", "b") in commands()
    assert schedule.format("ap-southeast-2", "a") in commands(ROWS[:1])


def test_it_needs_no_aws_command_line():
    """Python and boto3 are in the project's environment."""
    assert [command for command in commands(has_aws=False) if command.startswith("aws ")] == []
    for command in commands(has_aws=False):
        if command.startswith("python -c"):
            code = command.removeprefix("python -c ").strip('"')
            compile(code, "command", "exec")
