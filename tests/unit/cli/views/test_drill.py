"""How `reprieve drill` shows its results."""

from dataclasses import replace

import pytest

from reprieve.cli.views.drill import show
from reprieve.drill.result import AccountDrill, Drill, Leftover, RejectedKey
from tests.unit.cli.samples import ACCOUNT, KEY
from tests.unit.cli.views.printing import WIDTHS, printed

PASSED = Drill("eu-west-1", KEY.arn, 0.9, 2.1, 3.0, "Disabled, kept for the next drill", removed=2)
LATE = replace(
    PASSED,
    region="ap-southeast-2",
    cancelled=None,
    result_sent=None,
    problem="Within 600 seconds the deletion was not cancelled. Run `reprieve status`.",
)
DENIED = Drill("us-east-1", problem="The permission sqs:CreateQueue is missing.")
COMMAND = (
    "aws sqs delete-queue --region eu-west-3 "
    "--queue-url https://sqs.eu-west-3.amazonaws.com/111122223333/reprieve-drill-1a2b3c4d"
)
LEFT = replace(
    PASSED,
    region="eu-west-3",
    rejected_keys=(RejectedKey(KEY.arn, "policy", "Its key policy is not a drill's."),),
    leftovers=(
        Leftover("the queue reprieve-drill-1a2b3c4d", "DeleteQueue: Throttling: No.", COMMAND),
    ),
    kept="https://sqs.eu-west-3.amazonaws.com/111122223333/reprieve-drill-1a2b3c4d",
)


def view(*drills, width=80):
    """Return what is printed of the drills."""
    return printed(lambda out: show([AccountDrill(ACCOUNT.id, drills)], out), width)


@pytest.mark.parametrize("width", WIDTHS)
def test_each_width(snapshot, width):
    """What passed, what failed, and what is to be cleaned up."""
    failed = replace(DENIED, region="us-east-2")
    assert view(PASSED, LATE, DENIED, failed, width=width) == snapshot


def test_a_clean_up_that_was_throttled_shows_the_result(snapshot):
    """The seconds and the key's id are there, and the command is one line that can be copied."""
    text = printed(lambda out: show([AccountDrill(ACCOUNT.id, (LEFT,))], out), 80, wraps=True)
    assert COMMAND in text
    assert KEY.id in text.replace("\n", "").replace(" ", "")
    assert text == snapshot


@pytest.mark.parametrize("width", [40, 60])
def test_a_narrow_terminal_cuts_nothing_off(width):
    """Each Region is a block."""
    text = view(PASSED, LATE, width=width)
    assert "ap-southeast-2  ✘ FAILED\n" in text
    assert "cancelled 2.1 s" in " ".join(text.split())


def test_an_account_that_was_not_opened_is_the_last_line():
    """After the verdict of the other one."""
    accounts = [AccountDrill(ACCOUNT.id, (PASSED,))]
    lines = printed(lambda out: show(accounts, out, closed=1), None).splitlines()
    assert lines[-2:] == ["✔ 1 of 1 Regions passed.", "✘ 1 of 2 accounts was not drilled."]
