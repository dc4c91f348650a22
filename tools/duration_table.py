"""The table of docs/ci.md: how long a deployment of many accounts takes."""

from collections.abc import Sequence
from typing import Any, Final

from reprieve.settings.split import ACCOUNT
from tools.figures import measured

ACCOUNTS: Final = (1, 10, 80)
_REGIONS: Final = (4, 17)
_RUNS: Final = (
    ("a first deployment", ("init", "plan", "apply")),
    ("a later one without changes, or a plan", ("init", "refresh")),
)
"""What a run is, and the steps of terraform that it consists of."""


def duration_rows() -> list[list[str]]:
    """Return a row for each run: Regions, what it is, minutes by the number of accounts.

    One account follows the other, each with one stack, as `make bench ONLY=plan` measured it.
    """
    return [
        [f"{row['regions']}", what, *(_minutes(row, steps, each) for each in ACCOUNTS)]
        for row in measured("plan")
        if row["split"] == ACCOUNT and row["regions"] in _REGIONS
        for what, steps in _RUNS
    ]


def _minutes(row: dict[str, Any], steps: Sequence[str], accounts: int) -> str:
    minutes = accounts * sum(row["steps"][step]["seconds"] for step in steps) / 60
    return f"{minutes:.1f}" if minutes < 10 else f"{minutes:.0f}"
