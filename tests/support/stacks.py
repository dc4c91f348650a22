"""Templates for the sandbox, and an organization with a delegated administrator."""

import json
from dataclasses import dataclass

HUB, FIRST, SECOND = "222233334444", "333344445555", "444455556666"
STACK_SETS = "member.org.stacksets.cloudformation.amazonaws.com"
AS_DELEGATE = {"CallAs": "DELEGATED_ADMIN", "StackSetName": "guard"}


def policy(**statement):
    """Return a policy document of one statement that allows something."""
    return {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **statement}]}


def template(resources=None, **sections):
    """Return the text of a template. Without resources it has one topic, `Topic`."""
    content = {"Resources": resources or {"Topic": {"Type": "AWS::SNS::Topic"}}, **sections}
    return json.dumps(content)


def topic(name, **attributes):
    """Return a topic of a name."""
    return {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": name}, **attributes}


ROLE = {
    "Type": "AWS::IAM::Role",
    "Properties": {
        "RoleName": "guard",
        "Path": "/reprieve/",
        "AssumeRolePolicyDocument": policy(
            Action="sts:AssumeRole", Principal={"Service": "ssm.amazonaws.com"}
        ),
        "Policies": [
            {
                "PolicyName": "cancel",
                "PolicyDocument": policy(Action="kms:CancelKeyDeletion", Resource="*"),
            }
        ],
    },
}
RUNBOOK = {
    "schemaVersion": "0.3",
    "mainSteps": [{"name": "wait", "action": "aws:sleep", "inputs": {"Duration": "PT1S"}}],
}
EVERYTHING = {
    "Rule": {
        "Type": "AWS::Events::Rule",
        "Properties": {
            "Name": "deletions",
            "EventPattern": {"source": ["aws.kms"]},
            "Targets": [
                {
                    "Id": "topic",
                    "Arn": {"Ref": "Topic"},
                    "DeadLetterConfig": {"Arn": {"Fn::GetAtt": ["Queue", "Arn"]}},
                    "RetryPolicy": {"MaximumRetryAttempts": "10"},
                    "InputTransformer": {
                        "InputPathsMap": {"key": "$.detail.requestParameters.keyId"},
                        "InputTemplate": '"<key>"',
                    },
                }
            ],
        },
    },
    "Topic": topic("alerts"),
    "Access": {
        "Type": "AWS::SNS::TopicPolicy",
        "Properties": {
            "Topics": [{"Ref": "Topic"}],
            "PolicyDocument": policy(
                Action="sns:Publish",
                Principal={"Service": "events.amazonaws.com"},
                Resource={"Ref": "Topic"},
            ),
        },
    },
    "Mail": {
        "Type": "AWS::SNS::Subscription",
        "Properties": {
            "TopicArn": {"Ref": "Topic"},
            "Protocol": "email",
            "Endpoint": "security@example.com",
        },
    },
    "Queue": {"Type": "AWS::SQS::Queue", "Properties": {"MessageRetentionPeriod": 1209600}},
    "QueueAccess": {
        "Type": "AWS::SQS::QueuePolicy",
        "Properties": {
            "Queues": [{"Ref": "Queue"}],
            "PolicyDocument": policy(
                Action="sqs:SendMessage",
                Principal={"Service": "events.amazonaws.com"},
                Resource={"Fn::GetAtt": ["Queue", "Arn"]},
            ),
        },
    },
    "Role": ROLE,
    "Runbook": {
        "Type": "AWS::SSM::Document",
        "Properties": {
            "Name": "runbook",
            "DocumentType": "Automation",
            "UpdateMethod": "NewVersion",
            "Content": RUNBOOK,
        },
    },
    "Alarm": {
        "Type": "AWS::CloudWatch::Alarm",
        "Properties": {
            "AlarmName": "failures",
            "ComparisonOperator": "GreaterThanThreshold",
            "EvaluationPeriods": 1,
            "Threshold": 0,
            "AlarmActions": [{"Ref": "Topic"}],
            "Metrics": [
                {
                    "Id": "failed",
                    "MetricStat": {
                        "Metric": {
                            "Namespace": "AWS/Events",
                            "MetricName": "FailedInvocations",
                            "Dimensions": [{"Name": "RuleName", "Value": {"Ref": "Rule"}}],
                        },
                        "Period": 60,
                        "Stat": "Sum",
                    },
                }
            ],
        },
    },
    "Dashboard": {
        "Type": "AWS::CloudWatch::Dashboard",
        "Properties": {"DashboardName": "guard", "DashboardBody": '{"widgets": []}'},
    },
    "Key": {"Type": "AWS::KMS::Key", "Properties": {"EnableKeyRotation": True}},
    "Alias": {
        "Type": "AWS::KMS::Alias",
        "Properties": {
            "AliasName": "alias/guard",
            "TargetKeyId": {"Fn::GetAtt": ["Key", "Arn"]},
        },
    },
    "Bus": {"Type": "AWS::Events::EventBus", "Properties": {"Name": "relay"}},
    "BusAccess": {
        "Type": "AWS::Events::EventBusPolicy",
        "Properties": {
            "EventBusName": {"Ref": "Bus"},
            "StatementId": "members",
            "Statement": {
                "Effect": "Allow",
                "Principal": {"AWS": "222233334444"},
                "Action": "events:PutEvents",
                "Resource": {"Fn::GetAtt": ["Bus", "Arn"]},
            },
        },
    },
}
"""A resource of every type, by logical id. They need each other."""


@dataclass
class Organization:
    """An organization with the unit `work`, and a unit `nested` in it. Three accounts are members.

    The hub is below the root, the first account in `work`, the second one in `nested`.
    """

    root: str
    work: str
    nested: str


def organize(sandbox, region="us-east-1"):
    """Put three accounts into an organization. The hub is StackSets' delegated administrator."""
    for account in (HUB, FIRST, SECOND):
        sandbox.add_account(account)
    sandbox.organize()
    client = sandbox.client("organizations", region)
    root = client.list_roots()["Roots"][0]["Id"]
    units = [root]
    for name in ("work", "nested"):
        created = client.create_organizational_unit(ParentId=units[-1], Name=name)
        units.append(created["OrganizationalUnit"]["Id"])
    for account, unit in ((FIRST, units[1]), (SECOND, units[2])):
        client.move_account(AccountId=account, SourceParentId=root, DestinationParentId=unit)
    client.enable_aws_service_access(ServicePrincipal=STACK_SETS)
    client.register_delegated_administrator(AccountId=HUB, ServicePrincipal=STACK_SETS)
    return Organization(*units)
