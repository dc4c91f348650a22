"""How much memory terraform needs: a table of docs/state.md, and one of docs/hcp-terraform.md."""

from collections.abc import Iterable
from typing import Any, Final

from bench.report import megabytes
from tools.figures import measured

_STEPS: Final = ("plan", "apply", "refresh")
_WITH_GOGC: Final = ("refresh-gogc-50", "refresh-gogc-20")

_AGENTS: Final = (2, 4, 8, 16, 32)
"""Sizes of agents to choose from, in GB; HashiCorp asks for at least the first one."""
_SPARE: Final = 1.3
"""What an agent has to have, as a multiple of what a run needs: other processes run there too."""


def memory_rows() -> list[list[str]]:
    """Return a row for each deployment that `make bench ONLY=plan` measured; memory in MB."""
    return [
        [
            f"{row['regions']}",
            f'`"{row["split"]}"`',
            f"{row['stacks']}",
            *(megabytes(_memory(row, step)) for step in (*_STEPS, *_WITH_GOGC)),
        ]
        for row in measured("plan")
    ]


def agent_rows() -> list[list[str]]:
    """Return a row for each choice of `state.split`: what a run needs, and the agent for it."""
    known = [row for row in measured("plan") if all(_memory(row, step) for step in _STEPS)]
    whole = [row for row in known if row["split"] == "account" and row["regions"] > 1]
    areas = [row for row in known if row["split"] == "area"]
    rows = [[f"up to {row['regions']}", '`"account"`', *_choice([row])] for row in whole]
    return [*rows[:1], *([["any number", '`"area"`', *_choice(areas)]] if areas else []), *rows[1:]]


def _memory(row: dict[str, Any], step: str) -> int | None:
    """Return the peak of a step in bytes; None if it was not measured."""
    found: int | None = row["steps"].get(step, {}).get("memory")
    return found


def _choice(rows: Iterable[dict[str, Any]]) -> list[str]:
    need = max(peak for row in rows for step in _STEPS if (peak := _memory(row, step))) / 1e9
    agent = next(size for size in _AGENTS if size >= need * _SPARE)
    hosted = "runs of HCP Terraform, or " if agent == _AGENTS[0] else ""
    return [f"{need:.1f} GB", f"{hosted}an agent with {agent} GB"]
