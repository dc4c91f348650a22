"""The findings of `reprieve status`: each problem once, each hint once."""

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from rich.console import Console

from reprieve.cli.views.layout import show_hint, show_problem
from reprieve.status.findings import Finding
from reprieve.status.status import AccountStatus, Coverage

_ANY_REGION = "REGION"
"""Stands for the Region in a sentence that is the same in several but for its name."""
_ANY_RESOURCE = "ID"
"""Stands for the resource in a hint that is the same for several but for their names."""
_ACCOUNT = "the account"
_COMMAND: Final = re.compile(r"`[^`]*`")
_HASH: Final = re.compile(r"(?<=[a-z]-)[0-9a-f]{8}(?![-\w])")
_ANY_HASH = "HASH"
"""Stands for the end of a runbook's name, which is of its content and differs between Regions.

A second one in the same finding is `HASH_2`.
"""

_Places = dict[str, Finding]
"""By the name of a Region, or `_ACCOUNT`: what was found there."""


def show_findings(status: AccountStatus, out: Console) -> None:
    """Print what is wrong and where, and under the problems that share a hint the hint."""
    by_hint: dict[str, list[tuple[Finding, _Places]]] = {}
    merged = _merged(status).items()
    for general, places in sorted(merged, key=lambda each: each[0].rank):
        hint = _without_resource(general)
        by_hint.setdefault(hint, []).append((general, places))
    for hint, problems in by_hint.items():
        for _, places in problems:
            _show_problem(places, status, out)
        show_hint(_most_precise(hint, problems), out)
        out.print()


def _without_resource(finding: Finding) -> str:
    """Return the hint with the resource's name replaced in its commands."""
    name = re.compile(rf"(?<![-\w]){re.escape(finding.resource)}(?![-\w])")
    return _COMMAND.sub(lambda found: name.sub(_ANY_RESOURCE, found[0]), finding.hint)


def _most_precise(hint: str, problems: Sequence[tuple[Finding, _Places]]) -> str:
    """Return the hint for several problems: with the names that are the same in all of them."""
    exact = {finding.hint for _, places in problems for finding in places.values()}
    in_any_region = {general.hint for general, _ in problems}
    return next((hints.pop() for hints in (exact, in_any_region) if len(hints) == 1), hint)


def _show_problem(places: _Places, status: AccountStatus, out: Console) -> None:
    finding = _one_for(places)
    show_problem(finding.problem, finding.reason, [_where(places, status)], out)


def _one_for(places: _Places) -> Finding:
    """Return the finding that stands for those of several Regions; their counts add up."""
    first = next(iter(places.values()))
    if len(places) == 1 or (first.count is None and len(set(places.values())) == 1):
        return first
    general = _general(next(iter(places)), first)
    if general.count is None:
        return general
    number = sum(each.count.number for each in places.values() if each.count)
    return replace(general, problem=general.count._replace(number=number).sentence)


def _where(places: _Places, status: AccountStatus) -> str:
    """Return where something was found: in which Regions, how many times in each if it counts."""
    if len(places) > 1 and all(finding.count for finding in places.values()):
        return ", ".join(f"{each} ({f.count.number})" for each, f in places.items() if f.count)
    watched = {each.region for each in status.regions if each.coverage is Coverage.WATCHED}
    is_everywhere = len(watched) > 3 and watched == places.keys()
    return f"all {len(watched)} watched Regions" if is_everywhere else ", ".join(places)


def _merged(status: AccountStatus) -> dict[Finding, _Places]:
    """Return the findings, each with the places where it was found: unguarded Regions first.

    Findings that differ between Regions only in their names, in a hash or in a number, become one.
    If nothing at all is deployed, no single resource is missing.
    """
    merged: dict[Finding, _Places] = {}
    for region in sorted(status.regions, key=lambda each: not each.findings):
        if region.coverage is Coverage.WATCHED and not status.has_guard:
            findings = [finding for check in region.checks for finding in check.findings]
        else:
            findings = region.all_findings
        for finding in findings:
            key = _general(region.region, finding)
            if key.count:
                key = replace(key, problem="", count=key.count._replace(number=0))
            if region.region in merged.get(key, {}):
                key = finding  # two of one Region, which differ in a hash
            merged.setdefault(key, {})[region.region] = finding
    for finding in status.roles.findings if status.has_guard else ():
        merged.setdefault(finding, {})[_ACCOUNT] = finding
    return merged


def _general(region: str, finding: Finding) -> Finding:
    """Return a finding with the Region's name and hashes replaced, in the resource's ARN too."""
    if finding.resource == "trail":
        return finding  # the Region that it names is the trail's home, not the one that was checked
    hashes: dict[str, str] = {}

    def named(found: re.Match[str]) -> str:
        number = len(hashes) + 1
        return hashes.setdefault(found[0], _ANY_HASH if number == 1 else f"{_ANY_HASH}_{number}")

    def generalised(text: str) -> str:
        return _HASH.sub(named, text.replace(region, _ANY_REGION))

    return replace(
        finding,
        resource=generalised(finding.resource),
        problem=generalised(finding.problem),
        reason=generalised(finding.reason),
        hint=generalised(finding.hint),
    )
