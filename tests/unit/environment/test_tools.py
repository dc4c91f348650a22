"""Python, Node.js, npm and Terraform: what is missing or too old is said in one line each."""

import subprocess
import sys
from pathlib import Path

import pytest

from reprieve.environment import tools
from reprieve.environment.check import Check

PROJECT = Path(__file__).resolve().parents[3]
NODE_HINT = "Install Node.js 20 or newer, with npm: https://nodejs.org/en/download"
TERRAFORM_HINT = (
    "Install Terraform 1.10 or newer: https://developer.hashicorp.com/terraform/install"
)


@pytest.fixture
def path(tmp_path, monkeypatch):
    """Return a function that puts a program on an otherwise empty PATH."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.delenv(tools.TERRAFORM_VARIABLE, raising=False)

    def put(name: str, script: str) -> Path:
        program = folder / name
        program.write_text(f"#!/bin/sh\n{script}\n")
        program.chmod(0o755)
        return program

    return put


def test_programs_that_are_there_and_new_enough_pass(path):
    """With their version, and where they are."""
    node = path("node", "echo v22.1.0")
    npm = path("npm", "exit 1")
    # Terraform's first line; a warning about its configuration goes to stderr.
    terraform = path("terraform", "echo Terraform v1.10.0; echo on linux; echo warning >&2")
    assert tools.node_check() == Check("Node.js", f"22.1.0 ({node})")
    assert tools.npm_check() == Check("npm", str(npm))
    assert tools.terraform_check() == Check("Terraform", f"1.10.0 ({terraform})")


@pytest.mark.parametrize(
    ("script", "problem"),
    [
        ("echo v18.20.8", "Node.js 18.20.8 ({}) is too old."),
        ("echo nothing", "Node.js ({}) does not say its version: `--version` failed."),
        ("echo v22.1.0; exit 1", "Node.js ({}) does not say its version: `--version` failed."),
    ],
)
def test_a_node_that_is_no_use(path, script, problem):
    """Too old, or it does not answer."""
    node = path("node", script)
    assert tools.node_check() == Check("Node.js", problem.format(node), NODE_HINT)


def test_a_program_that_cannot_run(path):
    """Its interpreter is gone, say."""
    node = path("node", "")
    node.write_text("#!/nowhere/node\n")
    check = tools.node_check()
    assert check.found.startswith(f"Node.js ({node}) does not run: ")
    assert check.hint == NODE_HINT


def test_programs_that_are_not_there(path):
    """One line, the remedy in it."""
    assert tools.node_check().report == f"Node.js is not on PATH. {NODE_HINT}"
    assert tools.npm_check().report == f"npm is not on PATH. {NODE_HINT}"
    assert tools.terraform_check().report == f"Terraform is not on PATH. {TERRAFORM_HINT}"


def test_a_terraform_that_the_variable_names(path, monkeypatch):
    """OpenTofu, say; where it is missing, the variable is named."""
    monkeypatch.setenv(tools.TERRAFORM_VARIABLE, "tofu")
    assert tools.terraform_check().report == (
        "tofu (TERRAFORM_BINARY_NAME names it) is not on PATH. " + TERRAFORM_HINT
    )
    tofu = path("tofu", "echo OpenTofu v1.9.1")
    assert tools.terraform_check().found == f"Terraform 1.9.1 ({tofu}) is too old."
    path("tofu", "echo OpenTofu v1.10.6-dev")
    assert tools.terraform_check() == Check("Terraform", f"1.10.6-dev ({tofu})")


def test_the_check_of_terraform_asks_nobody_for_a_newer_one(path):
    """`terraform version` would, and wait for the answer."""
    path("terraform", '[ -n "$CHECKPOINT_DISABLE" ] && echo Terraform v1.10.0')
    assert tools.terraform_check().passed


def check_tools(path: str, *names: str) -> subprocess.CompletedProcess[str]:
    """Run the check that `make setup` runs."""
    return subprocess.run(
        [sys.executable, "-m", "reprieve.environment", *names],
        cwd=PROJECT,
        env={"PATH": path},
        capture_output=True,
        text=True,
        check=False,
    )


def test_every_problem_is_reported_at_once(tmp_path):
    """A line each."""
    ended = check_tools(str(tmp_path))
    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr.splitlines() == [
        f"Node.js is not on PATH. {NODE_HINT}",
        f"npm is not on PATH. {NODE_HINT}",
        f"Terraform is not on PATH. {TERRAFORM_HINT}",
    ]
    ended = check_tools(str(tmp_path), "python")
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "", "")


# Python is too old, as far as the package knows. No older one has to be installed for the test.
OLD = """
import sys
sys.version_info = (3, 6, 15)
from reprieve.environment.__main__ import main
sys.argv = ["", "python", "npm"]
sys.exit(main())
"""


def test_a_python_that_is_too_old_is_named_with_the_other_problems(tmp_path):
    """It runs the check itself."""
    ended = subprocess.run(
        [sys.executable, "-c", OLD],
        cwd=PROJECT,
        env={"PATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 1
    assert ended.stderr.splitlines() == [
        f"Python 3.6.15 ({sys.executable}) is too old. "
        "Install Python 3.11 or newer, and name it: make setup PYTHON=python3.11",
        f"npm is not on PATH. {NODE_HINT}",
    ]
