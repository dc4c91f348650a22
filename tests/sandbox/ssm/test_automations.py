"""The sandbox's Systems Manager Automation: permissions, parameters and the API."""

import json

import pytest
from botocore.exceptions import ClientError

from sandbox.core.account import ACCOUNT_ID
from tests.support.emulated_account import (
    REGION,
    RULE_ARN,
    RUNBOOK,
    Account,
    allow,
    policy,
    role_arn,
    trust,
)

EXECUTIONS = f"arn:aws:ssm:*:{ACCOUNT_ID}:automation-execution/*"


def test_a_rescue_cancels_the_deletion_and_leaves_the_key_disabled(sandbox):
    """This covers the whole path from the call over trail, rule and role to the runbook."""
    account = Account(sandbox)
    account.make_roles()
    account.make_rule(account.automation_target())
    key = account.schedule()
    (delivery,) = sandbox.deliveries
    (execution,) = sandbox.executions
    assert delivery.error is None
    assert (execution.failure, execution.status) == (None, "Success")
    assert [step.status for step in execution.steps] == ["Success", "Success"]
    assert account.state(key) == "Disabled"


def test_conditions_of_both_trust_policies_are_checked(sandbox):
    """Trust policies with the right SourceArn and SourceAccount allow the rescue."""
    account = Account(sandbox)
    same = {"aws:SourceAccount": ACCOUNT_ID}
    account.start_trust = trust(
        "events.amazonaws.com", StringEquals=same, ArnLike={"aws:SourceArn": RULE_ARN}
    )
    account.automation_trust = trust(
        "ssm.amazonaws.com", StringEquals=same, ArnLike={"aws:SourceArn": EXECUTIONS}
    )
    account.make_roles()
    account.make_rule(account.automation_target())
    assert account.state(account.schedule()) == "Disabled"


def without(account, action):
    """Remove one action from the role that starts the runbook."""
    account.start_statements = [s for s in account.start_statements if s["Action"] != action]


def change_trust(account):
    """Let the automation role trust another service."""
    account.automation_trust = trust("ec2.amazonaws.com")


def narrow_start(account):
    """Allow the document but not its automation definition."""
    account.start_statements[0]["Resource"].pop(1)


def trust_another_rule(account):
    """Trust EventBridge for another rule only."""
    account.start_trust = trust(
        "events.amazonaws.com", ArnLike={"aws:SourceArn": RULE_ARN + "-of-others"}
    )


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (
            lambda a: without(a, "iam:PassRole"),
            f"role start may not iam:PassRole on {role_arn('automation')}",
        ),
        (narrow_start, "role start may not ssm:StartAutomationExecution on arn:aws:ssm:"),
        (trust_another_rule, "role start does not trust events.amazonaws.com acting for"),
        (change_trust, "role automation does not trust ssm.amazonaws.com acting for"),
    ],
)
def test_a_missing_permission_prevents_the_start(sandbox, spoil, words):
    """The sandbox checks every permission that AWS needs. The error names the missing one."""
    account = Account(sandbox)
    spoil(account)
    account.make_roles()
    account.make_rule(account.automation_target())
    key = account.schedule()
    (delivery,) = sandbox.deliveries
    assert words in delivery.error
    assert sandbox.executions == []
    assert account.state(key) == "PendingDeletion"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"Arn": f"arn:aws:ssm:{REGION}::automation-definition/{RUNBOOK}"}, "no version"),
        (
            {"Arn": f"arn:aws:ssm:{REGION}:{ACCOUNT_ID}:automation-definition/{RUNBOOK}:$DEFAULT"},
            "must be empty",
        ),
        ({"RoleArn": role_arn("nobody")}, "the role arn:aws:iam::111122223333:role/nobody does"),
        (
            {"InputTransformer": None, "Input": json.dumps({"KeyId": "abc"})},
            "the value of KeyId is not a list",
        ),
        (
            {"InputTransformer": None, "Input": json.dumps({"KeyId": ["abc"]})},
            "AutomationAssumeRole is missing",
        ),
        (
            {
                "InputTransformer": None,
                "Input": json.dumps(
                    {"KeyId": ["arn:aws:kms:x"], "AutomationAssumeRole": [role_arn("automation")]}
                ),
            },
            "KeyId does not match [a-z0-9-]{1,2048}: 'arn:aws:kms:x'",
        ),
        (
            {
                "InputTransformer": None,
                "Input": json.dumps(
                    {
                        "KeyId": ["abc"],
                        "AutomationAssumeRole": [role_arn("automation")],
                        "Extra": ["x"],
                    }
                ),
            },
            "it has no parameter Extra",
        ),
    ],
)
def test_a_target_that_aws_would_not_start_is_not_started(sandbox, change, words):
    """It has no version, a wrong account, a missing role or invalid parameters."""
    account = Account(sandbox)
    account.make_roles()
    target = {k: v for k, v in account.automation_target(**change).items() if v is not None}
    account.make_rule(target)
    account.schedule()
    (delivery,) = sandbox.deliveries
    assert words in delivery.error
    assert sandbox.executions == []


@pytest.mark.parametrize("missing", ["kms:CancelKeyDeletion", "kms:DescribeKey"])
def test_a_step_without_permission_fails(sandbox, missing):
    """The automation role needs both actions. The failure names the missing one."""
    account = Account(sandbox)
    rights = {"kms:CancelKeyDeletion", "kms:DescribeKey"} - {missing}
    account.kms_statements = [allow(sorted(rights))]
    account.make_roles()
    account.make_rule(account.automation_target())
    account.schedule()
    (execution,) = sandbox.executions
    assert execution.status == "Failed"
    assert f"not authorized to perform: {missing} on resource" in execution.failure
    (delivery,) = sandbox.deliveries
    assert delivery.error is None


@pytest.mark.parametrize(
    ("key_policy", "state"),
    [
        ([allow("kms:*", Principal={"AWS": f"arn:aws:iam::{ACCOUNT_ID}:root"})], "Disabled"),
        (
            [
                allow("kms:*", Principal={"AWS": f"arn:aws:iam::{ACCOUNT_ID}:root"}),
                {
                    "Effect": "Deny",
                    "Principal": "*",
                    "Action": "kms:CancelKeyDeletion",
                    "Resource": "*",
                },
            ],
            "PendingDeletion",
        ),
    ],
)
def test_a_deny_in_the_key_policy_prevents_the_rescue(sandbox, key_policy, state):
    """It wins over the permissions of the role."""
    account = Account(sandbox)
    account.make_roles()
    account.make_rule(account.automation_target())
    assert account.state(account.schedule(Policy=policy(*key_policy))) == state


def test_the_end_of_an_automation_emits_an_event(sandbox):
    """The event has status and definition."""
    account = Account(sandbox)
    account.make_roles()
    queue = account.make_queue(
        "ends", allow("sqs:SendMessage", Principal={"Service": "events.amazonaws.com"})
    )
    account.make_rule(account.automation_target())
    events = account.client("events")
    pattern = {"source": ["aws.ssm"], "detail": {"Status": ["Success"], "Definition": [RUNBOOK]}}
    events.put_rule(Name="ends", EventPattern=json.dumps(pattern))
    events.put_targets(Rule="ends", Targets=[{"Id": "queue", "Arn": queue}])
    account.schedule()
    (message,) = account.messages("ends")
    detail = json.loads(message["Body"])["detail"]
    assert detail["ExecutionId"] == sandbox.executions[0].execution_id


def test_a_client_can_start_and_follow_an_automation(sandbox):
    """StartAutomationExecution, GetAutomationExecution and the lists answer like AWS."""
    account = Account(sandbox)
    account.make_roles()
    key = account.schedule()
    ssm = account.client("ssm")
    execution_id = ssm.start_automation_execution(
        DocumentName=RUNBOOK,
        Parameters={"KeyId": [key], "AutomationAssumeRole": [role_arn("automation")]},
    )["AutomationExecutionId"]
    sandbox.settle()
    got = ssm.get_automation_execution(AutomationExecutionId=execution_id)["AutomationExecution"]
    (listed,) = ssm.describe_automation_executions(
        Filters=[{"Key": "DocumentNamePrefix", "Values": [RUNBOOK]}]
    )["AutomationExecutionMetadataList"]
    steps = list(
        ssm.get_paginator("describe_automation_step_executions").paginate(
            AutomationExecutionId=execution_id, PaginationConfig={"PageSize": 1}
        )
    )
    assert got["AutomationExecutionStatus"] == listed["AutomationExecutionStatus"] == "Success"
    names = [[step["StepName"] for step in page["StepExecutions"]] for page in steps]
    assert names == [["CancelKeyDeletion"], ["VerifyKeyIsDisabled"]]


def test_executions_are_listed_in_pages(sandbox):
    """A page has 50 at most, the newest first. Later executions do not move the next page."""
    account = Account(sandbox)
    account.make_roles()
    ssm = sandbox.client("ssm", REGION)
    key = account.client("kms").create_key()["KeyMetadata"]["KeyId"]
    parameters = {"KeyId": [key], "AutomationAssumeRole": [role_arn("automation")]}

    def start(count):
        for _ in range(count):
            ssm.start_automation_execution(DocumentName=RUNBOOK, Parameters=parameters)
        sandbox.settle()

    start(3)
    ids = [each.execution_id for each in reversed(sandbox.executions)]
    first = ssm.describe_automation_executions(MaxResults=2)
    start(48)
    second = ssm.describe_automation_executions(MaxResults=2, NextToken=first["NextToken"])
    assert [executions_of(page) for page in (first, second)] == [ids[:2], ids[2:]]
    assert "NextToken" not in second
    pages = list(ssm.get_paginator("describe_automation_executions").paginate())
    assert [len(executions_of(page)) for page in pages] == [50, 1]


def executions_of(page):
    """Return the ids of the executions on a page."""
    return [each["AutomationExecutionId"] for each in page["AutomationExecutionMetadataList"]]


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"MaxResults": 51}, "ValidationException"),
        ({"NextToken": "unknown"}, "InvalidNextToken"),
    ],
)
def test_a_page_that_does_not_exist_is_refused(sandbox, given, code):
    """AWS allows 50 executions on a page, and only tokens that it gave."""
    ssm = sandbox.client("ssm", REGION)
    with pytest.raises(ClientError) as raised:
        ssm.describe_automation_executions(**given)
    assert raised.value.response["Error"]["Code"] == code


def test_amazons_document_can_be_read(sandbox):
    """DescribeDocument and GetDocument have the runbook. Its parameters are those of AWS."""
    ssm = sandbox.client("ssm", REGION)
    described = ssm.describe_document(Name=RUNBOOK)["Document"]
    content = json.loads(ssm.get_document(Name=RUNBOOK)["Content"])
    assert described["Owner"] == "Amazon"
    assert set(content["parameters"]) == {"KeyId", "AutomationAssumeRole"}


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("Nowhere", "AutomationDefinitionNotFoundException"),
        ("AWS-StopEC2Instance", "SandboxCannot"),
    ],
)
def test_an_unknown_document_is_refused(sandbox, name, code):
    """A missing document of the account is AWS's error, one of Amazon's is the sandbox's."""
    with pytest.raises(ClientError) as raised:
        sandbox.client("ssm", REGION).start_automation_execution(DocumentName=name)
    assert raised.value.response["Error"]["Code"] == code
