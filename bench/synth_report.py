"""The tables of the synthesis."""

from collections.abc import Callable
from typing import Any

from bench.report import LINUX_ONLY, Table, is_known, megabytes, ratio, seconds, whole
from bench.synth import LIMIT_REGIONS, is_exceeded, slope
from bench.synth import ratio as ratio_of
from bench.ways import FAST, IMPORT, STOCK_WAY

_PER_RESOURCE = "ms per resource"


def tables(part: dict[str, Any]) -> list[Table]:
    """Return a table for each figure, with a column for each size."""
    sizes = part["sizes"]
    shown = [
        _table(part, "Wall time in seconds, by the number of Regions", "seconds", seconds),
        Table(
            f"Wall time as a part of that of the {STOCK_WAY.title}",
            ["", *(size["title"] for size in sizes)],
            [
                [way["title"], *(ratio(ratio_of(size, name)) for size in sizes)]
                for name, way in part["ways"].items()
                if not way["lacks"]
            ],
        ),
        _table(part, "Time of the processors in seconds", "cpu_seconds", seconds),
    ]
    if is_known([part["import"]["memory"]]):
        shown.append(_table(part, "Peak memory (PSS) in MB", "memory", megabytes))
    slopes = [
        [way["title"], *(_milliseconds(slope(part, name, each)) for each in _SLOPES)]
        for name, way in part["ways"].items()
        if slope(part, name) is not None
    ]
    if slopes:
        shown.append(
            Table("What one more resource takes, in milliseconds", ["", *_SLOPES.values()], slopes)
        )
    return shown


_SLOPES = {"seconds": "wall time", "cpu_seconds": "processors"}


def notes(part: dict[str, Any]) -> list[str]:
    """Return sentences about what the tables do not show."""
    loading = part["import"]
    memory = loading["memory"]
    said = [
        f"{IMPORT.title} takes {seconds(loading['seconds'])} s, "
        f"{seconds(loading['cpu_seconds'])} s of the processors"
        + (f" and {megabytes(memory)} MB." if memory is not None else ".")
    ]
    said += [f"{way['title']}: {way['lacks']}." for way in part["ways"].values() if way["lacks"]]
    if memory is None:
        said.append(LINUX_ONLY)
    for size in part["sizes"]:
        if size["accounts"] == 1 and size["regions"] == LIMIT_REGIONS:
            verdict = "exceeds" if is_exceeded(part) else "is within"
            said.append(
                f"With {LIMIT_REGIONS} Regions the ratio of {part['ways'][FAST.name]['title']} is "
                f"{ratio(ratio_of(size))}, which {verdict} the limit of {part['limit']:.2f}. "
                f"Of the single rounds it is {', '.join(map(ratio, size['ratios']))}."
            )
    return said


def _table(part: dict[str, Any], title: str, figure: str, text: Callable[[Any], str]) -> Table:
    sizes = part["sizes"]
    rows = [["resources", *(whole(size["resources"]) for size in sizes)]]
    rows += [
        [way["title"], *(text(size["ways"][name][figure]) for size in sizes)]
        for name, way in part["ways"].items()
        if not way["lacks"]
    ]
    return Table(title, ["", *(size["title"] for size in sizes)], rows)


def _milliseconds(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"
