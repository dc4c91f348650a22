"""`reprieve adopt` where AWS's pattern was made by hand: what it finds, and its policy."""

import csv
import io

import pytest

from sandbox.core.account import ACCOUNT_ID
from tests.support.aws_pattern import (
    EMAIL,
    PATTERN,
    make_by_hand,
    make_rescuer,
    runbook_target,
    starting_role,
)
from tests.support.emulated_account import role_arn
from tests.support.operator import Operator, actions_of, user_allowed

REGIONS = ("eu-west-1", "us-east-1")
ASKED = [part for region in (*REGIONS, "eu-west-2") for part in ("--region", region)]
SETTINGS = {
    "REPRIEVE_NOTIFY__EMAILS": EMAIL,
    "REPRIEVE_REGIONS__WATCH": ",".join((*REGIONS, "eu-west-2")),
    "REPRIEVE_SETTINGS": "/dev/null",
}


@pytest.fixture(scope="module")
def pattern(sandbox):
    """Make the pattern by hand in two Regions; no test changes it."""
    sandbox.reset()
    make_rescuer(sandbox)
    for region in REGIONS:
        make_by_hand(sandbox, region)
    return sandbox


@pytest.fixture
def empty(sandbox):
    """An empty account, after the tests of `pattern`."""
    sandbox.reset()
    return sandbox


@pytest.fixture
def operator(sandbox):
    """The account's root."""
    return Operator(sandbox, SETTINGS)


def regions_of(printed):
    """Return what `--json` printed of each Region."""
    (account,) = printed.json["accounts"]
    return {each["region"]: each for each in account["regions"]}


def problems_of(printed, region="eu-west-1"):
    """Return the problems of the one deployment in a Region, but for its threats."""
    (found,) = regions_of(printed)[region]["deployments"]
    problems = [each["problem"] for each in found["findings"]]
    return [each for each in problems if "threats of the settings" not in each]


def test_it_finds_the_rules_topics_and_runbooks(pattern, operator):
    """In both Regions, and in no other."""
    printed = operator.run("adopt", "--json", *ASKED)
    assert printed.exit_code == 1
    assert printed.json["replaced"] is False
    found = regions_of(printed)
    assert {*found} == {*REGIONS}
    for region, each in found.items():
        assert (each["watched"], each["guarded"]) == (True, False)
        (deployment,) = each["deployments"]
        assert deployment["made"] == "by hand"
        assert deployment["rules"] == [
            {
                "name": "kms-deletion",
                "bus": "default",
                "enabled": True,
                "topics": [f"arn:aws:sns:{region}:{ACCOUNT_ID}:kms-deletions"],
                "runbooks": ["AWSConfigRemediation-CancelKeyDeletion"],
            }
        ]
    assert problems_of(printed) == [
        "It gives Amazon's runbook the key as the caller named it. The runbook expects the id: "
        "where the caller used the ARN, it fails.",
        "No dead-letter queue: an event that cannot be delivered is lost without notice.",
    ]
    (bare,) = printed.json["accounts"][0]["findings"]
    assert bare["problem"] == "1 watched Region has no deployment of it: eu-west-2."


def test_csv_has_a_row_for_each_finding(pattern, operator):
    """With the deployment that it is about."""
    rows = list(csv.DictReader(io.StringIO(operator.run("adopt", "--format", "csv", *ASKED).text)))
    assert [row["region"] for row in rows] == ["", *3 * ["eu-west-1"], *3 * ["us-east-1"]]
    assert {row["name"] for row in rows[1:]} == {"kms-deletion"}


def test_the_documented_policy_is_enough(pattern):
    """Somebody who may do that and no more finds the same."""
    someone = user_allowed(pattern, SETTINGS, "adopt")
    printed = someone.run("adopt", "--json", *ASKED)
    assert printed.json["accounts"][0]["problems"] == []
    assert {*regions_of(printed)} == {*REGIONS}


# Without this nobody knows which Regions are enabled; here the Regions are named. The last is asked
# only about stacks of stack sets, and what it would say is then left open.
ASIDE = {"ec2:DescribeRegions", "organizations:DescribeOrganization"}
STACKS = "cloudformation:"


@pytest.mark.parametrize(
    "action",
    [
        each
        for each in actions_of("adopt", SETTINGS)
        if each not in ASIDE and not each.startswith(STACKS)
    ],
)
def test_a_missing_permission_is_named_and_hides_nothing_else(pattern, action):
    """The exit code says that something is not known."""
    someone = user_allowed(pattern, SETTINGS, "adopt", without=action)
    printed = someone.run("adopt", *ASKED)
    assert f"The permission {action} is missing." in printed.text
    assert printed.exit_code == 1


def test_a_missing_permission_to_list_the_regions_is_named(pattern):
    """It then looks in every known Region."""
    someone = user_allowed(pattern, SETTINGS, "adopt", without="ec2:DescribeRegions")
    printed = someone.run("adopt", "--json")
    (account,) = printed.json["accounts"]
    assert "The permission ec2:DescribeRegions is missing." in account["problems"][0]["problem"]
    assert {*regions_of(printed)} == {*REGIONS}


def test_a_region_that_is_off_does_not_hide_the_others(pattern, operator):
    """Its row is a problem, and the exit code is 1."""
    pattern.switches.switch_off("af-south-1")
    try:
        printed = operator.run("adopt", "--json", *ASKED, "--region", "af-south-1")
    finally:
        pattern.switches.reset()
    (account,) = printed.json["accounts"]
    assert {each["region"] for each in account["problems"]} == {"af-south-1"}
    assert {*regions_of(printed)} == {*REGIONS}


def test_an_empty_account_has_nothing_to_replace(empty, operator):
    """Exit code 0, and no plan."""
    printed = operator.run("adopt", "--json", *ASKED)
    assert (printed.exit_code, printed.json["replaced"]) == (0, True)
    assert printed.json["plan"] == []
    assert "✔ Nothing of AWS's pattern is deployed." in operator.run("adopt", *ASKED).text


def test_rules_for_other_things_are_left_alone(empty, operator):
    """Another call, another target, a schedule."""
    make_by_hand(
        empty,
        "eu-west-1",
        pattern={"source": ["aws.kms"], "detail": {"eventName": ["DisableKey"]}},
        remediates=False,
    )
    events = empty.client("events", "eu-west-1")
    events.put_rule(Name="daily", ScheduleExpression="rate(1 day)")
    assert operator.run("adopt", *ASKED).exit_code == 0


def test_what_is_wrong_with_it(empty, operator):
    """A rule on another bus, disabled; a topic of nobody; roles that do not fit."""
    region = "eu-west-1"
    empty.client("events", region).create_event_bus(Name="audit")
    arn = make_by_hand(empty, region, bus="audit", state="DISABLED", emails=())
    empty.client("sns", region).set_topic_attributes(
        TopicArn=arn, AttributeName="Policy", AttributeValue='{"Statement": []}'
    )
    make_rescuer(empty, service="ec2.amazonaws.com")
    found = problems_of(operator.run("adopt", "--json", *ASKED))
    assert found == [
        "Its rule is disabled: nobody is notified, and nothing is cancelled.",
        "The role of the runbook, KeyRescue, does not trust ssm.amazonaws.com.",
        "It gives Amazon's runbook the key as the caller named it. The runbook expects the id: "
        "where the caller used the ARN, it fails.",
        "No dead-letter queue: an event that cannot be delivered is lost without notice.",
        "The policy of the topic kms-deletions does not let EventBridge publish.",
        "Nobody subscribes to the topic kms-deletions.",
    ]


def test_a_trail_that_does_not_log_is_named(empty, operator):
    """The rule of the pattern waits for events that never come."""
    make_by_hand(empty, "eu-west-1")
    cloudtrail = empty.client("cloudtrail", "us-east-1")
    (trail,) = cloudtrail.describe_trails()["trailList"]
    home = empty.client("cloudtrail", trail["HomeRegion"])
    home.stop_logging(Name=trail["Name"])
    (finding,) = regions_of(operator.run("adopt", "--json", *ASKED))["eu-west-1"]["findings"]
    assert "its logging is stopped" in finding["problem"]


def test_a_rule_with_a_runbook_that_matches_all_of_kms_counts(empty, operator):
    """It cancels, so it is to be replaced; its topic alone would not tell."""
    wide = {"source": ["aws.kms"], "detail-type": PATTERN["detail-type"]}
    make_by_hand(empty, "eu-west-1", pattern=wide, remediates=False)
    assert operator.run("adopt", *ASKED).exit_code == 0
    events = empty.client("events", "eu-west-1")
    target = runbook_target("eu-west-1", starting_role(empty))
    events.put_targets(Rule="kms-deletion", Targets=[target])
    printed = operator.run("adopt", "--json", *ASKED)
    assert "eu-west-1" in regions_of(printed)
    assert f"The role {role_arn('KeyRescue')} stays." in operator.run("adopt", *ASKED).text
