"""The upgrade from the guard of version 1.0.0, as docs/upgrading.md describes it."""

import shutil
from pathlib import Path

import pytest

from sandbox.deployment import Deployment, deployer
from tests.support.account import EMAIL, Account, ending

pytestmark = pytest.mark.long

REGION = "eu-west-1"
# What version 1.0.0 synthesised for one Region and one threat, without CDKTF's metadata.
FORMER_STACK = Path(__file__).parent / "stacks" / "guard-1.0.0.tf.json"
DOCUMENT = "aws_ssm_document.eu-west-1_runbook"


@pytest.fixture(scope="module")
def account(sandbox, tmp_path_factory):
    """Return an account with the former guard, and the new settings not yet deployed."""
    settings = {
        "REPRIEVE_NOTIFY__EMAILS": EMAIL,
        "REPRIEVE_NOTIFY__THREATS": "key-deletion-scheduled,guard-changed",
        "REPRIEVE_REGIONS__WATCH": REGION,
    }
    directory = tmp_path_factory.mktemp("upgrade")
    deployment = Deployment(sandbox, directory, settings=deployer(sandbox) | settings)
    deployment.stack_directory.mkdir(parents=True)
    shutil.copyfile(FORMER_STACK, deployment.stack_directory / "cdk.tf.json")
    deployment.init()
    deployment.apply()
    return Account(sandbox, deployment)


@pytest.fixture(scope="module")
def changes(account):
    """Return what the upgrade's plan would do to each address; the addresses have no suffix.

    "tag" stands for an update of the tags only.
    """
    deployment = account.deployment
    deployment.synth()
    deployment.init()
    planned = deployment.plan()
    tagged = {
        address
        for address, change in deployment.resource_changes().items()
        if change["actions"] == ["update"]
        and untagged(change["before"]) == untagged(change["after"])
    }
    return {
        address.rpartition("_")[0]: ["tag"] if address in tagged else actions
        for address, actions in planned.items()
    }


def untagged(values):
    """Return the attributes of a resource without its tags."""
    return {name: value for name, value in values.items() if not name.startswith("tags")}


def test_nothing_that_protects_goes_without_a_replacement(changes):
    """Only the runbook is replaced, and the new one is created first."""
    deleted = {address: actions for address, actions in changes.items() if "delete" in actions}
    assert deleted == {DOCUMENT: ["create", "delete"]}


def test_everything_else_that_is_there_stays_or_changes_in_place(changes):
    """The target of the rescue names the new runbook; roles get its permissions."""
    updated = {address for address, actions in changes.items() if actions == ["update"]}
    assert updated == {
        f"aws_cloudwatch_event_target.{REGION}_key-deletion-scheduled-alert",
        f"aws_cloudwatch_event_rule.{REGION}_rescue-failed",
        f"aws_cloudwatch_event_target.{REGION}_key-deletion-scheduled-remediation",
        f"aws_cloudwatch_event_target.{REGION}_rescue-failed-alert",
        f"aws_cloudwatch_metric_alarm.{REGION}_alarms_dead-letters",
        f"aws_cloudwatch_metric_alarm.{REGION}_alarms_failed-invocations-rescue",
        f"aws_cloudwatch_metric_alarm.{REGION}_alarms_failed-notifications",
        "aws_iam_role_policy.remediation_automation-policy",
        "aws_iam_role_policy.remediation_eventbridge-policy",
    }


def test_nobody_has_to_confirm_again(changes):
    """The topic and the dead-letter queue only get their tag; policy and subscription stay."""
    untouched = ("aws_sns_", "aws_sqs_")
    assert {
        address: actions for address, actions in changes.items() if address.startswith(untouched)
    } == {
        f"aws_sns_topic.{REGION}_channel_topic": ["tag"],
        f"aws_sqs_queue.{REGION}_dead-letters": ["tag"],
    }


def test_the_new_parts_are_created(changes):
    """The patrol, the alert about changes of the guard with its forwarding, and three alarms."""
    assert {address for address, actions in changes.items() if actions == ["create"]} == {
        f"aws_cloudwatch_event_rule.{REGION}_guard-changed",
        f"aws_cloudwatch_event_rule.{REGION}_patrol",
        f"aws_cloudwatch_event_rule.{REGION}_patrol-daily",
        "aws_cloudwatch_event_rule.us-east-1_guard-changed-forward",
        f"aws_cloudwatch_event_target.{REGION}_guard-changed-alert",
        f"aws_cloudwatch_event_target.{REGION}_patrol-daily-remediation",
        f"aws_cloudwatch_event_target.{REGION}_patrol-remediation",
        "aws_cloudwatch_event_target.us-east-1_guard-changed-forward-bus",
        f"aws_cloudwatch_metric_alarm.{REGION}_alarms_failed-invocations-guard",
        f"aws_cloudwatch_metric_alarm.{REGION}_alarms_storm",
        f"aws_cloudwatch_metric_alarm.{REGION}_alarms_waiting-rescues",
        "aws_iam_role.remediation_patrol-role",
        "aws_iam_role_policy.remediation_patrol-policy",
        f"aws_ssm_document.{REGION}_reprieve-patrol",
    }


@pytest.fixture(scope="module")
def upgraded(account, changes):
    """Return the account after the upgrade."""
    account.deployment.apply()
    return account


def test_after_the_upgrade_the_plan_is_empty(upgraded):
    """A second deployment changes nothing."""
    assert upgraded.deployment.plan() == {}


def test_the_deployment_itself_sends_no_alert(upgraded):
    """Its user is one of exempt.deployers."""
    assert upgraded.messages(REGION) == []


def test_after_the_upgrade_a_key_is_rescued(upgraded):
    """By the new runbook, which is one automation."""
    key = upgraded.create_key(REGION)["Arn"]
    upgraded.schedule(REGION, key)
    (execution,) = upgraded.executions(key)
    assert (execution.document, ending(execution)) == (upgraded.document(REGION), "Success")
    assert upgraded.state(REGION, key) == "Disabled"


def test_after_the_upgrade_the_patrol_finds_a_missed_key(upgraded):
    """Its rule, role and runbook work together."""
    key = upgraded.create_key(REGION)["Arn"]
    upgraded.sandbox.lose_events(lambda event: True)
    upgraded.schedule(REGION, key)
    upgraded.sandbox.lose_events(None)
    upgraded.age(REGION, hours=1)
    assert ending(upgraded.patrol(REGION)) == "Success"
    assert upgraded.state(REGION, key) == "Disabled"
