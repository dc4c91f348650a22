"""The findings of `reprieve status`: each problem once, each hint once."""

from collections.abc import Iterator
from dataclasses import replace

from rich.console import Console
from rich.table import Table
from rich.text import Text

from reprieve.cli.views.layout import escaped
from reprieve.status.findings import Finding
from reprieve.status.status import AccountStatus, Coverage, RegionStatus

_ANY_REGION = "REGION"
"""Stands for the Region in a sentence that is the same in several but for its name."""


def show_findings(status: AccountStatus, console: Console) -> None:
    """Print what is wrong and where, and under the problems that share a hint the hint."""
    by_hint: dict[str, list[tuple[Finding, str]]] = {}
    for finding, where in _placed(status):
        by_hint.setdefault(finding.hint, []).append((finding, where))
    for hint, found in by_hint.items():
        for finding, where in found:
            console.print(_hanging("✘ ", escaped(finding.problem, "bold red"), "bold red"))
            console.print(_hanging("  ", escaped(where)))
        console.print(_hanging("  → ", escaped(hint)))
        console.print()


def _hanging(mark: str, text: Text, style: str = "") -> Table:
    """Return a text after a mark; the lines that follow begin where the text does."""
    grid = Table.grid()
    grid.add_column(no_wrap=True)
    grid.add_column(overflow="fold")
    grid.add_row(Text(mark, style=style), text)
    return grid


def _placed(status: AccountStatus) -> Iterator[tuple[Finding, str]]:
    """Yield each finding with the Regions where it was found: unguarded Regions first.

    What differs between Regions in nothing but their names is one finding.
    """
    places: dict[Finding, dict[str, Finding]] = {}
    for region in sorted(status.regions, key=lambda each: not each.findings):
        for finding in region.all_findings:
            places.setdefault(_without_region(finding, region), {})[region.region] = finding
    for finding in status.roles.findings:
        places.setdefault(finding, {})["the account"] = finding
    watched = sum(each.coverage is Coverage.WATCHED for each in status.regions)
    for general, found in places.items():
        one = len(set(found.values())) == 1
        in_all = len(found) == watched > 3
        where = f"all {watched} watched Regions" if in_all else ", ".join(found)
        yield next(iter(found.values())) if one else general, where


def _without_region(finding: Finding, region: RegionStatus) -> Finding:
    """Return a finding with the Region's name replaced; the resource's ARN may have it too."""
    return replace(
        finding,
        resource=finding.resource.replace(region.region, _ANY_REGION),
        problem=finding.problem.replace(region.region, _ANY_REGION),
        hint=finding.hint.replace(region.region, _ANY_REGION),
    )
