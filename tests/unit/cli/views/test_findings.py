"""How `reprieve status` prints what it finds: each problem once, each hint once."""

import io

import pytest
from rich.console import Console

from reprieve.cli.views.findings import show_findings
from reprieve.status.findings import DEPLOY, Check, Finding, Kind, Verdict
from reprieve.status.status import AccountStatus, Coverage, RegionStatus

REGIONS = ("eu-west-1", "eu-west-2", "us-east-1", "us-east-2")


def finding(problem, hint=DEPLOY):
    """Return a finding of a thing."""
    return Finding("x", Kind.DIFFERENT, problem, hint)


def printed(found, roles=(), width=80):
    """Return the lines for the findings of each Region, and of the roles."""
    regions = tuple(
        RegionStatus(region, Coverage.WATCHED, 0, (Check("alarms", "", tuple(each)),))
        for region, each in zip(REGIONS, found, strict=False)
    )
    status = AccountStatus("1", "arn", None, regions, Check("roles", "", roles, Verdict.WRONG))
    out = io.StringIO()
    show_findings(status, Console(file=out, width=width, highlight=False, markup=False))
    return [line.rstrip() for line in out.getvalue().splitlines()]


def test_problems_share_a_hint():
    """It is printed once, under the last of them, whichever of Regions and roles they are of."""
    found = [[finding("One."), finding("Two.", "Do it.")], [finding("Three.")]]
    assert printed(found, roles=(finding("Four."),), width=120) == [
        "✘ One.",
        "  eu-west-1",
        "✘ Three.",
        "  eu-west-2",
        "✘ Four.",
        "  the account",
        f"  → {DEPLOY}",
        "",
        "✘ Two.",
        "  eu-west-1",
        "  → Do it.",
        "",
    ]


def test_a_problem_that_differs_by_the_name_of_the_region_is_one():
    """REGION stands for the name then; where it is one Region, its own name stands there."""
    here = [[finding(f"It is arn:{region}:x.", f"--region {region}")] for region in REGIONS[:2]]
    assert printed(here) == [
        "✘ It is arn:REGION:x.",
        "  eu-west-1, eu-west-2",
        "  → --region REGION",
        "",
    ]
    assert printed(here[:1])[::2] == ["✘ It is arn:eu-west-1:x.", "  → --region eu-west-1"]


def test_all_regions_are_not_listed():
    """From four Regions on their number is enough."""
    assert printed([[finding("One.")]] * 4)[1] == "  all 4 watched Regions"
    assert printed([[finding("One.")]] * 3)[1] == "  eu-west-1, eu-west-2, us-east-1"


@pytest.mark.parametrize("width", [80, 120])
def test_what_is_long_is_wrapped_under_its_own_beginning(width):
    """No line is longer than the terminal, and what follows is indented."""
    lines = printed([[finding("word " * 50, "hint " * 50)]], width=width)
    assert max(map(len, lines)) <= width
    assert {line[:2] for line in lines if line} == {"✘ ", "  "}
    assert [line for line in lines if line.startswith("  hint")] == []


def test_what_others_wrote_is_escaped():
    """In the problem and in the hint."""
    assert printed([[finding("\x1b[2J", "\u202e")]]) == [
        r"✘ \x1b[2J",
        "  eu-west-1",
        r"  → \u202e",
        "",
    ]
