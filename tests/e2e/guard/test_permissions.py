"""If a permission of the deployment is removed, the failure names it."""

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import pytest

from sandbox.deployment import Deployment
from sandbox.processes import CommandFailed
from tests.support.account import EMAIL, Policy

REGION = "eu-west-1"
RULE_ROLE = "reprieve-eventbridge"
AUTOMATION_ROLE = "reprieve-automation"


def topic_policy(account, change: Callable[[dict], None]) -> AbstractContextManager[None]:
    """Change the topic's policy for a while."""
    return Policy.of_topic(account, REGION).changed(change)


def role_policy(account, role: str, without: str) -> AbstractContextManager[None]:
    """Take the statement `without` out of the role's policy for a while."""
    return Policy.of_role(account, REGION, role).without(without)


@contextmanager
def trust(account, role: str, change: Callable[[dict], None]) -> Iterator[None]:
    """Change the role's trust policy for a while."""
    iam = account.sandbox.client("iam", REGION)
    former = iam.get_role(RoleName=role)["Role"]["AssumeRolePolicyDocument"]
    changed = json.loads(json.dumps(former))
    change(changed)
    iam.update_assume_role_policy(RoleName=role, PolicyDocument=json.dumps(changed))
    try:
        yield
    finally:
        iam.update_assume_role_policy(RoleName=role, PolicyDocument=json.dumps(former))


def source_account(value: str) -> Callable[[dict], None]:
    """Return a change of a trust policy: the account that it names."""

    def change(policy: dict) -> None:
        condition = policy["Statement"][0]["Condition"]
        condition["StringEquals"]["aws:SourceAccount"] = value

    return change


def endanger(account) -> str:
    """Create a key and schedule its deletion; return its id."""
    key = account.create_key(REGION)["KeyId"]
    account.schedule(REGION, key)
    return key


def test_a_topic_that_does_not_let_eventbridge_in(account):
    """The alert is not delivered, the reason names right and topic; the rescue goes on."""

    def only_the_account(policy: dict) -> None:
        policy["Statement"][0]["Principal"] = {"AWS": "arn:aws:iam::111122223333:root"}

    with topic_policy(account, only_the_account):
        key = endanger(account)
    (alert,) = account.alerts(key)
    assert "sns:Publish" in alert.error
    assert "reprieve-alerts" in alert.error
    assert alert.recipients == ()
    assert account.state(REGION, key) == "Disabled"


@pytest.mark.parametrize(
    ("missing", "right"),
    [("StartRunbook", "ssm:StartAutomationExecution"), ("PassAutomationRole", "iam:PassRole")],
)
def test_a_rule_role_that_lacks_a_right(account, missing, right):
    """Nothing is started, the reason names role and permission; the alert is sent all the same."""
    with role_policy(account, RULE_ROLE, without=missing):
        key = endanger(account)
    (start,) = account.starts(key)
    assert right in start.error
    assert RULE_ROLE in start.error
    assert account.executions(key) == []
    assert [alert.error for alert in account.alerts(key)] == [None]
    assert account.state(REGION, key) == "PendingDeletion"


def test_a_rule_role_that_trusts_another_account(account):
    """EventBridge cannot assume it: the reason names the role and the service."""
    with trust(account, RULE_ROLE, source_account("444455556666")):
        key = endanger(account)
    (start,) = account.starts(key)
    assert RULE_ROLE in start.error
    assert "events.amazonaws.com" in start.error
    assert account.state(REGION, key) == "PendingDeletion"


def test_an_automation_role_that_lacks_a_right(account):
    """The automation fails, names the right, and tells people that the key is not saved."""
    with role_policy(account, AUTOMATION_ROLE, without="CancelKeyDeletion"):
        key = endanger(account)
    (execution,) = account.executions(key)
    assert execution.status == "Failed"
    assert "kms:DescribeKey" in execution.failure
    assert AUTOMATION_ROLE in execution.failure
    (outcome,) = account.outcomes(key)
    assert outcome.subject == "Reprieve: ACT NOW: KMS key NOT saved (eu-west-1)"
    assert "Reason: An error occurred (AccessDeniedException)" in outcome.body
    assert "aws kms cancel-key-deletion --region eu-west-1" in outcome.body
    assert account.state(REGION, key) == "PendingDeletion"


def test_an_automation_role_that_may_not_tell(account):
    """The key is saved, but the execution fails, so people are notified to check it."""
    with role_policy(account, AUTOMATION_ROLE, without="TellOutcome"):
        key = endanger(account)
    (execution,) = account.executions(key)
    assert execution.status == "Failed"
    assert "sns:Publish" in execution.failure
    assert account.outcomes(key) == []
    assert account.state(REGION, key) == "Disabled"
    (alert,) = [d for d in account.about(execution.execution_id) if ":sns:" in d.target_arn]
    assert (alert.error, alert.recipients) == (None, (EMAIL,))
    name = account.document(REGION)
    assert f'"Runbook: {name}, which ended as Failed"' in alert.body.splitlines()


def test_an_automation_role_that_trusts_another_account(account):
    """Systems Manager cannot assume it: nothing is cancelled, and the reason names the role."""
    with trust(account, AUTOMATION_ROLE, source_account("444455556666")):
        key = endanger(account)
    reasons = [e.failure for e in account.executions(key)]
    reasons += [s.error for s in account.starts(key) if s.error]
    assert AUTOMATION_ROLE in str(reasons)
    assert "ssm.amazonaws.com" in str(reasons)
    assert account.state(REGION, key) == "PendingDeletion"


def test_a_key_policy_that_shuts_the_automation_role_out(account):
    """A key's own policy has the last word: no IAM policy helps against its Deny."""
    kms = account.kms(REGION)
    key = account.create_key(REGION)["KeyId"]
    policy = json.loads(kms.get_key_policy(KeyId=key, PolicyName="default")["Policy"])
    denied = {
        "Effect": "Deny",
        "Principal": {"AWS": f"arn:aws:iam::111122223333:role/{AUTOMATION_ROLE}"},
        "Action": "kms:CancelKeyDeletion",
        "Resource": "*",
    }
    policy["Statement"].append(denied)
    kms.put_key_policy(KeyId=key, PolicyName="default", Policy=json.dumps(policy))
    account.schedule(REGION, key)
    (execution,) = account.executions(key)
    assert execution.status == "Failed"
    assert "kms:CancelKeyDeletion" in execution.failure
    (outcome,) = account.outcomes(key)
    assert "Reprieve could NOT cancel the deletion" in outcome.body
    assert "Perhaps the key policy denies it to Reprieve" in outcome.body
    assert account.state(REGION, key) == "PendingDeletion"


def test_the_deployment_is_whole_again(account):
    """What the tests above took away is back: the near-miss to all of them."""
    key = endanger(account)
    assert account.state(REGION, key) == "Disabled"
    assert [delivery.error for delivery in account.about(key)] == [None, None]


def test_an_automation_role_of_another_account_is_refused_by_the_plan(account, tmp_path):
    """Before anything is created: AWS would accept the target, and never start the automation."""
    settings = {
        "REPRIEVE_REGIONS__WATCH": REGION,
        "REPRIEVE_REMEDIATION__AUTOMATION_ROLE_ARN": "arn:aws:iam::444455556666:role/KeyRescue",
    }
    deployment = Deployment(account.sandbox, tmp_path, settings=settings)
    deployment.synth()
    deployment.init()
    with pytest.raises(CommandFailed, match="is a role of the account 444455556666"):
        deployment.plan()
