"""Many accounts are synthesised in several processes, with the same result as in one."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from stacks import parts
from stacks.parts import ACCOUNTS_OF_A_PART, ACCOUNTS_OF_ONE_PROCESS, synthesise_in_parts

PROJECT = Path(__file__).resolve().parents[2]
# So many that there are two parts, however many processors there are.
NAMES = [f"account-{number}" for number in range(ACCOUNTS_OF_A_PART + 1)]


def synthesised(directory: Path, **variables: str) -> tuple[dict[str, bytes], dict[str, Any]]:
    """Run main.py; return what it wrote for each stack, and the manifest."""
    subprocess.run(
        [sys.executable, PROJECT / "main.py"],
        cwd=directory,
        env=os.environ | variables,
        check=True,
    )
    out = directory / "cdktf.out"
    stacks = {each.name: (each / "cdk.tf.json").read_bytes() for each in (out / "stacks").iterdir()}
    return stacks, json.loads((out / "manifest.json").read_text())


def test_parts_are_what_one_process_synthesises(tmp_path):
    """Stacks, the paths in them, and the manifest."""
    tables = "".join(
        f'[accounts.{name}]\nid = "{111122223333 + number}"\n' for number, name in enumerate(NAMES)
    )
    settings = '[notify]\nemails = ["security@example.com"]\n[regions]\nwatch = ["eu-west-1"]\n'
    (tmp_path / "parts").mkdir()
    (tmp_path / "parts" / "reprieve.toml").write_text(settings + tables)
    stacks, manifest = synthesised(tmp_path / "parts")
    assert len(stacks) == len(NAMES)
    expected: dict[str, bytes] = {}
    entries: dict[str, Any] = {}
    for first in range(0, len(NAMES), ACCOUNTS_OF_ONE_PROCESS):
        some = NAMES[first : first + ACCOUNTS_OF_ONE_PROCESS]
        directory = tmp_path / some[0]
        directory.mkdir()
        (directory / "reprieve.toml").write_text(settings + tables)
        one, one_manifest = synthesised(directory, REPRIEVE_ACCOUNT=",".join(some))
        assert len(one) == len(some)
        expected |= one
        entries |= one_manifest.pop("stacks")
    assert stacks == expected
    assert manifest == one_manifest | {"stacks": entries}
    assert sorted(path.name for path in (tmp_path / "parts/cdktf.out").iterdir()) == [
        "manifest.json",
        "stacks",
    ]


# Writes a stack for each account, as the app does; ends with the number in an account's name.
APP = """
import json, os, pathlib, sys
into = pathlib.Path(os.environ["_REPRIEVE_PART"])
names = os.environ["REPRIEVE_ACCOUNT"].split(",")
for name in names:
    stack = into / "stacks" / name
    stack.mkdir(parents=True)
    (stack / "cdk.tf.json").write_text(name)
(into / "manifest.json").write_text(json.dumps({"version": "1", "stacks": dict.fromkeys(names)}))
sys.exit(max(int(name) for name in names))
"""
KILLED = "import os, signal; os.kill(os.getpid(), signal.SIGKILL)"


@pytest.fixture
def app(tmp_path):
    """Return a program that stands for the app."""
    path = tmp_path / "app.py"
    path.write_text(APP)
    return path


def test_what_terraform_has_beside_a_stack_stays(app, tmp_path):
    """Only what is synthesised is replaced."""
    stack = tmp_path / "stacks/0"
    stack.mkdir(parents=True)
    for name in ("plan", "cdk.tf.json"):
        (stack / name).write_text("former")
    assert synthesise_in_parts(app, ["0"], tmp_path) == 0
    assert {each.name: each.read_text() for each in stack.iterdir()} == {
        "plan": "former",
        "cdk.tf.json": "0",
    }


def test_nothing_is_written_if_a_part_fails(app, tmp_path, monkeypatch):
    """The highest exit code is that of the whole."""
    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    names = ["0", "1", "00", "2", "000", "0000"]
    assert synthesise_in_parts(app, names, tmp_path) == 2
    assert list(tmp_path.iterdir()) == [app]


def test_a_part_that_is_killed_has_failed(app, tmp_path):
    """Its exit code is negative, and must not count as less than success."""
    app.write_text(KILLED)
    assert synthesise_in_parts(app, ["0"], tmp_path) == 1


@pytest.mark.parametrize(
    ("accounts", "processors", "sizes"),
    [
        (6, 2, [3, 3]),
        (7, 3, [2, 2, 3]),
        (80, 2, [10] * 8),
        (80, 16, [5] * 16),
        (21, 2, [5, 5, 5, 6]),
        (161, 16, [5] * 31 + [6]),
        (11, 1, [5, 6]),
        (6, 8, [1] * 6),
    ],
)
def test_processors_have_equally_many_parts_and_none_is_large(
    app, tmp_path, monkeypatch, accounts, processors, sizes
):
    """To start a process takes a second, and its memory grows with its accounts."""
    monkeypatch.setattr(os, "cpu_count", lambda: processors)
    started = []

    def run(_main, into, names):
        started.append(len(names))
        (into / "stacks").mkdir(parents=True)
        (into / "manifest.json").write_text(json.dumps({"stacks": dict.fromkeys(names)}))
        return 0

    monkeypatch.setattr(parts, "_run", run)
    assert synthesise_in_parts(app, [str(number) for number in range(accounts)], tmp_path) == 0
    assert sorted(started) == sorted(sizes)
    assert len(json.loads((tmp_path / "manifest.json").read_text())["stacks"]) == accounts
