"""What stands in a Region, and what stands once per account."""

import copy
import json
import re

import pytest

from reprieve.events.threats import DEFAULTS
from tests.support.synth import ONE_THREAT, automation_target, of_type, resources, statements

_WHOLE = ("data", "output", "resource", "terraform")


def test_a_guard_as_a_whole(two_regions, snapshot_json):
    """The golden file: read its diff as the plan that users will get.

    Without the contents of the runbooks, which are scripts: their names end with a hash of them.
    """
    stack = copy.deepcopy({key: two_regions[key] for key in _WHOLE})
    for document in stack["resource"]["aws_ssm_document"].values():
        document["content"] = "as its name says"
    assert stack == snapshot_json


def test_without_remediation_there_is_an_alert_and_nothing_else(synth):
    """No role, no automation target; and the alert does not claim a rescue."""
    stack = synth(
        REPRIEVE_REMEDIATION__ENABLED="false",
        REPRIEVE_RELIABILITY__ALARMS="false",
        **ONE_THREAT,
    )
    types = {address.split(".")[0] for address in resources(stack)}
    assert types == {
        "aws_caller_identity",
        "aws_cloudwatch_event_rule",
        "aws_cloudwatch_event_target",
        "aws_sns_topic",
        "aws_sns_topic_policy",
        "aws_sns_topic_subscription",
        "aws_sqs_queue",
    }
    (target,) = of_type(stack, "aws_cloudwatch_event_target")
    template = target["input_transformer"]["input_template"]
    assert "Cancel it yourself now." in template
    assert "role_arn" not in target


def test_a_given_automation_role_is_used_and_not_created(synth):
    """EventBridge may pass the user's role, and hands it to the runbook."""
    arn = "arn:aws:iam::111122223333:role/KeyRescue"
    stack = synth(
        REPRIEVE_REMEDIATION__AUTOMATION_ROLE_ARN=arn, REPRIEVE_REGIONS__WATCH="eu-west-1"
    )
    roles = {role["name"] for role in of_type(stack, "aws_iam_role")}
    assert roles == {"reprieve-eventbridge", "reprieve-patrol"}
    pass_role = statements(stack, "reprieve-eventbridge")["PassAutomationRole"]
    assert pass_role["Resource"][0] == arn
    template = automation_target(stack)["input_transformer"]["input_template"]
    assert json.loads(template)["AutomationAssumeRole"] == [arn]


def test_a_given_role_of_another_account_is_refused_by_the_plan(synth):
    """Nobody knows the account before; without the setting nothing is checked."""
    arn = "arn:aws:iam::444455556666:role/KeyRescue"
    stack = synth(REPRIEVE_REMEDIATION__AUTOMATION_ROLE_ARN=arn, **ONE_THREAT)
    (check,) = stack["data"]["aws_caller_identity"]["account"]["lifecycle"]["postcondition"]
    assert check["condition"] == '${self.account_id == "444455556666"}'
    assert check["error_message"].startswith(
        "remediation.automation_role_arn is a role of the account 444455556666"
    )
    other = synth(**ONE_THREAT)
    assert "lifecycle" not in other["data"]["aws_caller_identity"]["account"]


def test_amazons_runbook_is_named_by_definition_and_version(synth):
    """The one form of target that EventBridge is known to start: no account, a version."""
    stack = synth(REPRIEVE_REMEDIATION__RUNBOOK="aws", REPRIEVE_REGIONS__WATCH="eu-west-1")
    name = "AWSConfigRemediation-CancelKeyDeletion"
    expected = f"arn:aws:ssm:eu-west-1::automation-definition/{name}:$DEFAULT"
    assert automation_target(stack)["arn"] == expected
    documents = [each["name"] for each in of_type(stack, "aws_ssm_document")]
    assert [name for name in documents if not name.startswith("reprieve-patrol-")] == []


def test_reprieves_runbook_is_in_the_region_before_the_target_names_it(synth):
    """Its ARN has the account and the first version: nobody can change what that holds.

    The target waits for the document, which its ARN does not name.
    """
    stack = synth(REPRIEVE_REGIONS__WATCH="eu-west-1")
    account = "${data.aws_caller_identity.account.account_id}"
    ((id, document),) = (
        (id, document)
        for id, document in stack["resource"]["aws_ssm_document"].items()
        if document["name"].startswith("reprieve-rescue-key-")
    )
    assert re.fullmatch(r"reprieve-rescue-key-[0-9a-f]{8}", document["name"])
    assert document["document_type"] == "Automation"
    target = automation_target(stack)
    definition = f"automation-definition/{document['name']}:1"
    assert target["arn"] == f"arn:aws:ssm:eu-west-1:{account}:{definition}"
    assert f"aws_ssm_document.{id}" in target["depends_on"]


def test_a_new_runbook_is_there_before_the_old_one_goes(two_regions):
    """Between the two a target would start nothing."""
    documents = of_type(two_regions, "aws_ssm_document")
    assert [each["lifecycle"] for each in documents] == [{"create_before_destroy": True}] * 4


def test_roles_are_trusted_only_for_this_account_and_its_own_sources(two_regions):
    """Confused deputy: each trust policy names the account and the kind of source."""
    trusts = [json.loads(r["assume_role_policy"]) for r in of_type(two_regions, "aws_iam_role")]
    account = "${data.aws_caller_identity.account.account_id}"
    found = {
        statement["Principal"]["Service"]: statement["Condition"]
        for trust in trusts
        for statement in trust["Statement"]
    }
    assert {
        "events.amazonaws.com": {
            "StringEquals": {"aws:SourceAccount": account},
            "ArnLike": {"aws:SourceArn": f"arn:aws:events:*:{account}:rule/reprieve-*"},
        },
        "ssm.amazonaws.com": {
            "StringEquals": {"aws:SourceAccount": account},
            "ArnLike": {"aws:SourceArn": f"arn:aws:ssm:*:{account}:automation-execution/*"},
        },
    } == found


def test_every_rule_has_a_name_that_the_trust_policy_covers(two_regions):
    """The EventBridge role trusts rules called reprieve-…: a rule of another name is locked out."""
    names = {rule["name"] for rule in of_type(two_regions, "aws_cloudwatch_event_rule")}
    others = ("rescue-failed", "patrol", "patrol-daily")
    forwarding = ("guard-changed-forward", "trail-changed-forward")
    assert names == {f"reprieve-{name}" for name in (*DEFAULTS, *others, *forwarding)}


def test_no_rule_gets_calls_that_only_read(two_regions):
    """guard-changed names no calls: in another state every look at a rule would send an alert.

    EventBridge user guide: reads need the state ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS.
    """
    states = {rule["state"] for rule in of_type(two_regions, "aws_cloudwatch_event_rule")}
    assert states == {"ENABLED"}


def test_exemptions_make_a_second_rule_that_only_tells(synth):
    """Two rules, and the runbook is the target of the one for what is not exempt."""
    stack = synth(
        REPRIEVE_EXEMPT__PRINCIPALS="arn:aws:iam::111122223333:role/KeyAdministrator",
        REPRIEVE_EXEMPT__KEYS="1234abcd-12ab-34cd-56ef-1234567890ab",
        **ONE_THREAT,
    )
    services = sorted(
        (target["rule"], "ssm" if ":ssm:" in target["arn"] else "sns")
        for target in of_type(stack, "aws_cloudwatch_event_target")
    )
    assert services == [
        ("reprieve-key-deletion-approved", "sns"),
        ("reprieve-key-deletion-scheduled", "sns"),
        ("reprieve-key-deletion-scheduled", "ssm"),
        ("reprieve-rescue-failed", "sns"),
    ]
    account = "${data.aws_caller_identity.account.account_id}"
    key = f"arn:aws:kms:eu-west-1:{account}:key/1234abcd-12ab-34cd-56ef-1234567890ab"
    for rule in of_type(stack, "aws_cloudwatch_event_rule"):
        assert (key in rule["event_pattern"]) == ("key-deletion" in rule["name"])


def test_roles_are_made_from_the_home_region(synth):
    """Whatever the partition's own home is."""
    stack = synth(REPRIEVE_REGIONS__HOME="eu-central-1", REPRIEVE_REGIONS__WATCH="eu-west-1")
    made = {
        body["provider"]
        for address, body in resources(stack).items()
        if address.startswith(("aws_iam", "aws_caller_identity"))
    }
    assert made == {"aws.eu_central_1"}


def test_roles_may_do_what_they_must_and_no_more(two_regions):
    """Each statement by name; no resource is everything; roles are passed to one service only."""
    rule_role = statements(two_regions, "reprieve-eventbridge")
    automation_role = statements(two_regions, "reprieve-automation")
    assert set(rule_role) == {"StartRunbook", "PassAutomationRole", "ForwardEvents"}
    assert set(automation_role) == {"CancelKeyDeletion", "TellOutcome"}
    rights = {"kms:CancelKeyDeletion", "kms:DescribeKey", "kms:ListResourceTags"}
    assert set(automation_role["CancelKeyDeletion"]["Action"]) == rights
    for role in (rule_role, automation_role):
        assert "*" not in [statement["Resource"] for statement in role.values()]
    passing = rule_role["PassAutomationRole"]
    assert passing["Condition"] == {"StringEquals": {"iam:PassedToService": "ssm.amazonaws.com"}}
    assert len(passing["Resource"]) == 2
    account = "${data.aws_caller_identity.account.account_id}"
    assert rule_role["ForwardEvents"]["Resource"] == [
        f"arn:aws:events:{region}:{account}:event-bus/default"
        for region in ("eu-west-1", "us-east-1")
    ]


def test_the_patrol_may_change_nothing_but_keys_and_dead_letters(two_regions, synth):
    """Without remediation it may cancel no deletion either."""
    without = synth(REPRIEVE_REMEDIATION__ENABLED="false", REPRIEVE_REGIONS__WATCH="eu-west-1")
    reads = re.compile(r"\w+:(Describe|Get|List|Lookup)\w+")
    sends = {"sns:Publish", "sqs:ReceiveMessage", "sqs:DeleteMessage"}
    for stack, changes in ((two_regions, {"kms:CancelKeyDeletion"}), (without, set())):
        allowed = statements(stack, "reprieve-patrol").values()
        actions = {action for each in allowed for action in each["Action"]}
        assert {action for action in actions if not reads.fullmatch(action)} == sends | changes


@pytest.mark.parametrize(
    ("key", "actions", "sids"),
    [
        ("RE_ENABLE", {"kms:EnableKey"}, {"SeeWhatKeysWere"}),
        ("ENABLE_DISABLED", {"kms:EnableKey"}, set()),
    ],
)
def test_what_enables_keys_may(synth, key, actions, sids):
    """And without these settings it may not."""
    stack = synth(**{f"REPRIEVE_REMEDIATION__{key}": "true"}, REPRIEVE_REGIONS__WATCH="eu-west-1")
    allowed = statements(stack, "reprieve-automation")
    assert actions <= set(allowed["CancelKeyDeletion"]["Action"])
    assert set(allowed) == {"CancelKeyDeletion", "TellOutcome"} | sids


def test_the_state_is_beside_main_py_and_the_provider_may_be_5_or_6(two_regions):
    """terraform runs in cdktf.out/stacks/reprieve."""
    terraform = two_regions["terraform"]
    assert terraform["backend"]["local"]["path"] == "../../../terraform.reprieve.tfstate"
    assert terraform["required_providers"]["aws"]["version"] == ">= 5.100.0, < 7.0.0"
