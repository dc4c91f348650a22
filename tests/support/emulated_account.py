"""An account in the sandbox for its tests: a topic, roles, a rule with targets."""

import json
from dataclasses import dataclass, field
from typing import Any

import pytest
from botocore.exceptions import ClientError

from sandbox.core.account import ACCOUNT_ID
from sandbox.server import Sandbox

REGION = "eu-west-1"
RUNBOOK = "AWSConfigRemediation-CancelKeyDeletion"
RULE_ARN = f"arn:aws:events:{REGION}:{ACCOUNT_ID}:rule/guard"
TOPIC_ARN = f"arn:aws:sns:{REGION}:{ACCOUNT_ID}:alerts"
AUTOMATION_TARGET = f"arn:aws:ssm:{REGION}::automation-definition/{RUNBOOK}:$DEFAULT"
PATTERN: dict[str, Any] = {"source": ["aws.kms"], "detail": {"eventName": ["ScheduleKeyDeletion"]}}
CLOUDWATCH = {"Service": "cloudwatch.amazonaws.com"}
EVENTS = {"Service": "events.amazonaws.com"}
SNS = {"Service": "sns.amazonaws.com"}
ROOT = {"AWS": f"arn:aws:iam::{ACCOUNT_ID}:root"}
TOPIC_TARGET = {"Id": "alert", "Arn": TOPIC_ARN}
ENCRYPT = ["kms:GenerateDataKey*", "kms:Decrypt"]


def role_arn(name):
    """Return the ARN of a role at path /."""
    return f"arn:aws:iam::{ACCOUNT_ID}:role/{name}"


def policy(*statements):
    """Return a policy document as text."""
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(action, resource="*", **more):
    """Return a statement that allows an action."""
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def trust(service, **conditions):
    """Return a trust policy for a service."""
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": service},
        "Action": "sts:AssumeRole",
        **({"Condition": conditions} if conditions else {}),
    }
    return policy(statement)


PUBLISH = allow("sns:Publish", TOPIC_ARN, Principal=EVENTS)


def error_code_of(call, **parameters):
    """Return the error code of a call that fails."""
    with pytest.raises(ClientError) as raised:
        call(**parameters)
    return raised.value.response["Error"]["Code"]


def client_of_role(sandbox, *statements):
    """Return a KMS client of the role `worker`, which has these policy statements."""
    iam = sandbox.client("iam", REGION)
    document = trust("ec2.amazonaws.com")
    iam.create_role(RoleName="worker", AssumeRolePolicyDocument=document)
    if statements:
        iam.put_role_policy(RoleName="worker", PolicyName="p", PolicyDocument=policy(*statements))
    session = sandbox.client("sts", REGION).assume_role(
        RoleArn=role_arn("worker"), RoleSessionName="shift"
    )["Credentials"]
    return sandbox._clients.make(
        "kms",
        REGION,
        session["AccessKeyId"],
        session["SecretAccessKey"],
        session["SessionToken"],
    )


def encrypt_topic(account, *statements):
    """Encrypt the topic with a new key with this policy. Return the key's id."""
    document = policy(allow("kms:*", Principal=ROOT), *statements)
    key = account.client("kms").create_key(Policy=document)["KeyMetadata"]["KeyId"]
    account.client("sns").set_topic_attributes(
        TopicArn=TOPIC_ARN, AttributeName="KmsMasterKeyId", AttributeValue=key
    )
    return key


@dataclass
class Account:
    """An account with everything that a rescue needs. A test changes one thing."""

    sandbox: Sandbox
    start_statements: list = field(
        default_factory=lambda: [
            allow(
                "ssm:StartAutomationExecution",
                [
                    f"arn:aws:ssm:*:*:document/{RUNBOOK}",
                    f"arn:aws:ssm:*:*:automation-definition/{RUNBOOK}:*",
                    "arn:aws:ssm:*:*:automation-execution/*",
                ],
            ),
            allow("iam:PassRole", role_arn("automation")),
        ]
    )
    kms_statements: list = field(
        default_factory=lambda: [allow(["kms:CancelKeyDeletion", "kms:DescribeKey"])]
    )
    start_trust: str = trust("events.amazonaws.com")
    automation_trust: str = trust("ssm.amazonaws.com")

    def client(self, service: str) -> Any:
        """Return a client of the account's root in the Region of the tests."""
        return self.sandbox.client(service, REGION)

    def make_roles(self):
        """Create the role that starts the runbook and the role that the runbook assumes."""
        iam = self.client("iam")
        for name, trusted, statements in (
            ("start", self.start_trust, self.start_statements),
            ("automation", self.automation_trust, self.kms_statements),
        ):
            iam.create_role(RoleName=name, AssumeRolePolicyDocument=trusted)
            iam.put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=policy(*statements))

    def make_topic(self, *statements):
        """Create a topic with an e-mail subscription and this policy."""
        sns = self.client("sns")
        sns.create_topic(Name="alerts")
        sns.subscribe(TopicArn=TOPIC_ARN, Protocol="email", Endpoint="people@example.com")
        if statements:
            sns.set_topic_attributes(
                TopicArn=TOPIC_ARN, AttributeName="Policy", AttributeValue=policy(*statements)
            )

    def make_queue(self, name, *statements):
        """Create a queue with this policy. Return its ARN."""
        sqs = self.client("sqs")
        url = sqs.create_queue(QueueName=name)["QueueUrl"]
        if statements:
            sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy(*statements)})
        return f"arn:aws:sqs:{REGION}:{ACCOUNT_ID}:{name}"

    def messages(self, name):
        """Return the messages in a queue."""
        sqs = self.client("sqs")
        url = sqs.get_queue_url(QueueName=name)["QueueUrl"]
        return sqs.receive_message(
            QueueUrl=url, MaxNumberOfMessages=10, MessageAttributeNames=["All"]
        ).get("Messages", [])

    def make_rule(self, *targets, pattern=None, state="ENABLED"):
        """Create the rule `guard` with these targets."""
        events = self.client("events")
        events.put_rule(Name="guard", EventPattern=json.dumps(pattern or PATTERN), State=state)
        if targets:
            events.put_targets(Rule="guard", Targets=list(targets))

    def automation_target(self, **changes):
        """Return a target that cancels the deletion of the key in the event."""
        parameters = {"KeyId": ["<key>"], "AutomationAssumeRole": [role_arn("automation")]}
        return {
            "Id": "rescue",
            "Arn": AUTOMATION_TARGET,
            "RoleArn": role_arn("start"),
            "InputTransformer": {
                "InputPathsMap": {"key": "$.detail.requestParameters.keyId"},
                "InputTemplate": json.dumps(parameters),
            },
            **changes,
        }

    def schedule(self, **options):
        """Create a key, schedule its deletion, and wait for all effects. Return the key's id."""
        kms = self.client("kms")
        key = kms.create_key(**options)["KeyMetadata"]["KeyId"]
        kms.schedule_key_deletion(KeyId=key, PendingWindowInDays=7)
        self.sandbox.settle()
        return key

    def state(self, key):
        """Return the state of a key."""
        return self.client("kms").describe_key(KeyId=key)["KeyMetadata"]["KeyState"]
