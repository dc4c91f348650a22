"""What stands in a Region, and what stands once per account."""

import json

import pytest

from reprieve.events.threats import DEFAULTS
from tests.support.synth import ONE_THREAT, automation_target, of_type, resources, statements


def test_a_guard_as_a_whole(two_regions, snapshot_json):
    """The golden file: read its diff as the plan that users will get."""
    assert {key: two_regions[key] for key in ("data", "output", "resource", "terraform")} == (
        snapshot_json
    )


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
    assert "NOT BEING TAKEN BACK" in template
    assert "role_arn" not in target


def test_a_given_automation_role_is_used_and_not_created(synth):
    """EventBridge may pass the user's role, and hands it to the runbook."""
    arn = "arn:aws:iam::111122223333:role/KeyRescue"
    stack = synth(
        REPRIEVE_REMEDIATION__AUTOMATION_ROLE_ARN=arn, REPRIEVE_REGIONS__WATCH="eu-west-1"
    )
    assert [role["name"] for role in of_type(stack, "aws_iam_role")] == ["reprieve-eventbridge"]
    pass_role = statements(stack, "reprieve-eventbridge")["PassAutomationRole"]
    assert arn == pass_role["Resource"]
    template = automation_target(stack)["input_transformer"]["input_template"]
    assert [arn] == json.loads(template)["AutomationAssumeRole"]


def test_amazons_runbook_is_named_by_definition_and_version(synth):
    """The one form of target that EventBridge is known to start: no account, a version."""
    stack = synth(REPRIEVE_REMEDIATION__RUNBOOK="aws", REPRIEVE_REGIONS__WATCH="eu-west-1")
    name = "AWSConfigRemediation-CancelKeyDeletion"
    expected = f"arn:aws:ssm:eu-west-1::automation-definition/{name}:$DEFAULT"
    assert automation_target(stack)["arn"] == expected
    assert "aws_ssm_document" not in stack["resource"]


def test_reprieves_runbook_is_in_the_region_before_the_target_names_it(synth):
    """Its ARN has the account; the target waits for the document, which its ARN does not name."""
    stack = synth(REPRIEVE_REGIONS__WATCH="eu-west-1")
    account = "${data.aws_caller_identity.account.account_id}"
    target = automation_target(stack)
    expected = f"arn:aws:ssm:eu-west-1:{account}:automation-definition/reprieve-rescue-key:$DEFAULT"
    assert target["arn"] == expected
    (document,) = stack["resource"]["aws_ssm_document"].items()
    assert f"aws_ssm_document.{document[0]}" in target["depends_on"]
    assert (
        document[1]["name"],
        document[1]["document_type"],
    ) == ("reprieve-rescue-key", "Automation")


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
    assert {f"reprieve-{name}" for name in (*DEFAULTS, "rescue-failed")} == names


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
    """Each statement by name; no resource is everything; a role is passed to one service only."""
    rule_role = statements(two_regions, "reprieve-eventbridge")
    automation_role = statements(two_regions, "reprieve-automation")
    assert set(rule_role) == {"StartRunbook", "PassAutomationRole"}
    assert set(automation_role) == {
        "CancelKeyDeletion",
        "RunAutomation",
        "PassAutomationRole",
        "TellOutcome",
    }
    rights = {"kms:CancelKeyDeletion", "kms:DescribeKey"}
    assert rights == set(automation_role["CancelKeyDeletion"]["Action"])
    for role in (rule_role, automation_role):
        assert "*" not in [statement["Resource"] for statement in role.values()]
        assert {"StringEquals": {"iam:PassedToService": "ssm.amazonaws.com"}} == (
            role["PassAutomationRole"]["Condition"]
        )


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
    assert {"CancelKeyDeletion", "RunAutomation", "PassAutomationRole", "TellOutcome"} | sids == (
        set(allowed)
    )


def test_the_state_is_beside_main_py_and_the_provider_may_be_5_or_6(two_regions):
    """terraform runs in cdktf.out/stacks/reprieve."""
    terraform = two_regions["terraform"]
    assert terraform["backend"]["local"]["path"] == "../../../terraform.reprieve.tfstate"
    assert terraform["required_providers"]["aws"]["version"] == ">= 5.100.0, < 7.0.0"
