"""The app's command in cdktf.json: which Python it takes; what is missing is said in one line."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.interrupts import interrupted_import
from tests.support.synth import EMAIL

PROJECT = Path(__file__).resolve().parents[2]
NODE = shutil.which("node") or "node"


@pytest.fixture
def project(tmp_path):
    """Return a project whose main.py prints how it was called; PATH is `bin` in it."""
    directory = tmp_path / "Prüfung 測試"
    (directory / "stacks").mkdir(parents=True)
    (directory / "bin").mkdir()
    shutil.copy(PROJECT / "stacks/app.cjs", directory / "stacks")
    (directory / "main.py").write_text("")
    return directory


def python(path: Path, code: int = 0) -> None:
    """Put a Python there that prints its own path, and that of the program that it is given."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f'#!/bin/sh\necho "$0|$1|$HOME"\nexit {code}\n')
    path.chmod(0o755)


def run(project: Path) -> subprocess.CompletedProcess[str]:
    """Run the app as cdktf does: by a shell, in the project."""
    command = json.loads((PROJECT / "cdktf.json").read_text())["app"]
    (project / "bin/node").symlink_to(NODE)
    return subprocess.run(
        ["/bin/sh", "-c", command],
        cwd=project,
        env={"PATH": str(project / "bin"), "HOME": "/home/alice"},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_projects_own_environment_is_used_without_being_active(project):
    """Whatever else is on PATH; the environment is handed on, and so is the exit code."""
    python(project / ".venv/bin/python", code=2)
    python(project / "bin/python3")
    ended = run(project)
    assert ended.stdout == f"{project}/.venv/bin/python|{project}/main.py|/home/alice\n"
    assert ended.returncode == 2


@pytest.mark.parametrize("name", ["python3", "python"])
def test_without_one_the_python_on_path_is_used(project, name):
    """That of an active environment, of pipenv or uv, by either name."""
    python(project / "bin" / name)
    assert run(project).stdout.startswith(f"{project}/bin/{name}|")


def test_an_environment_whose_python_is_gone_does_not_count(project):
    """As after an upgrade of Python: main.py then says what to do."""
    (project / ".venv/bin").mkdir(parents=True)
    (project / ".venv/bin/python").symlink_to(project / "gone")
    python(project / "bin/python3")
    assert run(project).stdout.startswith(f"{project}/bin/python3|")


def test_without_any_python_it_says_so(project):
    """In one line."""
    ended = run(project)
    assert ended.returncode == 1
    assert ended.stderr == (
        f"Python is not on PATH. Install Python, and run `make setup` in {project}.\n"
    )


@pytest.mark.parametrize(
    ("variables", "lines"),
    [
        ({}, ["Node.js is not on PATH. Install Node.js"]),
        # cdktf sets it for the app, and runs terraform next.
        (
            {"CDKTF_CONTEXT_JSON": "{}"},
            ["Node.js is not on PATH. Install Node.js", "Terraform is not on PATH. Install"],
        ),
    ],
)
def test_missing_tools_are_a_line_each(tmp_path, variables, lines):
    """All at once, no traceback, and nothing is written."""
    ended = subprocess.run(
        [sys.executable, PROJECT / "main.py"],
        cwd=tmp_path,
        env=EMAIL | {"PATH": str(tmp_path)} | variables,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 1
    assert ended.stdout == ""
    found = ended.stderr.splitlines()
    assert [line[: len(start)] for line, start in zip(found, lines, strict=True)] == lines
    assert list(tmp_path.iterdir()) == []


APP = f"""
import runpy
sys.path.insert(0, {str(PROJECT)!r})
runpy.run_path({str(PROJECT / "main.py")!r}, run_name="__main__")
"""


@pytest.mark.parametrize("module", ["reprieve.environment.program", "pydantic", "cdktf"])
def test_an_interrupt_of_the_app_is_no_traceback(tmp_path, module):
    """However early it comes."""
    ended = subprocess.run(
        [sys.executable, "-c", interrupted_import(module, APP)],
        cwd=tmp_path,
        env=os.environ | EMAIL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ended.returncode, ended.stdout, ended.stderr) == (130, "", "")
