"""Reprieve's runbook, started for keys in every kind of state: it always ends in a sentence."""

import pytest
from moto.kms.models import kms_backends

from sandbox.core.account import ACCOUNT_ID

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
    alarms = [mail for mail in mails if "a rescue did not end well" in mail.body]
    assert (execution.status == "Failed") == bool(alarms)
    (mail,) = (mail for mail in mails if mail not in alarms)
    return execution, mail


@pytest.mark.parametrize("state", ["Enabled", "Disabled"])
def test_a_key_that_needs_no_rescue_is_left_alone(account, state):
    """Somebody was faster, or the event came twice: nothing is done, and that is said."""
    key = account.create_key(REGION)["KeyId"]
    if state == "Disabled":
        account.kms(REGION).disable_key(KeyId=key)
    execution, mail = run(account, key)
    assert execution.status == "Success"
    assert mail.subject == "Reprieve: KMS key needs no rescue (eu-west-1)"
    assert f"Its state is {state}. Nothing was done." in mail.body
    assert state == account.state(REGION, key)


def test_a_key_that_is_gone_is_said_to_be(account):
    """KMS does not know it: the execution fails, and people are notified to check it."""
    execution, mail = run(account, "1234abcd-12ab-34cd-56ef-1234567890ab")
    assert execution.status == "Failed"
    assert mail.subject == "Reprieve: ACT NOW: KMS key NOT saved (eu-west-1)"
    assert "1234abcd-12ab-34cd-56ef-1234567890ab could not be looked at: it is gone" in mail.body


def test_a_state_that_forbids_cancelling_ends_in_a_failure(account):
    """A key whose custom key store is disconnected, say: not a success, and no silence."""
    key = account.create_key(REGION)["KeyId"]
    kms_backends[ACCOUNT_ID][REGION].keys[key].key_state = "Unavailable"
    execution, mail = run(account, key)
    assert execution.status == "Failed"
    assert "is in the state Unavailable, in which no deletion can be cancelled" in mail.body
