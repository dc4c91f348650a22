"""Why a rescue must not start another runbook: under load, parents and children block each other.

The runbook is written here, as Reprieve once had it: it finds the key, runs Amazon's runbook as a
child, verifies, and publishes the result. Reprieve's present runbook is not used.
"""

import json
import time
from collections import Counter
from dataclasses import replace

import pytest

from sandbox.core.account import ACCOUNT_ID
from sandbox.core.quotas import Quotas
from tests.support.account import ending
from tests.support.emulated_account import (
    AUTOMATION_TARGET,
    RUNBOOK,
    TOPIC_ARN,
    Account,
    allow,
    role_arn,
)

SLOTS = 3
DOCUMENT = "rescue-by-child"
OWN = f":{ACCOUNT_ID}:automation-definition/{DOCUMENT}"
TARGET = AUTOMATION_TARGET.replace(f"::automation-definition/{RUNBOOK}", OWN)


def call(name, api, **more):
    """Return a step that calls KMS about the key."""
    inputs = {"Service": "kms", "Api": api, "KeyId": "{{ KeyId }}"}
    return {"name": name, "action": "aws:executeAwsApi", "inputs": inputs, **more}


def publish(name, message):
    """Return a last step that publishes a message."""
    inputs = {"Service": "sns", "Api": "Publish", "TopicArn": TOPIC_ARN, "Message": message}
    return {"name": name, "action": "aws:executeAwsApi", "inputs": inputs, "isEnd": True}


RUN_CHILD = {
    "name": "CancelKeyDeletion",
    "action": "aws:executeAutomation",
    "inputs": {
        "DocumentName": RUNBOOK,
        "RuntimeParameters": {
            "KeyId": ["{{ KeyId }}"],
            "AutomationAssumeRole": ["{{ AutomationAssumeRole }}"],
        },
    },
    "onFailure": "step:TellFailed",
}


@pytest.fixture
def account(sandbox):
    """Return an account with the rule, the runbook and the roles."""
    sandbox.reset()
    account = Account(sandbox)
    account.start_statements = [
        allow("ssm:StartAutomationExecution"),
        allow("iam:PassRole", role_arn("automation")),
    ]
    account.kms_statements += [
        allow("sns:Publish"),
        allow(["ssm:StartAutomationExecution", "iam:PassRole"]),
    ]
    account.make_roles()
    account.make_topic()
    content = {
        "schemaVersion": "0.3",
        "assumeRole": "{{ AutomationAssumeRole }}",
        "parameters": {"KeyId": {"type": "String"}, "AutomationAssumeRole": {"type": "String"}},
        "mainSteps": [
            call("DescribeKey", "DescribeKey"),
            RUN_CHILD,
            publish("TellRescued", "saved {{ KeyId }}"),
            publish("TellFailed", "NOT saved {{ KeyId }}"),
        ],
    }
    account.client("ssm").create_document(
        Name=DOCUMENT, DocumentType="Automation", DocumentFormat="JSON", Content=json.dumps(content)
    )
    account.make_rule(account.automation_target(Arn=TARGET))
    yield account
    sandbox.quotas = Quotas()


def start_rescues(account, count, slots, step_timeout=3600):
    """Schedule the deletion of several keys, and start their rescues together. Return the keys.

    Without slots all rescues wait. Then each gets a slot before one of them starts its child.
    """
    account.sandbox.quotas = Quotas(running_automations=0, default_step_timeout=step_timeout)
    kms = account.client("kms")
    keys = [kms.create_key()["KeyMetadata"]["KeyId"] for _ in range(count)]
    for key in keys:
        kms.schedule_key_deletion(KeyId=key, PendingWindowInDays=7)
    account.sandbox.settle()
    assert [e.status for e in account.sandbox.executions] == ["Pending"] * count
    account.sandbox.quotas = replace(account.sandbox.quotas, running_automations=slots)
    return keys


def statuses(sandbox):
    """Return how many executions of which document have which status."""
    return Counter((execution.document, execution.status) for execution in sandbox.executions)


def wait_for(sandbox, expected):
    """Wait until the executions have these statuses; fail if they do not get them."""
    for _ in range(600):
        if statuses(sandbox) == expected:
            return
        time.sleep(0.05)
    assert statuses(sandbox) == expected


def test_as_many_parents_as_slots_rescue_no_key(sandbox, account):
    """Each parent keeps its slot and waits for its child, which waits for a slot: a deadlock.

    More slots end it.
    """
    keys = start_rescues(account, SLOTS, slots=SLOTS)
    wait_for(sandbox, {(DOCUMENT, "InProgress"): SLOTS, (RUNBOOK, "Pending"): SLOTS})
    assert {account.state(key) for key in keys} == {"PendingDeletion"}
    assert not sandbox.mails
    sandbox.quotas = replace(sandbox.quotas, running_automations=SLOTS + 1)
    sandbox.settle()
    assert {account.state(key) for key in keys} == {"Disabled"}


def test_a_parent_whose_time_is_over_has_rescued_nothing(sandbox, account):
    """Its child never got a slot, and ends with it."""
    (key,) = start_rescues(account, 1, slots=1, step_timeout=0.5)
    sandbox.settle()
    assert statuses(sandbox) == {(DOCUMENT, "TimedOut"): 1, (RUNBOOK, "Cancelled"): 1}
    assert account.state(key) == "PendingDeletion"
    assert [mail.body for mail in sandbox.mails] == [f"NOT saved {key}"]


def test_one_parent_fewer_rescues_every_key(sandbox, account):
    """The children take turns in the last slot."""
    keys = start_rescues(account, SLOTS - 1, slots=SLOTS)
    sandbox.settle()
    assert {account.state(key) for key in keys} == {"Disabled"}
    assert set(map(ending, sandbox.executions)) == {"Success"}
