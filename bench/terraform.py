"""Terraform in the sandbox: how long it takes, how much memory, how many processes.

Terraform, the AWS provider and what they do are real. AWS is the sandbox, which answers from the
same machine: times show how the work grows, and not how long AWS takes. Memory and processes are
those of terraform and its providers, without the sandbox.
"""

import json
import shutil
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any, Final

from bench.machine import provider_version
from bench.process import Usage, measure, most
from bench.report import LINUX_ONLY, Table, is_known, megabytes, seconds, whole
from bench.synth import count_resources
from reprieve.regions import known_regions
from reprieve.settings.sources import variable_of
from reprieve.settings.split import ACCOUNT
from reprieve.text import counted
from sandbox.deployment import Deployment, deployer
from sandbox.processes import tool
from sandbox.server import Sandbox


@dataclass(frozen=True)
class Step:
    """A command of terraform. `gogc` is how often Go collects garbage; 100 is its default."""

    arguments: tuple[str, ...]
    gogc: int = 100


# The exit code is 0 only if there is nothing to do.
_REFRESH: Final = ("plan", "-detailed-exitcode")
STEPS: Final = {
    "init": Step(("init",)),
    "plan": Step(("plan", "-out=plan")),
    "apply": Step(("apply", "-parallelism=40", "plan")),  # as the README deploys
    "refresh": Step(_REFRESH),
}
"""What is run, in this order. The last one reads every resource from AWS."""

REFRESHES: Final = {
    "refresh": STEPS["refresh"],
    "refresh-gogc-50": Step(_REFRESH, gogc=50),
    "refresh-gogc-20": Step(_REFRESH, gogc=20),
}
"""The last step again, with less memory and more time."""

ALL_STEPS: Final = STEPS | REFRESHES


_TOO_NEW: Final = ("ap-southeast-6",)
"""The Regions that the oldest provider that the stacks allow, 5.100.0, does not know."""


def deployable(count: int) -> list[str]:
    """Return so many Regions that every provider can deploy to.

    Raises:
        ValueError: There are not so many.
    """
    regions = [each for each in known_regions("aws") if each not in _TOO_NEW][:count]
    if len(regions) < count:
        raise ValueError(f"Every provider knows {len(regions)} Regions, not {count}.")
    return regions


def deploy_settings(sandbox: Sandbox, regions: int) -> dict[str, str]:
    """Return the settings of a guard in so many Regions, and the credentials that deploy it."""
    return deployer(sandbox) | {
        "REPRIEVE_NOTIFY__EMAILS": "security@example.com",
        "REPRIEVE_REGIONS__WATCH": json.dumps(deployable(regions)),
    }


@dataclass(frozen=True)
class Case:
    """A guard in so many Regions, with its state split in this way."""

    regions: int
    split: str = ACCOUNT


def run(cases: Sequence[Case], directory: Path, report: Callable[[str], None]) -> dict[str, Any]:
    """Deploy each case to an empty account; return the part of the JSON."""
    rows = []
    provider = None
    with Sandbox() as sandbox:
        for case in cases:
            sandbox.reset()
            settings = deploy_settings(sandbox, case.regions)
            if case.split != ACCOUNT:
                settings[variable_of("state", "split")] = case.split
            folder = directory / f"{case.split}-{case.regions}"
            deployment = Deployment(sandbox, folder, settings=settings)
            what = f"{counted(case.regions, 'Region')}, split by {case.split}"
            report(f"{what}: synth")
            deployment.synth()
            stacks = [deployment.of_stack(each) for each in in_order(folder / "cdktf.out")]
            provider = provider or _fetch_provider(stacks[0])
            # What GOGC changes does not depend on the split.
            steps = ALL_STEPS if case.split == ACCOUNT else STEPS
            rows.append(asdict(case) | _deploy(stacks, steps, what, report))
    return {"provider": provider, "rows": rows}


def _deploy(
    stacks: Sequence[Deployment],
    steps: Mapping[str, Step],
    what: str,
    report: Callable[[str], None],
) -> dict[str, Any]:
    """Run every step in one stack after the other; return what they took together."""
    usages = defaultdict(list)
    for number, stack in enumerate(stacks):
        for name, step in steps.items():
            report(f"{what}: {name} ({number + 1} of {len(stacks)} stacks)")
            usages[name].append(_terraform(stack, step))
    return {
        "stacks": len(stacks),
        "resources": sum(_resources(each) for each in stacks),
        "steps": {name: total(each) for name, each in usages.items()},
    }


def in_order(output: Path) -> list[str]:
    """Return the names of the stacks in `output`, each after those that it depends on."""
    manifest = json.loads((output / "manifest.json").read_text(encoding="utf-8"))["stacks"]
    order = TopologicalSorter({name: each["dependencies"] for name, each in manifest.items()})
    return list(order.static_order())


def _fetch_provider(deployment: Deployment) -> str | None:
    """Let terraform fetch the provider once, before init is timed; return its version."""
    deployment.init()
    version = provider_version(deployment.stack_directory)
    shutil.rmtree(deployment.stack_directory / ".terraform")
    return version


def _terraform(deployment: Deployment, step: Step) -> Usage:
    command, *options = step.arguments
    return measure(
        [tool("terraform"), command, "-no-color", *options],
        deployment.stack_directory,
        deployment.environment() | {"GOGC": str(step.gogc)},
    )


def _resources(deployment: Deployment) -> int:
    text = (deployment.stack_directory / "cdk.tf.json").read_text(encoding="utf-8")
    return count_resources(json.loads(text))


def total(usages: Sequence[Usage]) -> dict[str, Any]:
    """Return what stacks took one after another: times add up, and the largest memory counts."""
    return {
        "seconds": round(sum(each.seconds for each in usages), 3),
        "cpu_seconds": round(sum(each.cpu_seconds for each in usages), 3),
        "memory": most([each.memory for each in usages]),
        "processes": most([each.processes for each in usages]),
    }


def tables(part: dict[str, Any]) -> list[Table]:
    """Return the tables: times; and, if it is known, memory, processes and what GOGC changes."""
    found = part["rows"]
    shown = [_step_table("Wall time in seconds", found, "seconds", seconds)]
    if is_known(row["steps"]["plan"]["memory"] for row in found):
        shown.append(
            _step_table("Peak memory (PSS) in MB, of one stack", found, "memory", megabytes)
        )
        shown.append(
            _step_table("Most processes at a time, of one stack", found, "processes", whole)
        )
        shown.append(_gogc(found))
    return shown


def notes(part: dict[str, Any]) -> list[str]:
    """Return sentences about what the tables do not show."""
    said = []
    if not is_known(row["steps"]["plan"]["memory"] for row in part["rows"]):
        said.append(LINUX_ONLY)
    if any(row["stacks"] > 1 for row in part["rows"]):
        said.append(
            "Stacks run one after another: their times are added, and of memory and processes the "
            "largest stack counts."
        )
    return said


def _step_table(
    title: str, rows: list[dict[str, Any]], figure: str, text: Callable[[Any], str]
) -> Table:
    return Table(
        title,
        ["split", "Regions", "stacks", "resources", *STEPS],
        [[*_labels(row), *(text(row["steps"][step][figure]) for step in STEPS)] for row in rows],
    )


def _labels(row: dict[str, Any]) -> list[str]:
    numbers = (whole(row[name]) for name in ("regions", "stacks", "resources"))
    return [f"`{row['split']}`", *numbers]


def _gogc(rows: list[dict[str, Any]]) -> Table:
    figures = {"seconds": ("s", seconds), "memory": ("MB", megabytes)}
    heads = [f"{step.gogc}: {unit}" for step in REFRESHES.values() for unit, _ in figures.values()]
    return Table(
        "A refresh with other values of `GOGC`: wall time in s, peak memory in MB",
        ["Regions", *heads],
        [
            [
                whole(row["regions"]),
                *(
                    text(row["steps"][step][figure])
                    for step in REFRESHES
                    for figure, (_, text) in figures.items()
                ),
            ]
            for row in rows
            if row["steps"].keys() >= REFRESHES.keys()
        ],
        labels=0,
    )
