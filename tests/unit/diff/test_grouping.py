"""What is the same in many Regions is reported once; what deviates stands out."""

import json

import pytest

from reprieve.diff.grouping import neutral
from reprieve.diff.plan import ACCOUNT
from reprieve.regions import known_regions
from tests.unit.diff.plan_making import edit, in_regions, plan_json, review, text

pytestmark = pytest.mark.slow

REGIONS = known_regions("aws")
ONE_CHANGE = [
    "address-dropped",
    "alarm-emails",
    "alarms-off",
    "all-destroyed",
    "deployer-exempt",
    "encrypted",
    "first",
    "patrol-off",
    "patrol-seldom",
    "re-enables",
    "remediation-off",
    "role-exempt",
    "runbook-aws",
    "storm-raised",
    "strict",
    "threat-dropped",
]


def topic_policies(plan):
    """Return the groups of the plan `strict` without those of the patrol, which follow."""
    return [g for g in review(plan).groups if g.members[0].type == "aws_sns_topic_policy"]


def test_there_are_enough_regions():
    """34, or more if AWS has opened others."""
    assert 34 <= len(REGIONS)


@pytest.mark.parametrize("name", ONE_CHANGE)
def test_one_change_in_many_regions_is_at_most_40_lines(name):
    """And no longer than in one Region. One of the changes is in all 34, the others in four."""
    count = 34 if name == "encrypted" else 4
    lines = text(in_regions(plan_json(name), REGIONS[:count]))
    assert len(lines) <= 40
    assert len(text(in_regions(plan_json(name), REGIONS[:1]))) == len(lines)
    assert any(f"in all {count} Regions" in line for line in lines)


def test_a_region_without_the_change_that_others_have_stands_out():
    """The report names it: it stays, without the change."""
    plan = in_regions(plan_json("strict"), REGIONS)
    former = next(
        e["change"]["before"]["policy"]
        for e in plan["resource_changes"]
        if e["address"].startswith("aws_sns_topic_policy.sa-east-1")
    )
    plan = edit(plan, "aws_sns_topic_policy", "sa-east-1", lambda change: change.update(
        actions=["no-op"], after={**change["after"], "policy": former}))  # fmt: skip
    lines = text(plan)
    assert "      NOT in sa-east-1, which stays unchanged" in lines
    count, total = len(REGIONS) - 1, len(REGIONS)
    assert any(f"[in {count} of {total} Regions, not sa-east-1]" in line for line in lines)
    (group,) = topic_policies(plan)
    assert group.missing == ("sa-east-1",)


def test_a_region_that_gets_another_change_stands_out():
    """The report marks it as deviating, and shows its change separately."""

    def widen(change):
        policy = json.loads(change["after"]["policy"])
        policy["Statement"][0]["Principal"] = "*"
        change["after"]["policy"] = json.dumps(policy)

    plan = edit(
        in_regions(plan_json("strict"), REGIONS), "aws_sns_topic_policy", "sa-east-1", widen
    )
    main, other = topic_policies(plan)
    assert (main.deviates, len(main.places), main.missing) == (False, len(REGIONS) - 1, ())
    assert (other.deviates, other.places) == (True, ("sa-east-1",))
    assert any("DEVIATES from the other Regions: policy of topic reprieve-alerts [sa-east-1]"
               in line for line in text(plan))  # fmt: skip


def test_an_arn_of_another_region_deviates():
    """A topic's policy for another Region's rules must not look like all the others."""

    def astray(change):
        change["after"]["policy"] = change["after"]["policy"].replace(
            "arn:aws:events:sa-east-1", "arn:aws:events:eu-west-1"
        )

    plan = edit(
        in_regions(plan_json("strict"), REGIONS), "aws_sns_topic_policy", "sa-east-1", astray
    )
    assert [group.deviates for group in topic_policies(plan)] == [False, True]


def test_one_of_two_regions_is_named_and_deviates_from_nothing():
    """There is no majority."""
    plan = plan_json("strict")
    for each in plan["resource_changes"]:
        if "us-east-1" in each["address"]:
            each["change"] = {"actions": ["no-op"], "before": {}, "after": {}}
    (group,) = topic_policies(plan)
    assert (group.places, group.missing, group.deviates) == (("eu-west-1",), (), False)


def test_guards_with_different_resources_are_separate():
    """Here one joins without its queue."""
    plan = in_regions(plan_json("first"), REGIONS[:3])
    plan["resource_changes"] = [
        each
        for each in plan["resource_changes"]
        if not each["address"].startswith(f"aws_sqs_queue.{REGIONS[2]}")
    ]
    assert [each.places for each in review(plan).guards] == [REGIONS[:2], REGIONS[2:3]]


@pytest.mark.parametrize(
    ("text", "place", "expected"),
    [
        ("arn:aws:sns:us-east-1:1:a", "us-east-1", "arn:aws:sns:REGION:1:a"),
        ("x.us_east_1_y", "us-east-1", "x.REGION_y"),
        ("us-east-10", "us-east-1", "us-east-10"),
        ("xus-east-1", "us-east-1", "xus-east-1"),
        ("us-east-2", "us-east-1", "us-east-2"),
        ("us-east-1", ACCOUNT, "us-east-1"),
        ("key/0b1f3a52-1111-2222-3333-444455556666", "us-east-1", "key/ID"),
        ("key/mrk-0123456789abcdef0123456789abcdef", "us-east-1", "key/ID"),
        ("account-wide", ACCOUNT, "account-wide"),
    ],
)
def test_a_neutral_text_has_no_region_alias_or_generated_id(text, place, expected):
    """A text that only looks like one of them stays."""
    assert neutral(text, place) == expected
