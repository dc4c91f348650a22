"""The operator's commands, against a guard that is deployed to the sandbox."""

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.keys import fill
from bench.machine import provider_version
from bench.process import measure, summary
from bench.report import Table, usage_notes, usage_table
from bench.terraform import deploy_settings, deployable
from bench.ways import MAIN
from reprieve.text import counted
from sandbox.deployment import Deployment
from sandbox.server import Sandbox

_REPRIEVE = (sys.executable, "-m", "reprieve.cli")
_SWEPT = "eu-west-1"
_FINDINGS = 1
"""The exit code of a sweep that finds a key that is pending deletion."""


@dataclass(frozen=True)
class Sizes:
    """How much the commands read: Regions of `status`, of `diff`, keys of `sweep`.

    The guard is deployed to the Regions of `diff`.
    """

    status: Sequence[int]
    diff: int
    sweep: Sequence[int]


def run(
    sizes: Sizes, rounds: int, directory: Path, report: Callable[[str], None]
) -> dict[str, Any]:
    """Run each command several times; return the part of the JSON."""
    rows = []
    with Sandbox() as sandbox:
        deployment = Deployment(
            sandbox, directory / "commands", settings=deploy_settings(sandbox, sizes.diff)
        )
        regions = counted(sizes.diff, "Region")
        report(f"a guard in {regions} is deployed")
        (deployment.directory / MAIN.name).symlink_to(MAIN)  # `diff` synthesises with it
        deployment.deploy()

        def time(command: str, size: str, arguments: Sequence[str], code: int = 0) -> None:
            report(f"reprieve {command}, {size}")
            usages = [
                measure(
                    [*_REPRIEVE, command, *arguments],
                    deployment.directory,
                    deployment.environment(),
                    exit_codes=(code,),
                )
                for _ in range(rounds)
            ]
            rows.append({"command": command, "size": size} | summary(usages))

        for count in sizes.status:
            asked = [word for region in deployable(count) for word in ("--region", region)]
            time("status", counted(count, "Region"), [*asked, "--timeout", "3600"])
        time("diff", regions, [])
        for count in sizes.sweep:
            fill(sandbox, _SWEPT, count, pending=True)
            time("sweep", f"{count:,} keys", ["--timeout", "3600"], _FINDINGS)
        return {"provider": provider_version(deployment.stack_directory), "rows": rows}


def tables(part: dict[str, Any]) -> list[Table]:
    """Return the table: a row for each command and size."""
    what = {
        "command": lambda row: f"`reprieve {row['command']}`",
        "of": lambda row: str(row["size"]),
    }
    return [usage_table("Time and memory", part["rows"], what, labels=2)]


def notes(part: dict[str, Any]) -> list[str]:
    """Return sentences about what the table does not show."""
    return usage_notes(part["rows"])
