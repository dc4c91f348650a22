"""`make setup` checks every tool before it installs anything, and installs only what is pinned."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[2]
REQUIREMENTS = sorted((PROJECT / ".ci/requirements").glob("*.txt"))


@pytest.fixture
def checkout(tmp_path):
    """A folder with what `make setup` reads; its PATH has what make itself runs."""
    directory = tmp_path / "Prüfung 測試"
    shutil.copytree(PROJECT / "reprieve/environment", directory / "reprieve/environment")
    shutil.copy(PROJECT / "reprieve/__init__.py", directory / "reprieve")
    shutil.copy(PROJECT / "Makefile", directory)
    programs = tmp_path / "bin"
    programs.mkdir()
    for name in ("bash", "make", "rm"):
        found = shutil.which(name)
        assert found, f"{name} is not on PATH. Install it."
        (programs / name).symlink_to(found)
    return directory


def setup(checkout, *arguments):
    """Run `make setup`; return its exit code and the lines on stderr."""
    path = checkout.parent / "bin"
    ended = subprocess.run(
        [path / "make", "setup", *arguments],
        cwd=checkout,
        env={"PATH": str(path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.stdout == ""
    return ended.returncode, ended.stderr.splitlines()


def test_every_tool_that_is_missing_is_named_before_anything_is_installed(checkout):
    """A line each; then make's own."""
    before = sorted(checkout.rglob("*"))
    (checkout.parent / "bin/python3").write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    (checkout.parent / "bin/python3").chmod(0o755)
    code, lines = setup(checkout)
    assert code == 2
    assert [line.partition(" is not on PATH. Install ")[0] for line in lines[:-1]] == [
        *("Node.js", "npm", "Terraform")
    ]
    assert sorted(checkout.rglob("*")) == before


TARGETS = re.findall(r"^([a-z-]+):.*##", (PROJECT / "Makefile").read_text(), re.MULTILINE)


@pytest.mark.parametrize("target", TARGETS)
def test_the_lines_of_each_target_are_commands_of_a_shell(target):
    """A comma in a function of make, for example, would tear a line apart."""
    found = subprocess.run(
        ["make", "--dry-run", "--always-make", target],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=True,
    )
    read = subprocess.run(
        ["bash", "-n"], input=found.stdout, capture_output=True, text=True, check=False
    )
    assert (read.returncode, read.stderr) == (0, "")


@pytest.mark.parametrize("name", ["exmpt", "KEEP"])
def test_a_demo_that_does_not_exist_is_named(name):
    """With those that exist."""
    rules = subprocess.run(
        ["make", "--dry-run", "demo", f"DEMO={name}"],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert f"DEMO={name}: there is no such demo. Write DEMO=exempt or DEMO=aws." in rules


def test_without_python_it_says_so(checkout):
    """And how to name one."""
    code, lines = setup(checkout, "PYTHON=python3.99")
    assert code == 2
    assert lines[0] == ("python3.99 is not on PATH. Install Python, and name it: make PYTHON=…")


def test_every_tool_is_installed_with_its_hash():
    """pipenv and what it needs included: `make setup` runs where the deploy role can be assumed."""
    makefile = (PROJECT / "Makefile").read_text()
    assert re.search(r"^PIP_INSTALL := .*--require-hashes", makefile, re.MULTILINE)
    for line in makefile.splitlines():
        assert "bin/pip " not in line or "$(PIP_INSTALL)" in line
    assert REQUIREMENTS
    for file in REQUIREMENTS:
        text = re.sub(r"\\\n", " ", file.read_text())
        lines = re.sub(r"^ *#.*$", "", text, flags=re.MULTILINE).split("\n")
        for line in filter(str.strip, lines):
            assert re.match(r"[\w.\[\]-]+==\S+ +--hash=sha256:[0-9a-f]{64}", line), line


@pytest.mark.parametrize("folder", [".", "cdktn-cli"])
def test_no_package_of_a_command_line_needs_an_install_script(folder):
    """`make setup` runs none. One that has to be built would fail, first with a newer Node.js."""
    lock = json.loads((PROJECT / folder / "package-lock.json").read_text())
    packages = lock["packages"]
    assert packages
    assert [name for name, each in packages.items() if each.get("hasInstallScript")] == []
