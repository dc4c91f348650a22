"""How `reprieve status` prints what it finds: each problem once, each hint once."""

import io
from dataclasses import replace

import pytest
from rich.console import Console

from reprieve.cli.views.findings import show_findings
from reprieve.status.findings import DEPLOY, VERSION, Check, Finding, Kind, Verdict
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


def runbook(name):
    """Return the finding about a runbook that is missing."""
    return Finding(name, Kind.MISSING, f"The runbook {name} is missing.", f"Run `x --name {name}`.")


def test_names_that_differ_in_a_hash_are_one_problem():
    """A runbook's hash is another in each Region; where it is one Region, its own stands there."""
    hashes = ("7d6b8fde", "4c1aeb29")
    found = [[runbook(f"reprieve-patrol-{each}")] for each in hashes]
    assert printed(found) == [
        "✘ The runbook reprieve-patrol-HASH is missing.",
        "  eu-west-1, eu-west-2",
        "  → Run `x --name reprieve-patrol-HASH`.",
        "",
    ]
    assert printed(found[:1])[0] == "✘ The runbook reprieve-patrol-7d6b8fde is missing."
    found = [[runbook("reprieve-patrol-7d6b8fde"), runbook("reprieve-rescue-4c1aeb29")]]
    assert [line for line in printed(found) if line.startswith("✘")] == [
        "✘ The runbook reprieve-patrol-7d6b8fde is missing.",
        "✘ The runbook reprieve-rescue-4c1aeb29 is missing.",
    ]


def test_a_trail_of_all_regions_is_one_problem():
    """Its command names its home Region, which is one of those that were checked."""
    hint = "Start it with `aws cloudtrail start-logging --region eu-west-1 --name x`."
    trail = Finding("trail", Kind.DIFFERENT, "No trail logs.", hint)
    assert printed([[trail], [trail]]) == [
        "✘ No trail logs.",
        "  eu-west-1, eu-west-2",
        f"  → {hint}",
        "",
    ]


def test_two_hashes_of_a_finding_stay_apart():
    """That it has one and not the other is what the sentence says."""
    found = [
        [finding(f"It has a-{old}, not a-{new}.", "")]
        for old, new in (("7d6b8fde", "4c1aeb29"), ("00000000", "11111111"))
    ]
    assert printed(found)[0] == "✘ It has a-HASH, not a-HASH_2."


def test_two_of_a_region_that_differ_in_a_hash_are_both_shown():
    """No finding hides another one."""
    found = [[runbook("reprieve-patrol-7d6b8fde"), runbook("reprieve-patrol-4c1aeb29")]]
    text = "\n".join(printed(found))
    assert "reprieve-patrol-7d6b8fde is missing" in text
    assert "reprieve-patrol-4c1aeb29 is missing" in text


def test_ids_of_keys_and_executions_stay():
    """Their first part has eight digits, too."""
    found = [
        [finding("The rescue 4c1aeb29-0000-4000-8000-000000000000 failed.", "")],
        [finding("The rescue 7d6b8fde-0000-4000-8000-000000000000 failed.", "")],
    ]
    assert len([line for line in printed(found) if line.startswith("✘")]) == 2


def test_the_worst_is_the_first():
    """Before texts that people read, what the settings do not define, and what was not read."""
    found = [
        replace(finding("The description differs."), attribute="description"),
        replace(finding("The tag differs."), attribute="tag team"),
        replace(finding("A version.", "Wait."), kind=Kind.MISSING, attribute=VERSION),
        replace(finding("Too much."), kind=Kind.UNEXPECTED),
        replace(finding("Not read."), kind=Kind.UNKNOWN),
        replace(finding("Disabled."), attribute="state"),
        replace(finding("No subscription."), kind=Kind.MISSING),
        replace(finding("No guard."), kind=Kind.MISSING, resource="region"),
    ]
    shown = [line[2:] for line in printed([found]) if line.startswith("✘")]
    assert shown == [
        *("No guard.", "Disabled.", "No subscription.", "Not read.", "Too much."),
        *("The description differs.", "The tag differs.", "A version."),
    ]


def test_only_commands_have_id_in_place_of_a_name():
    """The words around them stay, also where they have the name."""
    hint = "Start the trail: `aws cloudtrail start-logging --name {}`, or create a trail."
    found = [
        [Finding(each, Kind.FAILING, f"{each} is off.", hint.format(each))]
        for each in ("trail", "other")
    ]
    shown = [line for line in printed(found, width=120) if line.startswith("  →")]
    command = "`aws cloudtrail start-logging --name ID`"
    assert shown == [f"  → Start the trail: {command}, or create a trail."]


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
