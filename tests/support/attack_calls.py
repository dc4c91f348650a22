"""The calls of `tests.support.attacks`: what each sends, and what it needs looked up first."""

import json
from collections.abc import Callable
from typing import Any

from sandbox.core.account import ACCOUNT_ID
from tests.support.account import EMAIL, Account

RULE = "reprieve-key-deletion-scheduled"
TOPIC = "reprieve-alerts"
QUEUE = "reprieve-dead-letters"
ALARM = "reprieve-dead-letters"
RUNBOOK = "reprieve-rescue-key"
AUTOMATION_ROLE = "reprieve-automation"
EVENTBRIDGE_ROLE = "reprieve-eventbridge"
TRAIL = "sandbox"
TRAIL_HOME = "us-east-1"

Client = Callable[[str, str], Any]
"""Returns a boto3 client of a service in a Region, with the credentials of somebody."""
Act = Callable[[Client], object]
"""Makes the call with the identity of the clients."""
Prepare = Callable[[Account, str], Act]
"""Looks up, as the account's root, what a call in a Region needs, and returns the call."""

DENY_ALL = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Deny", "Action": "*", "Resource": "*"}],
    }
)
EVERYTHING = {"Field": "eventCategory", "Equals": ["Management"]}


def arn_of(service: str, region: str, name: str) -> str:
    return f"arn:aws:{service}:{region}:{ACCOUNT_ID}:{name}"


def simple(service: str, operation: str, **parameters: Any) -> Prepare:
    """A call that needs nothing looked up. `{region}` in a text is the Region."""

    def prepare(account: Account, region: str) -> Act:
        filled = {
            name: value.replace("{region}", region) if isinstance(value, str) else value
            for name, value in parameters.items()
        }
        return lambda client: getattr(client(service, region), operation)(**filled)

    return prepare


def on_topic(operation: str, **parameters: Any) -> Prepare:
    arn = arn_of("sns", "{region}", TOPIC)
    name = "ResourceArn" if "data_protection" in operation else "TopicArn"
    return simple("sns", operation, **{name: arn}, **parameters)


def targets_of_rule(account: Account, region: str) -> list[dict[str, Any]]:
    events = account.sandbox.client("events", region)
    targets: list[dict[str, Any]] = events.list_targets_by_rule(Rule=RULE)["Targets"]
    return targets


def remove_targets(account: Account, region: str) -> Act:
    ids = [target["Id"] for target in targets_of_rule(account, region)]
    return lambda client: client("events", region).remove_targets(Rule=RULE, Ids=ids)


def put_targets(
    change: Callable[[list[dict[str, Any]], str], list[dict[str, Any]]],
) -> Prepare:
    def prepare(account: Account, region: str) -> Act:
        account.sandbox.client("sns", region).create_topic(Name="foreign")
        targets = change(targets_of_rule(account, region), arn_of("sns", region, "foreign"))
        return lambda client: client("events", region).put_targets(Rule=RULE, Targets=targets)

    return prepare


def subscription_arn(account: Account, region: str) -> str:
    sns = account.sandbox.client("sns", region)
    found = sns.list_subscriptions_by_topic(TopicArn=arn_of("sns", region, TOPIC))["Subscriptions"]
    return str(next(each["SubscriptionArn"] for each in found if each["Endpoint"] == EMAIL))


def unsubscribe(account: Account, region: str) -> Act:
    arn = subscription_arn(account, region)
    return lambda client: client("sns", region).unsubscribe(SubscriptionArn=arn)


def filter_messages(account: Account, region: str) -> Act:
    arn = subscription_arn(account, region)
    return lambda client: client("sns", region).set_subscription_attributes(
        SubscriptionArn=arn, AttributeName="FilterPolicy", AttributeValue='{"never": ["matches"]}'
    )


def encrypt_topic(account: Account, region: str) -> Act:
    key = account.create_key(region)["Arn"]
    topic = arn_of("sns", region, TOPIC)
    return lambda client: client("sns", region).set_topic_attributes(
        TopicArn=topic, AttributeName="KmsMasterKeyId", AttributeValue=key
    )


def runbook_name(account: Account, region: str) -> str:
    """Return the name of the document that the rule starts."""
    arns = [target["Arn"] for target in targets_of_rule(account, region)]
    return next(arn for arn in arns if f"/{RUNBOOK}" in arn).rpartition("/")[2].partition(":")[0]


def update_document(account: Account, region: str) -> Act:
    name = runbook_name(account, region)
    step = {"name": "nothing", "action": "aws:sleep", "inputs": {"Duration": "PT1S"}}
    content = json.dumps({"schemaVersion": "0.3", "mainSteps": [step]})

    def act(client: Client) -> None:
        ssm = client("ssm", region)
        made = ssm.update_document(
            Name=name, Content=content, DocumentVersion="$LATEST", DocumentFormat="JSON"
        )
        version = made["DocumentDescription"]["DocumentVersion"]
        ssm.update_document_default_version(Name=name, DocumentVersion=version)

    return act


def delete_document(account: Account, region: str) -> Act:
    name = runbook_name(account, region)
    return lambda client: client("ssm", region).delete_document(Name=name)


def with_denying_policy(operation: str, argument: str, role: str) -> Prepare:
    """Attach a policy that denies everything, or make it the role's boundary."""

    def prepare(account: Account, region: str) -> Act:
        arn = f"arn:aws:iam::{ACCOUNT_ID}:policy/deny-all"
        iam = account.sandbox.client("iam", region)
        policies = iam.list_policies(Scope="Local")["Policies"]
        if arn not in [each["Arn"] for each in policies]:
            iam.create_policy(PolicyName="deny-all", PolicyDocument=DENY_ALL)
        given = {"RoleName": role, argument: arn}
        return lambda client: getattr(client("iam", region), operation)(**given)

    return prepare


def put_denying(role: str) -> Prepare:
    return simple(
        "iam", "put_role_policy", RoleName=role, PolicyName="deny-all", PolicyDocument=DENY_ALL
    )


def on_trail(operation: str, **parameters: Any) -> Prepare:
    prepare = simple("cloudtrail", operation, **parameters)
    return lambda account, region: prepare(account, TRAIL_HOME)


def selectors(*fields: dict[str, Any]) -> Prepare:
    """Advanced event selectors: management events that these fields leave over."""
    selector = {"Name": "some", "FieldSelectors": [EVERYTHING, *fields]}
    return on_trail("put_event_selectors", TrailName=TRAIL, AdvancedEventSelectors=[selector])


def put_alarm(**changes: Any) -> Prepare:
    def prepare(account: Account, region: str) -> Act:
        cloudwatch = account.sandbox.client("cloudwatch", region)
        (alarm,) = cloudwatch.describe_alarms(AlarmNames=[ALARM])["MetricAlarms"]
        names = (
            "AlarmName", "AlarmDescription", "ActionsEnabled", "AlarmActions", "MetricName",
            "Namespace", "Statistic", "Dimensions", "Period", "EvaluationPeriods", "Threshold",
            "ComparisonOperator", "TreatMissingData",
        )  # fmt: skip
        given = {name: alarm[name] for name in names if name in alarm} | changes
        return lambda client: client("cloudwatch", region).put_metric_alarm(**given)

    return prepare


def set_retention(account: Account, region: str) -> Act:
    url = account.sandbox.client("sqs", region).get_queue_url(QueueName=QUEUE)["QueueUrl"]
    return lambda client: client("sqs", region).set_queue_attributes(
        QueueUrl=url, Attributes={"MessageRetentionPeriod": "60"}
    )


def dress_up_as_drill_key(account: Account, region: str) -> Act:
    """A production key gets the description, the tag and an alias of a drill's key."""
    key = account.create_key(region, Description="production")["KeyId"]

    def act(client: Client) -> None:
        kms = client("kms", region)
        kms.update_key_description(
            KeyId=key,
            Description="Reprieve: a fire drill's throw-away key. It encrypts nothing.",
        )
        kms.tag_resource(KeyId=key, Tags=[{"TagKey": "reprieve-drill-run", "TagValue": "1"}])
        kms.create_alias(AliasName="alias/reprieve-drill-1", TargetKeyId=key)

    return act


def to_foreign_topic(targets: list[dict[str, Any]], topic: str) -> list[dict[str, Any]]:
    return [each | {"Arn": topic} if ":sns:" in each["Arn"] else each for each in targets]


def without_retries(targets: list[dict[str, Any]], topic: str) -> list[dict[str, Any]]:
    policy = {"MaximumEventAgeInSeconds": 60, "MaximumRetryAttempts": 0}
    return [each | {"RetryPolicy": policy} for each in targets]


def one_more(targets: list[dict[str, Any]], topic: str) -> list[dict[str, Any]]:
    return [{"Id": "more", "Arn": topic}]


POLICY_WITHOUT_EVENTBRIDGE = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT_ID}:root"},
                "Action": "sns:Publish",
                "Resource": "*",
            }
        ],
    }
)
TRUST_OF_NOBODY = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": "ec2.amazonaws.com"},
                "Action": "sts:AssumeRole",
            }
        ],
    }
)
DATA_PROTECTION = json.dumps(
    {
        "Name": "deny",
        "Version": "2021-06-01",
        "Statement": [
            {
                "DataDirection": "Inbound",
                "Principal": ["*"],
                "DataIdentifier": ["arn:aws:dataprotection::aws:data-identifier/EmailAddress"],
                "Operation": {"Deny": {}},
            }
        ],
    }
)
WITHOUT_KMS = {
    "ReadWriteType": "All",
    "IncludeManagementEvents": True,
    "ExcludeManagementEventSources": ["kms.amazonaws.com"],
}
ROLE_POLICY = {"RoleName": AUTOMATION_ROLE, "PolicyName": AUTOMATION_ROLE}
