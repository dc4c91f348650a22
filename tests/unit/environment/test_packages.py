"""Whether the packages of the lock file are installed; and programs where they are not."""

import json
import os
import subprocess
import sys
import venv
from pathlib import Path

import pytest

from reprieve.environment import packages
from reprieve.environment.packages import is_fresh, packages_check

PROJECT = Path(__file__).resolve().parents[3]
SETUP = "Run `make setup` in {}: it installs the packages of Pipfile.lock."


@pytest.fixture
def locked(tmp_path):
    """Return a function that writes a lock file and returns its directory."""

    def write(**entries):
        (tmp_path / "Pipfile.lock").write_text(json.dumps({"default": entries}))
        return tmp_path

    return write


def version(name):
    """Return the installed version of a package."""
    return packages._installed([name])[name]


def test_this_environment_is_as_the_lock_says():
    """The tests run in it."""
    assert packages_check().passed
    assert packages_check().found.endswith(f" of Pipfile.lock ({sys.prefix})")


def test_missing_packages_are_named_once_by_their_number(locked):
    """Three by name; what another system needs is none of them."""
    entries = {f"missing-{n}": {"version": "==1.0"} for n in range(5)}
    entries["colorama"] = {"version": "==1.0", "markers": "sys_platform == 'win32'"}
    project = locked(**entries)
    assert packages_check(project).report == (
        f"This Python ({sys.executable}) lacks missing-0, missing-1, missing-2 and 2 more. "
        + SETUP.format(project)
    )


def test_a_package_of_another_version_is_outdated(locked):
    """Unless only missing packages are asked for. Names are compared as PyPI does."""
    project = locked(**{"Typing_Extensions": {"version": "==0.1"}})
    assert packages_check(project).report == (
        f"{sys.prefix} is not as Pipfile.lock says: typing-extensions "
        f"{version('typing-extensions')} instead of 0.1. {SETUP.format(project)}"
    )
    assert packages_check(project, versions=False).passed
    locked(**{"Typing_Extensions": {"version": f"=={version('typing-extensions')}"}})
    assert packages_check(project).passed


def test_where_the_project_has_an_environment_it_is_named(locked):
    """Setting it up again would not help a Python that is not its own."""
    project = locked(missing={"version": "==1.0"})
    own = project / ".venv/bin/python"
    own.parent.mkdir(parents=True)
    own.touch()
    assert packages_check(project).hint == f"Use the project's own: {own}"


def test_a_broken_lock_file_and_none(locked):
    """Something is said of the first; a copy that was installed elsewhere has none."""
    project = locked()
    (project / "Pipfile.lock").write_text("{")
    assert packages_check(project).hint == "Restore it with git."
    (project / "Pipfile.lock").unlink()
    assert packages_check(project).passed


def test_the_stamp_of_make_spares_the_comparison(locked, monkeypatch):
    """If it is as new as the lock file, and this Python the project's."""
    project = locked()
    stamp = project / ".venv/.done"
    stamp.parent.mkdir()
    stamp.touch()
    lock = project / "Pipfile.lock"
    assert not is_fresh(project)
    monkeypatch.setattr(sys, "prefix", str(project / ".venv"))
    os.utime(lock, (1000, 1000))
    os.utime(stamp, (1000, 1000))
    assert is_fresh(project)
    os.utime(lock, (1001, 1001))
    assert not is_fresh(project)
    stamp.unlink()
    assert not is_fresh(project)


@pytest.fixture(scope="module")
def bare(tmp_path_factory):
    """Return the Python of an environment without any package."""
    directory = tmp_path_factory.mktemp("bare")
    venv.create(directory, with_pip=False)
    return directory / "bin/python"


@pytest.mark.parametrize(
    "command", [["main.py"], ["-m", "reprieve.cli", "status"], ["-m", "demo"]], ids=str
)
def test_a_program_without_its_packages_says_so_in_a_line(bare, command):
    """The app, the commands and the demo; with what to do, and no traceback."""
    ended = subprocess.run(
        [bare, *command], cwd=PROJECT, capture_output=True, text=True, check=False
    )
    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr.startswith(f"This Python ({bare}) lacks ")
    assert " more. " in ended.stderr
    assert ended.stderr.count("\n") == 1


INCOMPLETE = """
import sys

class Missing:
    def find_spec(self, name, path=None, target=None):
        if name == {module!r}:
            raise ModuleNotFoundError(name=name)

sys.meta_path.insert(0, Missing())
sys.argv = ["reprieve", "threats"]
from reprieve.cli.__main__ import main
main()
"""


def test_a_package_that_was_removed_by_hand_is_named():
    """As far as its metadata says it is there."""
    ended = subprocess.run(
        [sys.executable, "-c", INCOMPLETE.format(module="typer")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 1
    assert ended.stderr.startswith(f"This Python ({sys.executable}) lacks typer. ")
    assert ended.stderr.count("\n") == 1


@pytest.mark.slow
def test_a_module_of_reprieve_that_is_missing_is_an_error_in_reprieve():
    """It is not the environment's: the traceback shows where."""
    ended = subprocess.run(
        [sys.executable, "-c", INCOMPLETE.format(module="reprieve.cli.sweep")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 1
    assert "Traceback" in ended.stderr
