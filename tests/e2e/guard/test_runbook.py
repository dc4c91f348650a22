"""Reprieve's runbook, started for keys in every kind of state: it always ends in a sentence."""

import pytest
from moto.kms.models import kms_backends

from sandbox.core.account import ACCOUNT_ID
from tests.support.account import Policy, ending

REGION = "eu-west-1"
ROLE = f"arn:aws:iam::{ACCOUNT_ID}:role/reprieve-automation"
TOPIC = f"arn:aws:sns:{REGION}:{ACCOUNT_ID}:reprieve-alerts"


def run(account, key: str):
    """Run the runbook for a key; return the execution and the one message that it sent.

    Besides it there is the alert that a rescue failed, which EventBridge sends, if it did fail.
    """
    account.sandbox.settle()  # an earlier step, such as disabling a key, sends an alert as well
    before = len(account.sandbox.mails)
    account.sandbox.client("ssm", REGION).start_automation_execution(
        DocumentName=account.document(REGION),
        Parameters={"KeyId": [key], "AutomationAssumeRole": [ROLE], "TopicArn": [TOPIC]},
    )
    account.sandbox.settle()
    execution = next(
        e
        for e in reversed(account.sandbox.executions)
        if e.document.startswith("reprieve-rescue-key-")
    )
    mails = account.sandbox.mails[before:]
    alarms = [mail for mail in mails if "a rescue in eu-west-1 failed" in mail.body]
    assert (execution.status == "Failed") == bool(alarms)
    (mail,) = (mail for mail in mails if mail not in alarms)
    return execution, mail


@pytest.mark.parametrize("state", ["Enabled", "Disabled", "Unavailable", "PendingImport"])
def test_a_key_that_needs_no_rescue_is_left_alone(account, state):
    """Somebody was faster, or the event came twice: nothing is done, and that is said."""
    key = account.create_key(REGION)["KeyId"]
    kms_backends[ACCOUNT_ID][REGION].keys[key].key_state = state
    execution, mail = run(account, key)
    assert ending(execution) == "Success"
    what = "safe and disabled" if state == "Disabled" else "needs no rescue"
    assert mail.subject == f"Reprieve: KMS key {what} (eu-west-1)"
    assert f"is not pending deletion (any more). Its state is {state}" in mail.body
    assert state == account.state(REGION, key)


def test_a_key_that_is_gone_is_said_to_be(account):
    """KMS does not know it: the execution fails, and people are notified to check it."""
    execution, mail = run(account, "1234abcd-12ab-34cd-56ef-1234567890ab")
    assert execution.status == "Failed"
    assert mail.subject == "Reprieve: ACT NOW: KMS key NOT saved (eu-west-1)"
    assert "1234abcd-12ab-34cd-56ef-1234567890ab: it does not exist any more" in mail.body


def test_a_key_whose_policy_denies_the_cancelling_ends_in_a_failure(account):
    """Not a success, and no silence: the message has the reason, and what to do."""
    key = account.create_key(REGION)["KeyId"]

    def deny(policy):
        denied = {"Principal": "*", "Action": "kms:CancelKeyDeletion", "Resource": "*"}
        policy["Statement"].append({"Sid": "Deny", "Effect": "Deny", **denied})

    with Policy.of_key(account, REGION, key).changed(deny):
        kms_backends[ACCOUNT_ID][REGION].keys[key].key_state = "PendingDeletion"
        execution, mail = run(account, key)
    assert execution.status == "Failed"
    assert mail.subject == "Reprieve: ACT NOW: KMS key NOT saved (eu-west-1)"
    assert "Reason: An error occurred (AccessDeniedException)" in mail.body
    assert f"aws kms cancel-key-deletion --region {REGION} --key-id {key}" in mail.body
    assert "Perhaps the key policy denies it to Reprieve" in mail.body
