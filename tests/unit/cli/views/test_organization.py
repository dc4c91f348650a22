"""How `reprieve status --organization` shows a thousand accounts: on one screen."""

from dataclasses import replace

import pytest

from reprieve.cli.views.organization import show
from tests.unit.cli.views.printing import WIDTHS, printed
from tests.unit.organization.samples import (
    expected,
    healthy,
    ids,
    instance,
    overview,
    reading,
    troubled,
    two_sets,
    with_management,
)


def view(found, width, limit=10):
    """Return what is printed."""
    return printed(lambda out: show(found, out, limit), width)


@pytest.mark.parametrize("width", WIDTHS)
def test_nothing_needs_attention(width, snapshot):
    """The summary is all that there is to read."""
    assert view(healthy(20), width) == snapshot


@pytest.mark.slow
@pytest.mark.parametrize("width", WIDTHS)
def test_a_thousand_accounts_with_every_kind_of_problem(width, snapshot):
    """Each problem is there once, with its reason, its Regions, a few accounts and a hint."""
    assert view(troubled(), width) == snapshot


@pytest.mark.slow
def test_a_thousand_accounts_fill_one_screen(snapshot):
    """Whatever the number of accounts: here with both stack sets, and one problem."""
    text = view(two_sets(), 80)
    assert len(text.splitlines()) <= 32
    assert text == snapshot


def test_many_problems_are_cut():
    """Each account has a reason of its own: the view names a few, and how many more there are."""
    covered = ids(40)
    given = [
        instance(id, "eu-west-1", "OUTDATED", detail="FAILED", StatusReason=f"reason {word}")
        for number, id in enumerate(covered)
        for word in [chr(ord("a") + number % 26) * (1 + number // 26)]
    ]
    found = overview(reading(given, covered), with_management(expected(["eu-west-1"])))
    shown = view(found, 80, limit=3)
    assert shown.count("reason ") == 3
    assert "… and 37 more problems, of 37 rows" in shown


def test_what_aws_says_cannot_control_the_terminal():
    """Reasons and names are escaped."""
    given = [
        instance(ids(1)[0], "eu-west-1", "OUTDATED", detail="FAILED", StatusReason="\x1b[31mred")
    ]
    wanted = replace(with_management(expected(["eu-west-1"])), hub="\x1b[2J")
    shown = view(overview(reading(given, ids(1)), wanted), None)
    assert "\x1b" not in shown
    assert "\\x1b[31mred" in shown
