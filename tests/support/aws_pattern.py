"""AWS's pattern as people have it: its template, and the same resources made by hand.

The template has the parameters and the parts that AWS Prescriptive Guidance describes ("Monitor and
remediate scheduled deletion of AWS KMS keys"); its text is ours.
"""

import json
from pathlib import Path
from typing import Any, Final

from sandbox.core.account import ACCOUNT_ID
from sandbox.server import Sandbox
from tests.support.emulated_account import RUNBOOK, allow, policy, role_arn, trust

TEMPLATE: Final = (Path(__file__).parent / "aws_pattern.yaml").read_text()
RESCUER: Final = "KeyRescue"
"""The role that the runbook assumes: people create it before they deploy the pattern."""
EXECUTION_ROLE: Final = "AWSCloudFormationStackSetExecutionRole"
EMAIL: Final = "security@example.com"
TOPIC: Final = "kms-deletions"
PATTERN: Final[dict[str, Any]] = {
    "source": ["aws.kms"],
    "detail-type": ["AWS API Call via CloudTrail"],
    "detail": {"eventSource": ["kms.amazonaws.com"], "eventName": ["ScheduleKeyDeletion"]},
}


def parameters(account: str = ACCOUNT_ID, **changes: str) -> list[dict[str, str]]:
    """Return the parameters of a stack of the pattern in an account."""
    given = {
        "DestinationEmailAddress": EMAIL,
        "SNSTopicName": TOPIC,
        "EnableRemediation": "true",
        "AutomationAssumeRole": f"arn:aws:iam::{account}:role/{RESCUER}",
        **changes,
    }
    return [{"ParameterKey": key, "ParameterValue": value} for key, value in given.items()]


def make_rescuer(
    sandbox: Sandbox, *, service: str = "ssm.amazonaws.com", account: str = ACCOUNT_ID
) -> None:
    """Create the role that the runbook assumes."""
    iam = sandbox.client("iam", "us-east-1", account)
    iam.create_role(RoleName=RESCUER, AssumeRolePolicyDocument=trust(service))
    actions = [
        *("kms:CancelKeyDeletion", "kms:DescribeKey"),
        *("ssm:GetAutomationExecution", "ssm:StartAutomationExecution"),
    ]
    may = policy(allow(actions))
    iam.put_role_policy(RoleName=RESCUER, PolicyName="rescue", PolicyDocument=may)


def deploy_stack(
    sandbox: Sandbox,
    region: str,
    *,
    name: str = "kms-alerts",
    template: str = TEMPLATE,
    protected: bool = False,
    **changes: str,
) -> None:
    """Deploy a stack of the template in a Region, as the pattern's page describes it."""
    cloudformation = sandbox.client("cloudformation", region)
    cloudformation.create_stack(
        StackName=name,
        TemplateBody=template,
        Parameters=parameters(**changes),
        Capabilities=["CAPABILITY_NAMED_IAM"],
        EnableTerminationProtection=protected,
    )
    cloudformation.get_waiter("stack_create_complete").wait(
        StackName=name, WaiterConfig={"Delay": 0.2, "MaxAttempts": 300}
    )


def make_stack_set_roles(sandbox: Sandbox, administrator: str, accounts: tuple[str, ...]) -> None:
    """Create the two kinds of roles that a self-managed stack set needs."""
    iam = sandbox.client("iam", "us-east-1", administrator)
    name = "AWSCloudFormationStackSetAdministrationRole"
    iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust("cloudformation.amazonaws.com"))
    iam.put_role_policy(
        RoleName=name,
        PolicyName="assume",
        PolicyDocument=policy(allow("sts:AssumeRole", f"arn:aws:iam::*:role/{EXECUTION_ROLE}")),
    )
    by_administrator = policy(
        {
            "Effect": "Allow",
            "Principal": {"AWS": administrator},
            "Action": "sts:AssumeRole",
        }
    )
    for account in accounts:
        iam = sandbox.client("iam", "us-east-1", account)
        iam.create_role(RoleName=EXECUTION_ROLE, AssumeRolePolicyDocument=by_administrator)
        iam.put_role_policy(
            RoleName=EXECUTION_ROLE, PolicyName="all", PolicyDocument=policy(allow("*"))
        )


def deploy_stack_set(
    sandbox: Sandbox,
    region: str,
    *,
    accounts: tuple[str, ...],
    regions: tuple[str, ...],
    name: str = "kms-alerts",
    administrator: str = ACCOUNT_ID,
) -> None:
    """Deploy a self-managed stack set of the template, with the role of each account."""
    cloudformation = sandbox.client("cloudformation", region, administrator)
    cloudformation.create_stack_set(
        StackSetName=name,
        TemplateBody=TEMPLATE,
        Parameters=parameters(),
        Capabilities=["CAPABILITY_NAMED_IAM"],
    )
    for account in accounts:
        overrides = [
            each for each in parameters(account) if each["ParameterKey"] == "AutomationAssumeRole"
        ]
        cloudformation.create_stack_instances(
            StackSetName=name,
            Accounts=[account],
            Regions=list(regions),
            ParameterOverrides=overrides,
        )
        sandbox.settle(60)


def make_by_hand(
    sandbox: Sandbox,
    region: str,
    *,
    name: str = "kms-deletion",
    topic: str = TOPIC,
    emails: tuple[str, ...] = (EMAIL,),
    remediates: bool = True,
    bus: str | None = None,
    pattern: dict[str, Any] = PATTERN,
    state: str = "ENABLED",
) -> str:
    """Create a topic, a rule and its targets in a Region; return the topic's ARN."""
    sns, events = sandbox.client("sns", region), sandbox.client("events", region)
    arn: str = sns.create_topic(Name=topic)["TopicArn"]
    publish = {
        "Effect": "Allow",
        "Principal": {"Service": "events.amazonaws.com"},
        "Action": "sns:Publish",
        "Resource": arn,
    }
    sns.set_topic_attributes(TopicArn=arn, AttributeName="Policy", AttributeValue=policy(publish))
    for email in emails:
        sns.subscribe(TopicArn=arn, Protocol="email", Endpoint=email)
    on_bus = {"EventBusName": bus} if bus else {}
    events.put_rule(Name=name, EventPattern=json.dumps(pattern), State=state, **on_bus)
    targets = [{"Id": "notify", "Arn": arn}]
    if remediates:
        targets.append(runbook_target(region, starting_role(sandbox)))
    events.put_targets(Rule=name, Targets=targets, **on_bus)
    return arn


def starting_role(sandbox: Sandbox, name: str = "kms-deletion-start") -> str:
    """Create the role by which EventBridge starts the runbook, once; return its ARN."""
    iam = sandbox.client("iam", "us-east-1")
    try:
        iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust("events.amazonaws.com"))
    except iam.exceptions.EntityAlreadyExistsException:
        return role_arn(name)
    statements = (
        {
            "Effect": "Allow",
            "Action": "ssm:StartAutomationExecution",
            "Resource": [
                f"arn:aws:ssm:*:*:automation-definition/{RUNBOOK}:*",
                f"arn:aws:ssm:*:*:document/{RUNBOOK}",
                "arn:aws:ssm:*:*:automation-execution/*",
            ],
        },
        {"Effect": "Allow", "Action": "iam:PassRole", "Resource": role_arn(RESCUER)},
    )
    iam.put_role_policy(RoleName=name, PolicyName="start", PolicyDocument=policy(*statements))
    return role_arn(name)


def runbook_target(region: str, role: str, **changes: Any) -> dict[str, Any]:
    """Return the target that starts Amazon's runbook."""
    given = {"KeyId": ["<key>"], "AutomationAssumeRole": [role_arn(RESCUER)]}
    return {
        "Id": "cancel",
        "Arn": f"arn:aws:ssm:{region}::automation-definition/{RUNBOOK}:$DEFAULT",
        "RoleArn": role,
        "InputTransformer": {
            "InputPathsMap": {"key": "$.detail.requestParameters.keyId"},
            "InputTemplate": json.dumps(given),
        },
        **changes,
    }
