"""Which tests `make test-all` runs; `make test` leaves out those that are marked as long."""

import tomllib
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
# `make test-bindings`, `make test-versions` and `make test-cdktn` run these.
OTHERS = ("tests/slow", "tests/cdktn")


def test_every_test_is_run():
    """pytest's testpaths name folders one by one, and would leave out a new one in silence."""
    settings = tomllib.loads((PROJECT / "pyproject.toml").read_text())["tool"]["pytest"]
    paths = [PROJECT / each for each in (*settings["ini_options"]["testpaths"], *OTHERS)]
    left_out = [
        file.relative_to(PROJECT)
        for file in (PROJECT / "tests").rglob("test_*.py")
        if not any(file.is_relative_to(path) for path in paths)
    ]
    assert left_out == []
