"""The interpreter of runbooks: steps, outputs, branches and failures."""

import json

import pytest
from botocore.exceptions import ClientError

from tests.support.emulated_account import (
    RUNBOOK,
    TOPIC_ARN,
    Account,
    role_arn,
)


def own_document(*steps, **more):
    """Return an Automation document of the account."""
    return {
        "schemaVersion": "0.3",
        "assumeRole": role_arn("automation"),
        "parameters": {"Key": {"type": "String"}},
        "mainSteps": list(steps),
        **more,
    }


def run_own(account, content, key):
    """Create a document and run it. Return the execution."""
    ssm = account.client("ssm")
    ssm.create_document(
        Name="Own", DocumentType="Automation", DocumentFormat="JSON", Content=json.dumps(content)
    )
    ssm.start_automation_execution(DocumentName="Own", Parameters={"Key": [key]})
    account.sandbox.settle()
    return account.sandbox.executions[-1]


def describe_step(**more):
    """Return a step that reads a key's id and state."""
    return {
        "name": "look",
        "action": "aws:executeAwsApi",
        "inputs": {"Service": "kms", "Api": "DescribeKey", "KeyId": "{{ Key }}"},
        "outputs": [
            {"Name": "Id", "Selector": "$.KeyMetadata.KeyId", "Type": "String"},
            {"Name": "State", "Selector": "$.KeyMetadata.KeyState", "Type": "String"},
        ],
        **more,
    }


def test_a_document_of_the_account_uses_outputs_branches_and_child_automations(sandbox):
    """It gets a key's id from its ARN, branches on its state, and runs Amazon's runbook."""
    account = Account(sandbox)
    account.kms_statements += account.start_statements
    account.make_roles()
    key = account.schedule()
    arn = account.client("kms").describe_key(KeyId=key)["KeyMetadata"]["Arn"]
    choose = {
        "name": "choose",
        "action": "aws:branch",
        "inputs": {
            "Choices": [
                {
                    "NextStep": "rescue",
                    "Variable": "{{ look.State }}",
                    "StringEquals": "PendingDeletion",
                }
            ],
            "Default": "nothing",
        },
    }
    rescue = {
        "name": "rescue",
        "action": "aws:executeAutomation",
        "isEnd": True,
        "inputs": {
            "DocumentName": RUNBOOK,
            "RuntimeParameters": {
                "KeyId": "{{ look.Id }}",
                "AutomationAssumeRole": role_arn("automation"),
            },
        },
    }
    nothing = {"name": "nothing", "action": "aws:sleep", "inputs": {"Duration": "PT1H"}}
    run_own(account, own_document(describe_step(), choose, rescue, nothing), arn)
    parent = next(e for e in sandbox.executions if e.document == "Own")
    assert (
        parent.failure,
        [step.name for step in parent.steps],
    ) == (None, ["look", "choose", "rescue"])
    assert account.state(key) == "Disabled"


@pytest.mark.parametrize(
    ("step", "words"),
    [
        ({"name": "x", "action": "aws:runCommand", "inputs": {}}, "knows no action aws:runCommand"),
        (describe_step(onCancel="step:x"), "knows no step attribute onCancel"),
        (
            describe_step(inputs={"Service": "kms", "Api": "DescribeKey", "KeyId": "{{ Kee }}"}),
            "{{ Kee }} refers to nothing",
        ),
        (
            describe_step(inputs={"Service": "s3", "Api": "ListBuckets"}),
            "cannot check the right to s3:ListBuckets",
        ),
        (
            describe_step(inputs={"Service": "sns", "Api": "ListPhoneNumbersOptedOut"}),
            "sns ListPhoneNumbersOptedOut by anyone but the account's root",
        ),
        (
            describe_step(
                inputs={
                    "Service": "sns",
                    "Api": "Publish",
                    "TopicArn": TOPIC_ARN,
                    "Message": "m",
                }
            ),
            f"not authorized to perform: sns:Publish on resource: {TOPIC_ARN}",
        ),
    ],
)
def test_an_unknown_part_of_a_step_fails_the_execution(sandbox, step, words):
    """The failure names the unknown part or the missing permission."""
    account = Account(sandbox)
    account.make_roles()
    execution = run_own(account, own_document(step), account.schedule())
    assert execution.status == "Failed"
    assert words in execution.failure


def test_a_value_that_the_document_does_not_list_is_refused(sandbox):
    """`allowedValues` limits a parameter as `allowedPattern` does."""
    account = Account(sandbox)
    account.make_roles()
    document = own_document(
        describe_step(), parameters={"Key": {"type": "String", "allowedValues": ["a"]}}
    )
    with pytest.raises(ClientError, match="Key is none of"):
        run_own(account, document, "b")


def test_an_execution_can_continue_after_a_failed_step(sandbox):
    """With onFailure Continue and without isCritical, the execution succeeds."""
    account = Account(sandbox)
    account.make_roles()
    failing = describe_step(
        name="fail",
        inputs={"Service": "kms", "Api": "EnableKey", "KeyId": "{{ Key }}"},
        onFailure="Continue",
        isCritical=False,
        outputs=[],
    )
    execution = run_own(account, own_document(failing, describe_step()), account.schedule())
    assert [step.status for step in execution.steps] == ["Failed", "Success"]
    assert execution.status == "Success"
