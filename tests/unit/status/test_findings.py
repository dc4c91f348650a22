"""Hints that name a stack."""

from reprieve.status.findings import DEPLOY, Finding, Kind, check_of, for_target


def test_hints_name_the_stack_of_the_account():
    """Only those that say to deploy."""
    missing = Finding("rule", Kind.MISSING, "It is missing.", DEPLOY)
    other = Finding("topic", Kind.UNKNOWN, "It is unknown.", "Wait.")
    check = check_of("rules", "0/1", [missing, other])
    named = for_target(check, "reprieve-test").findings
    assert [each.hint for each in named] == [
        "Deploy again: `reprieve diff` shows the difference, `npx cdktf deploy reprieve-test` "
        "fixes it.",
        "Wait.",
    ]
    assert for_target(check, "reprieve") == check
