"""What `make bench` measured and `make bench-docs` published, for the tables of other pages."""

import json
from pathlib import Path
from typing import Any, Final

FIGURES: Final = Path(__file__).resolve().parent.parent / "docs" / "performance.json"


def measured(part: str) -> list[dict[str, Any]]:
    """Return the rows of figures of a part of the bench; none if it was not measured."""
    figures: dict[str, Any] = json.loads(FIGURES.read_text(encoding="utf-8"))
    rows: list[dict[str, Any]] = figures.get(part, {}).get("figures", {}).get("rows", [])
    return rows
