"""Findings: what their hints name, and what they add after missed rescues."""

import pytest

from reprieve.status.findings import (
    DEPLOY,
    SWEEP,
    VERSION,
    Finding,
    Kind,
    check_of,
    for_target,
    with_sweep,
)


def test_hints_name_the_stack_of_the_account():
    """Only those that say to deploy, whatever else they say."""
    missing = Finding("rule", Kind.MISSING, "It is missing.", DEPLOY)
    other = Finding("topic", Kind.UNKNOWN, "It is unknown.", "Wait.")
    again = Finding("x", Kind.DIFFERENT, "It differs.", "`npx cdktf deploy reprieve` creates it.")
    (swept,) = with_sweep([missing])
    check = check_of("rules", "0/1", [missing, other, again, swept])
    named = for_target(check, "reprieve-test").findings
    deploy = (
        "Deploy again: `reprieve diff` shows the difference, `npx cdktf deploy reprieve-test` "
        "fixes it."
    )
    assert [each.hint for each in named] == [
        deploy,
        "Wait.",
        "`npx cdktf deploy reprieve-test` creates it.",
        f"{deploy} {SWEEP}",
    ]
    assert for_target(check, "reprieve") == check


@pytest.mark.parametrize(
    ("kind", "attribute", "swept"),
    [
        (Kind.MISSING, "", True),
        (Kind.MISSING, VERSION, True),
        (Kind.DIFFERENT, "state", True),
        (Kind.DIFFERENT, "pattern", True),
        (Kind.UNKNOWN, "", True),
        (Kind.DIFFERENT, "description", False),
        (Kind.DIFFERENT, "tag team", False),
        (Kind.UNEXPECTED, "", False),
    ],
)
def test_after_missed_rescues_the_hint_is_to_sweep(kind, attribute, swept):
    """A key whose deletion was scheduled meanwhile stays pending deletion."""
    finding = Finding("x", kind, "It is so.", DEPLOY, attribute=attribute)
    (found,) = with_sweep([finding])
    assert found.hint == (f"{DEPLOY} {SWEEP}" if swept else DEPLOY)
