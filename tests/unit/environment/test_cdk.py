"""The choice between CDKTF and CDK Terrain, and what each check says of it."""

import json
import sys
from pathlib import Path

import pytest

from reprieve.doctor.machine_checks import cdktf_check
from reprieve.environment import packages, tools
from reprieve.environment.cdk import CDKTF, CDKTN, chosen, deploy_command
from tests.support.settings import errors, read

PROJECT = Path(__file__).resolve().parents[3]


@pytest.fixture
def cdktn(monkeypatch):
    """Choose CDK Terrain."""
    monkeypatch.setenv("REPRIEVE_CDK", "cdktn")


def test_the_environment_chooses(monkeypatch):
    """CDKTF where it says nothing."""
    monkeypatch.delenv("REPRIEVE_CDK", raising=False)
    assert chosen() is CDKTF
    assert deploy_command() == "npx cdktf deploy reprieve"
    monkeypatch.setenv("REPRIEVE_CDK", "cdktn")
    assert chosen() is CDKTN
    assert deploy_command() == "npx cdktn deploy reprieve"


def test_another_name_is_an_error_of_the_settings(tmp_path):
    """Reported with all others; the variable itself is no setting."""
    (error,) = errors(tmp_path, REPRIEVE_CDK="terrain")
    assert (error.key, error.value) == ("REPRIEVE_CDK", '"terrain"')
    assert (error.rule, error.hint) == ("is not cdktf or cdktn", "write one of them, or unset it")
    assert read(tmp_path, REPRIEVE_CDK="cdktn") == read(tmp_path, REPRIEVE_CDK="") == read(tmp_path)


def test_its_packages_are_missed_only_where_it_is_chosen(tmp_path, cdktn, monkeypatch):
    """With the command that installs them."""
    lock = {"default": {}, "cdktn": {"cdktn-of-tomorrow": {"version": "==1.0"}}}
    (tmp_path / "Pipfile.lock").write_text(json.dumps(lock))
    assert packages.packages_check(tmp_path).report == (
        f"This Python ({sys.executable}) lacks cdktn-of-tomorrow. Run `make setup "
        f"REPRIEVE_CDK=cdktn` in {tmp_path}: it installs the packages of Pipfile.lock."
    )
    monkeypatch.delenv("REPRIEVE_CDK")
    assert packages.packages_check(tmp_path).passed


def test_each_has_a_stamp_of_its_own(tmp_path, cdktn, monkeypatch):
    """CDKTF's packages are not those of CDK Terrain."""
    (tmp_path / ".venv").mkdir()
    (tmp_path / "Pipfile.lock").touch()
    (tmp_path / ".venv/.done").touch()
    monkeypatch.setattr(sys, "prefix", str(tmp_path / ".venv"))
    assert not packages.is_fresh(tmp_path)
    (tmp_path / ".venv/.done-cdktn").touch()
    assert packages.is_fresh(tmp_path)


def test_doctor_looks_for_the_command_line_that_is_chosen(tmp_path, cdktn):
    """In its own folder."""
    folder = tmp_path / "cdktn-cli"
    folder.mkdir()
    (folder / "package.json").write_text(json.dumps({"dependencies": {"cdktn-cli": "0.24.0"}}))
    check = cdktf_check(tmp_path)
    assert check.report == (
        "cdktn is not installed. "
        f"Run `make setup REPRIEVE_CDK=cdktn` in {tmp_path}: it installs cdktn."
    )
    installed = folder / "node_modules/cdktn-cli/package.json"
    installed.parent.mkdir(parents=True)
    installed.write_text(json.dumps({"version": "0.24.0"}))
    assert cdktf_check(tmp_path) == ("cdktn", f"0.24.0 ({folder / 'node_modules'})", "")


def test_cdktn_needs_a_newer_node(tmp_path, cdktn, monkeypatch):
    """As its package.json declares."""
    node = tmp_path / "node"
    node.write_text("#!/bin/sh\necho v22.18.0\n")
    node.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert tools.node_check().report == (
        f"Node.js 22.18.0 ({node}) is too old. Install Node.js 22.19 or newer, with npm: "
        "https://nodejs.org/en/download"
    )
    monkeypatch.delenv("REPRIEVE_CDK")
    assert tools.node_check().passed


@pytest.mark.parametrize("cdk", [CDKTF, CDKTN], ids=lambda each: each.name)
def test_what_it_names_is_declared(cdk):
    """In package.json, Pipfile.lock and the Makefile."""
    package = json.loads((PROJECT / cdk.folder / "package.json").read_text())
    assert cdk.cli in package["dependencies"]
    node = ".".join(map(str, cdk.node)).removesuffix(".0")
    assert package["engines"] == {"node": f">={node}"}
    lock = json.loads((PROJECT / "Pipfile.lock").read_text())
    names = {name for category in cdk.categories for name in lock[category]}
    assert {cdk.package, cdk.bindings.replace("_", "-")} <= names
    assert f".venv/{cdk.stamp}:" in (PROJECT / "Makefile").read_text()
