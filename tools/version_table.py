"""The table of tested versions in docs/versions.md, from what `make test-versions` recorded."""

import json
from pathlib import Path
from typing import Any, Final

RESULTS: Final = Path(__file__).resolve().parent.parent / "docs" / "tested-versions.json"
PYTHONS: Final = ("3.11", "3.12", "3.13", "3.14")
NODES: Final = ("node-20", "node-22", "node-24")
CLIS: Final = ("cdktf", "cdktn")

Result = dict[str, Any]
"""`version`, `date`, `passed`, `failed`; of a Node.js also whether `cdktf` and `cdktn` deploy."""


def results() -> dict[str, Result | None]:
    """Return the last result of each version; None if the machine of the last run lacked it."""
    known: dict[str, Result | None] = (
        json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.is_file() else {}
    )
    return known


def version_rows() -> list[list[str]]:
    """Return the cells of a row for each version, tested or not."""
    known = results()
    return [
        _row(name, known[name]) if name in known else [_title(name), "not yet", "", "", ""]
        for name in (*PYTHONS, *NODES)
    ]


def _title(name: str) -> str:
    return f"Node.js {name[5:]}" if name in NODES else f"Python {name}"


def _row(name: str, result: Result | None) -> list[str]:
    if result is None:
        return [_title(name), "no", summary(result), "", ""]
    words = {True: "works", False: "does not work", None: ""}
    lines = [words[result.get(each)] for each in CLIS]
    return [_title(name), f"{result['version']}, {result['date']}", summary(result), *lines]


def summary(result: Result | None) -> str:
    """Return the result of the tests in words."""
    if result is None:
        return "not run: the machine of the last run did not have it"
    failed = f", {result['failed']} failed" if result["failed"] else ""
    return f"{result['passed']:,} passed{failed}"
