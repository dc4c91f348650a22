"""How long a synthesis takes, and how much memory: Reprieve's way against others.

Each way runs in a process of its own, and the whole process is timed, as a user waits for it. All
ways take turns, so that other load on the machine affects all of them. The first round is not
timed: its processes are watched for their memory, jsii unpacks the bindings into its cache, and the
JSON of all ways is compared.
"""

import json
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from bench.process import Usage, base_environment, measure, summary
from bench.ways import FAST, IMPORT, STOCK_WAY, Way, ways
from reprieve.regions import known_regions

LIMIT: Final = 0.12
"""How much of the stock way's wall time the fast way may take, with LIMIT_REGIONS Regions."""
LIMIT_REGIONS: Final = 34


@dataclass(frozen=True)
class Size:
    """How much is synthesised: so many accounts, each with so many Regions."""

    regions: int
    accounts: int = 1

    @property
    def title(self) -> str:
        """Name the size in a table."""
        return str(self.regions) if self.accounts == 1 else f"{self.accounts} × {self.regions}"

    def settings(self) -> str:
        """Return the settings' file.

        Raises:
            ValueError: There are not so many Regions.
        """
        regions = known_regions("aws")[: self.regions]
        if len(regions) < self.regions:
            raise ValueError(f"botocore lists {len(regions)} Regions, not {self.regions}.")
        lines = [
            "[notify]",
            'emails = ["security@example.com"]',
            "[regions]",
            f"watch = {json.dumps(regions)}",
        ]
        if self.accounts > 1:
            for number in range(self.accounts):
                lines += [f"[accounts.n{number}]", f'id = "{111122223333 + number}"']
        return "\n".join([*lines, ""])


def synthesise(size: Size, way: Way, directory: Path, *, sampled: bool = False) -> Usage:
    """Synthesise `size` in `directory` in this way; return what it took."""
    directory.mkdir(parents=True, exist_ok=True)
    (directory / "reprieve.toml").write_text(size.settings(), encoding="utf-8")
    environment = base_environment() | dict(way.variables)
    return measure(way.command, directory, environment, sampled=sampled)


def stacks(directory: Path, way: Way) -> dict[str, dict[str, Any]]:
    """Return the stacks that a way synthesised in `directory`, by name."""
    output = directory / way.output
    manifest = json.loads((output / "manifest.json").read_text(encoding="utf-8"))
    return {
        name: json.loads((output / each["synthesizedStackPath"]).read_text(encoding="utf-8"))
        for name, each in manifest["stacks"].items()
    }


def count_resources(stack: dict[str, Any]) -> int:
    """Return how many resources a stack has, without data sources."""
    return sum(len(named) for named in stack.get("resource", {}).values())


def without_metadata(value: Any) -> Any:
    """Return JSON without CDKTF's comments (`//`), and with the provider's short name.

    CDK Terrain writes `hashicorp/aws` for `aws`, which Terraform reads as the same.
    """
    if isinstance(value, dict):
        return {name: without_metadata(each) for name, each in value.items() if name != "//"}
    if isinstance(value, list):
        return [without_metadata(each) for each in value]
    return "aws" if value == "hashicorp/aws" else value


def run(
    sizes: Sequence[Size], rounds: int, directory: Path, report: Callable[[str], None]
) -> dict[str, Any]:
    """Measure all ways with all sizes; return the part of the JSON.

    Raises:
        ValueError: A way synthesised other JSON than FAST.
    """
    known = ways()
    able = [way for way in known if not way.lacks]
    turns = [(size, way) for size in sizes for way in able]
    usages: dict[tuple[str, str], list[Usage]] = defaultdict(list)
    peaks: dict[tuple[str, str], Usage] = {}
    peaks["", IMPORT.name] = _import(directory, sampled=True)
    counts: dict[str, int] = {}
    for size, way in turns:
        report(f"memory: {way.name}, Regions: {size.title}")
        folder = _folder(directory, size, way)
        peaks[size.title, way.name] = synthesise(size, way, folder, sampled=True)
        counts[size.title] = _compare(folder, way, size)
    for number in range(rounds):
        report(f"round {number + 1}: {IMPORT.name}")
        usages["", IMPORT.name].append(_import(directory))
        for size, way in turns:
            report(f"round {number + 1}: {way.name}, Regions: {size.title}")
            folder = _folder(directory, size, way)
            usages[size.title, way.name].append(synthesise(size, way, folder))

    def result(size: str, name: str) -> dict[str, Any]:
        peak = peaks[size, name]
        return summary(usages[size, name]) | {"memory": peak.memory, "processes": peak.processes}

    return {
        "rounds": rounds,
        "limit": LIMIT,
        "ways": {way.name: {"title": way.title, "lacks": way.lacks} for way in known},
        "import": result("", IMPORT.name),
        "sizes": [
            {
                "title": size.title,
                "accounts": size.accounts,
                "regions": size.regions,
                "resources": counts[size.title],
                "ways": {way.name: result(size.title, way.name) for way in able},
                # Of each round, in which the two ways ran shortly after one another.
                "ratios": [
                    round(fast.seconds / stock.seconds, 4)
                    for fast, stock in zip(
                        usages[size.title, FAST.name],
                        usages[size.title, STOCK_WAY.name],
                        strict=True,
                    )
                ],
            }
            for size in sizes
        ],
    }


def _folder(directory: Path, size: Size, way: Way) -> Path:
    """Return where a way works. TypeScript reads what FAST wrote: they share a folder."""
    shared = FAST.name if way.output != FAST.output else way.name
    return directory / size.title.replace(" ", "") / shared


def _import(directory: Path, *, sampled: bool = False) -> Usage:
    return measure(IMPORT.command, directory, base_environment(), sampled=sampled)


def _compare(folder: Path, way: Way, size: Size) -> int:
    """Return the number of resources.

    Raises:
        ValueError: The stacks are not those that FAST synthesised.
    """
    own = stacks(folder, way)
    expected = stacks(folder.parent / FAST.name, FAST)
    if without_metadata(own) != without_metadata(expected):
        raise ValueError(f"{way.title} synthesised other JSON for {size.title} Regions.")
    return sum(count_resources(each) for each in expected.values())


def ratio(size: dict[str, Any], name: str = FAST.name) -> float | None:
    """Return a way's wall time as a part of the stock way's; None if it did not run."""
    found: dict[str, Any] | None = size["ways"].get(name)
    stock = size["ways"][STOCK_WAY.name]
    return float(found["seconds"] / stock["seconds"]) if found else None


def is_exceeded(part: dict[str, Any]) -> bool:
    """Return whether the fast way took more than LIMIT of the stock way's time."""
    return any(
        (ratio(size) or 0) > part["limit"]
        for size in part["sizes"]
        if (size["accounts"], size["regions"]) == (1, LIMIT_REGIONS)
    )


def slope(part: dict[str, Any], name: str, figure: str = "seconds") -> float | None:
    """Return the milliseconds that one more resource takes; None if that was not measured.

    It is the slope between the two largest sizes of one account, of 17 and 34 Regions.
    """
    measured = sorted(
        (size["resources"], size["ways"][name][figure])
        for size in part["sizes"]
        if size["accounts"] == 1 and name in size["ways"]
    )[-2:]
    if len(measured) < 2:
        return None
    (fewer, less), (more, longer) = measured
    return float(1000 * (longer - less) / (more - fewer))
