"""The table of tested versions, and the packages of the lock in pip's form."""

import json
import re
from pathlib import Path

import pytest

from tools import version_table
from tools.requirements import requirements
from tools.version_table import version_rows

PROJECT = Path(__file__).resolve().parents[2]
LOCK = json.loads((PROJECT / "Pipfile.lock").read_text())


def test_the_table_claims_only_what_was_run(tmp_path, monkeypatch):
    """A version that was not run is not passed off as one that works."""
    known = {
        "3.11": {"version": "3.11.7", "date": "2026-11-28", "passed": 2700, "failed": 0},
        "3.12": {"version": "3.12.1", "date": "2026-11-28", "passed": 2699, "failed": 1},
        "3.14": None,
        "node-24": {"version": "24.22.3", "date": "2026-11-28", "passed": 2700, "failed": 0}
        | {"cdktf": False, "cdktn": True},
    }
    monkeypatch.setattr(version_table, "RESULTS", tmp_path / "results.json")
    version_table.RESULTS.write_text(json.dumps(known))
    rows = {title: cells for title, *cells in version_rows()}
    assert rows["Python 3.11"] == ["3.11.7, 2026-11-28", "2,700 passed", "", ""]
    assert rows["Python 3.12"] == ["3.12.1, 2026-11-28", "2,699 passed, 1 failed", "", ""]
    assert rows["Python 3.13"][:2] == ["not yet", ""]
    assert rows["Python 3.14"][:2] == ["no", "not run: the machine of the last run did not have it"]
    assert rows["Node.js 24"][2:] == ["does not work", "works"]


@pytest.mark.parametrize("categories", [["default"], ["default", "develop"], ["default", "cdktn"]])
def test_every_package_has_its_version_and_a_hash(categories):
    """As pip checks it. Reprieve itself has none, and is installed by its path."""
    lines = requirements(LOCK, categories)
    form = r"[\w.-]+(\[[\w,-]+\])?==[^; ]+(; [^\n]+?)?( --hash=sha256:[0-9a-f]{64})+"
    assert [line for line in lines if not re.fullmatch(form, line)] == []
    names = {re.split(r"[\[=]", line)[0] for line in lines}
    wanted = {name for category in categories for name in LOCK[category]}
    assert names == wanted - {"reprieve"}
