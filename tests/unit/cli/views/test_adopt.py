"""How `reprieve adopt` shows what it found and the plan: each command is one line to copy."""

from dataclasses import replace

import pytest

from reprieve.adopt.found import Subscriber
from reprieve.adopt.plan import plan_of
from reprieve.cli.views.adopt import show
from reprieve.status.findings import Finding, Kind
from tests.support.aws_pattern import EMAIL
from tests.unit.adopt.making import (
    UUID,
    account,
    adoption,
    deployment,
    instance,
    rule,
    settings,
    stack,
    stack_set,
    topic,
)
from tests.unit.cli.views.printing import WIDTHS, printed

LONG = f"StackSet-kms-deletion-alerts-of-the-security-team-{UUID}"
UNPRINTABLE = "\x1b[2J\u202e"


def found():
    """Return what is in two accounts: a stack, a rule, a stack set's stack, and what is unread."""
    first = adoption(
        deployment(topics=(topic(subscribers=(Subscriber("email", EMAIL, False),)),)),
        deployment("ap-southeast-4", stack=stack("ap-southeast-4")),
        deployment("us-east-1", rules=(), topics=(), stack=stack("us-east-1", name=LONG)),
        of=settings("ap-southeast-4", "eu-west-1", "us-east-1"),
        where=account(name="production"),
        sets=(stack_set(),),
        problems=(("eu-west-2", "There was no answer."), ("eu-west-3", "There was no answer.")),
    )
    bare = Finding("regions", Kind.MISSING, "1 watched Region has no deployment of it.", "")
    second = adoption(
        deployment(rules=(rule(is_enabled=False),)),
        where=account("222233334444"),
        guarded=True,
    )
    return replace(first, findings=(bare,)), second


def view(*adoptions, width, closed=0):
    """Return what is printed of these accounts and of their plan."""
    plan = plan_of(adoptions)
    return printed(lambda out: show(adoptions, plan, out, closed=closed), width, wraps=True)


@pytest.mark.parametrize("width", WIDTHS)
def test_each_width(snapshot, width):
    """Nothing is cut off, and only commands are longer than the terminal is wide."""
    text = view(*found(), width=width)
    if width:
        wide = [line for line in text.splitlines() if len(line) > width]
        assert [line for line in wide if not line.startswith("   $ ")] == []
    for step in plan_of(found()):
        for command in step.commands:
            assert f"   $ {command.text}" in text.splitlines()
    assert text == snapshot


@pytest.mark.parametrize("width", [20, 40, 50])
def test_a_narrow_terminal_cuts_nothing_off(width):
    """It wraps the name of the stack."""
    text = view(*found(), width=width)
    assert LONG in text.replace("\n", "").replace(" ", "")


def test_nothing_of_the_pattern(snapshot):
    """One line for the account, and the verdict."""
    assert view(adoption(), width=80) == snapshot


def test_what_could_not_be_read_is_no_good_news():
    """Perhaps something is there."""
    text = view(adoption(problems=(("eu-west-1", "There was no answer."),)), width=None)
    assert "✔" not in text
    assert "✘ Something could not be read." in text


def test_an_account_that_was_not_opened_is_no_good_news():
    """Its error is on stderr."""
    text = view(adoption(), width=None, closed=1)
    assert "✔" not in text
    assert text.splitlines()[-1] == "✘ 1 of 2 accounts was not read."


def test_a_stack_set_alone_is_found():
    """Without stacks in this account."""
    text = view(adoption(sets=(stack_set(instances=()),)), width=None)
    assert (
        "- Stack set kms-alerts (self-managed) in us-east-1: 0 stack instances in 0 accounts"
        in (text)
    )
    assert "delete-stack-set --stack-set-name kms-alerts" in text


def test_unprintable_characters_are_escaped():
    """Names of rules and stacks, addresses, stack sets."""
    bad = adoption(
        deployment(
            rules=(rule(name=f"rule{UNPRINTABLE}"),),
            topics=(topic(subscribers=(Subscriber("email", f"a{UNPRINTABLE}", True),)),),
        ),
        deployment(stack=stack(name=f"stack{UNPRINTABLE}")),
        sets=(stack_set(instances=(instance("444455556666", f"r{UNPRINTABLE}"),)),),
        problems=(("eu-west-2", f"problem{UNPRINTABLE}"),),
    )
    text = view(bad, width=None)
    assert all(char.isprintable() or char == "\n" for char in text)
    for what in ("rule", "stack", "a", "problem"):
        assert f"{what}\\x1b" in text
