"""The first scenario of `make burst`, as a part of `make bench`."""

from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from bench import burst
from bench.report import Table
from sandbox.server import Sandbox


def run(scale: int, directory: Path, report: Callable[[str], None]) -> dict[str, Any]:
    """Run the scenario, with keys and quotas divided by `scale`; return the part of the JSON."""
    scenario = burst.SCENARIOS[0].scaled(scale)
    with Sandbox(quotas=burst.quotas(scale)) as sandbox:
        report("a guard is deployed")
        burst.deploy(sandbox, directory / "burst")
        report(f"{scenario.keys:,} keys are scheduled for deletion")
        return asdict(burst.run(sandbox, scenario))


def tables(part: dict[str, Any]) -> list[Table]:
    """Return the table: a row for each figure that the scenario has."""
    scenario = burst.Scenario(**part["scenario"])
    result = burst.Result(**part | {"scenario": scenario})
    rows = [[name, text(result)] for name, text in burst.FIGURES.items()]
    rows = [row for row in rows if row[1] != burst.NEVER]
    return [Table("What happened, since the first deletion", ["", ""], rows)]


def notes(part: dict[str, Any]) -> list[str]:
    """Return no sentence: the table shows everything."""
    return []


def is_failed(part: dict[str, Any]) -> bool:
    """Return whether a key was lost."""
    return bool(part["lost"])
