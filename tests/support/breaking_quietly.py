"""Changes that leave everything of a guard in place, and weaken it; and what is too much."""

import json
from contextlib import ExitStack

from tests.support import tags
from tests.support.breaking import EMAIL, RULE, TOPIC, Breaker, Breaking, runbook_of
from tests.support.breaking_reports import alarm_as_it_is

ELSEWHERE = TOPIC.replace("reprieve-alerts", "elsewhere")
DENY = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Deny", "Action": "*", "Resource": "*"}],
    }
)
_STEP = {"name": "nothing", "action": "aws:sleep", "inputs": {"Duration": "PT1S"}}
NOTHING = json.dumps({"schemaVersion": "0.3", "mainSteps": [_STEP]})


def subscription_has(name: str, value: str, former: str = "") -> Breaking:
    """Set an attribute of a subscription; `former` restores it."""

    def put(aws: Breaker, restore: ExitStack) -> None:
        found = aws.sns.list_subscriptions_by_topic(TopicArn=TOPIC)["Subscriptions"]
        (arn,) = (each["SubscriptionArn"] for each in found if each["Endpoint"] == EMAIL)
        names = {"SubscriptionArn": arn, "AttributeName": name}
        aws.sns.set_subscription_attributes(**names, AttributeValue=value)
        restore.callback(aws.sns.set_subscription_attributes, **names, AttributeValue=former)

    return put


def topic_has(name: str, value: str) -> Breaking:
    """Set an attribute of the topic."""

    def put(aws: Breaker, restore: ExitStack) -> None:
        former = aws.sns.get_topic_attributes(TopicArn=TOPIC)["Attributes"].get(name, "")
        names = {"TopicArn": TOPIC, "AttributeName": name}
        aws.sns.set_topic_attributes(**names, AttributeValue=value)
        restore.callback(aws.sns.set_topic_attributes, **names, AttributeValue=former)

    return put


def topic_denies_data(aws: Breaker, restore: ExitStack) -> None:
    policy = {"Name": "deny", "Version": "2021-06-01", "Statement": []}
    put = aws.sns.put_data_protection_policy
    put(ResourceArn=TOPIC, DataProtectionPolicy=json.dumps(policy))
    restore.callback(put, ResourceArn=TOPIC, DataProtectionPolicy="")


def rule_has_another_target(aws: Breaker, restore: ExitStack) -> None:
    aws.events.put_targets(Rule=RULE, Targets=[{"Id": "mine", "Arn": ELSEWHERE}])
    restore.callback(aws.events.remove_targets, Rule=RULE, Ids=["mine"])


def role_has_a_second_policy(role: str) -> Breaking:
    """Add an inline policy that denies everything."""

    def put(aws: Breaker, restore: ExitStack) -> None:
        names = {"RoleName": role, "PolicyName": "deny"}
        aws.iam.put_role_policy(**names, PolicyDocument=DENY)
        restore.callback(aws.iam.delete_role_policy, **names)

    return put


def _denying_policy(aws: Breaker, restore: ExitStack) -> str:
    arn: str = aws.iam.create_policy(PolicyName="deny", PolicyDocument=DENY)["Policy"]["Arn"]
    restore.callback(aws.iam.delete_policy, PolicyArn=arn)
    return arn


def role_has_an_attached_policy(role: str) -> Breaking:
    """Attach a policy that denies everything."""

    def attach(aws: Breaker, restore: ExitStack) -> None:
        names = {"RoleName": role, "PolicyArn": _denying_policy(aws, restore)}
        aws.iam.attach_role_policy(**names)
        restore.callback(aws.iam.detach_role_policy, **names)

    return attach


def role_has_a_boundary(role: str) -> Breaking:
    """Bound the role by a policy that denies everything."""

    def bound(aws: Breaker, restore: ExitStack) -> None:
        arn = _denying_policy(aws, restore)
        aws.iam.put_role_permissions_boundary(RoleName=role, PermissionsBoundary=arn)
        restore.callback(aws.iam.delete_role_permissions_boundary, RoleName=role)

    return bound


def runbook_has_a_newer_version(aws: Breaker, restore: ExitStack) -> None:
    name = runbook_of(aws)
    content = aws.ssm.get_document(Name=name)["Content"]
    aws.ssm.update_document(
        Name=name, Content=NOTHING, DocumentVersion="$LATEST", DocumentFormat="JSON"
    )
    # A document has no call that deletes its newest version: it is created again.
    kind = {"DocumentType": "Automation", "DocumentFormat": "JSON"}
    restore.callback(aws.ssm.create_document, Name=name, Content=content, **kind, Tags=tags.LIST)
    restore.callback(aws.ssm.delete_document, Name=name)


def runbook_has_another_default(aws: Breaker, restore: ExitStack) -> None:
    runbook_has_a_newer_version(aws, restore)
    aws.ssm.update_document_default_version(Name=runbook_of(aws), DocumentVersion="2")


def topic_is_strange(aws: Breaker, restore: ExitStack) -> None:
    arn = aws.sns.create_topic(Name="reprieve-old")["TopicArn"]
    restore.callback(aws.sns.delete_topic, TopicArn=arn)


def queue_is_strange(aws: Breaker, restore: ExitStack) -> None:
    url = aws.sqs.create_queue(QueueName="reprieve-old")["QueueUrl"]
    restore.callback(aws.sqs.delete_queue, QueueUrl=url)


def runbook_is_strange(aws: Breaker, restore: ExitStack) -> None:
    kind = {"DocumentType": "Automation", "DocumentFormat": "JSON"}
    aws.ssm.create_document(Name="reprieve-old", Content=NOTHING, **kind)
    restore.callback(aws.ssm.delete_document, Name="reprieve-old")


def alarm_is_strange(aws: Breaker, restore: ExitStack) -> None:
    alarm = alarm_as_it_is(aws) | {"AlarmName": "reprieve-old"}
    aws.cloudwatch.put_metric_alarm(**alarm)
    restore.callback(aws.cloudwatch.delete_alarms, AlarmNames=["reprieve-old"])


def publish_at_once(aws: Breaker, *, messages: int) -> None:
    """Let the topic's metric count so many messages in one minute; nothing takes it back."""
    name = TOPIC.rpartition(":")[2]
    dimensions = [{"Name": "TopicName", "Value": name}]
    metric = {"MetricName": "NumberOfMessagesPublished", "Dimensions": dimensions}
    aws.cloudwatch.put_metric_data(
        Namespace="AWS/SNS", MetricData=[metric | {"Value": float(messages), "Unit": "Count"}]
    )
