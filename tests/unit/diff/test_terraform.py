"""Without an argument `reprieve diff` plans by itself; here everything before terraform plans."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from typer.testing import CliRunner

from reprieve.cli.main import app
from tests.support.programs import PYTHON_PROGRAM

pytestmark = pytest.mark.slow


@pytest.fixture
def here(tmp_path, monkeypatch):
    """An empty current directory, and a terraform that fails with its own message."""
    monkeypatch.chdir(tmp_path)
    fake = tmp_path / "bin" / "fails"
    fake.parent.mkdir()
    fake.write_text(
        "#!/bin/sh\n[ $1 = version ] && echo Terraform v1.10.0 && exit\n"
        "echo 'no backend' >&2\nexit 1\n"
    )
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", f"{fake.parent}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("TERRAFORM_BINARY_NAME", "fails")
    return tmp_path


def run():
    """Run the command."""
    return CliRunner().invoke(app, ["--quiet", "diff"])


APP = """
import json, os, pathlib
out = pathlib.Path(os.environ["CDKTF_OUTDIR"])
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
    assert "Install Terraform" in result.stderr


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


PLANS = Path(__file__).parent / "plans"
# Notes what it is called with. `plan` waits where the test says so, until a signal ends it.
TERRAFORM = """import pathlib, shutil, signal, sys, time
here = pathlib.Path({here!r})
if sys.argv[1] == "version":
    sys.exit(print("Terraform v1.10.0"))
with (here / "calls").open("a") as calls:
    print(*sys.argv[1:], file=calls)
if sys.argv[1] == "plan":
    def stop(number, frame):
        (here / "signal").write_text(signal.Signals(number).name)
        if not (here / "stubborn").exists():
            sys.exit(1)
    signal.signal(signal.SIGINT, stop)
    signal.signal(signal.SIGTERM, stop)
    (here / "planning").touch()
    while (here / "wait").exists():
        time.sleep(0.01)
    pathlib.Path(sys.argv[-1].removeprefix("-out=")).touch()
if sys.argv[1] == "show":
    print(pathlib.Path({plan!r}).read_text())
"""


@pytest.fixture
def planning(here):
    """The current directory with an app and a terraform that plans; `wait` makes the plan wait."""
    (here / "main.py").write_text(APP)
    text = TERRAFORM.format(here=str(here), plan=str(PLANS / "settled.json"))
    (here / "bin" / "fails").write_text(PYTHON_PROGRAM + text)
    return here


def test_a_plan_neither_locks_the_state_nor_touches_the_output_of_cdktf(planning):
    """What `cdktf deploy` synthesised stays, so a terraform that runs there plans what it did."""
    result = run()
    assert (result.exit_code, result.stdout) == (0, "no changes\n")
    init, plan, show = (planning / "calls").read_text().splitlines()
    assert init == "init -no-color -input=false"
    assert plan.startswith("plan -no-color -input=false -lock=false -out=")
    assert show.startswith("show -no-color -json ")
    assert not (planning / "cdktf.out").exists()
    assert (planning / "build/diff/stacks/one").is_dir()


def test_a_plan_does_not_use_the_backend_or_the_workspace_of_an_earlier_one(planning):
    """The settings name the state. What is deployed from cdktf.out/ keeps its own."""
    remembered = planning / "build/diff/stacks/one/.terraform"
    remembered.mkdir(parents=True)
    for name in ("terraform.tfstate", "environment"):
        (remembered / name).write_text("{}")
    (planning / "main.py").write_text(APP.replace("parents=True", "parents=True, exist_ok=True"))
    assert run().exit_code == 0
    assert list(remembered.iterdir()) == []


def wait_for(file):
    """Wait until a process has made a file."""
    deadline = time.monotonic() + 60
    while not file.exists():
        assert time.monotonic() < deadline
        time.sleep(0.01)


@pytest.fixture
def interrupted(planning):
    """`reprieve diff`, in a process of its own that handles Ctrl-C, while terraform plans."""
    (planning / "wait").touch()
    code = (
        "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); "
        "from reprieve.cli.__main__ import main; main()"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code, "diff"], stderr=subprocess.PIPE, stdout=subprocess.PIPE
    )
    wait_for(planning / "planning")
    yield process
    process.kill()
    process.communicate()


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM"])
def test_a_signal_reaches_terraform_which_ends_by_itself(interrupted, planning, name):
    """The command ends with it, says so, and its exit code is its own."""
    interrupted.send_signal(signal.Signals[name])
    output, errors = interrupted.communicate(timeout=60)
    assert (planning / "signal").read_text() == name
    assert (interrupted.returncode, output) == (130, b"")
    assert f"Interrupted ({name})".encode() in errors
    assert b"Traceback" not in errors


def test_the_second_signal_kills_terraform(interrupted, planning):
    """As a CI runner does it: SIGINT, then SIGTERM, then it kills."""
    (planning / "stubborn").touch()
    interrupted.send_signal(signal.SIGINT)
    wait_for(planning / "signal")
    interrupted.send_signal(signal.SIGTERM)
    interrupted.communicate(timeout=60)
    assert interrupted.returncode == 130
