"""Damages one thing of a guard in one Region, and restores it."""

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

from sandbox.core.account import ACCOUNT_ID
from sandbox.server import Sandbox
from tests.support import tags

BROKEN = "us-east-1"
RULE = "reprieve-key-deletion-scheduled"
TOPIC = f"arn:aws:sns:{BROKEN}:{ACCOUNT_ID}:reprieve-alerts"
RUNBOOK = "reprieve-rescue-key-"
QUEUE = "reprieve-dead-letters"
TRAIL = "sandbox"
EMAIL = "security@example.com"


@dataclass
class Breaker:
    """The account's root, with clients of the Region where things are damaged."""

    sandbox: Sandbox

    def __getattr__(self, service: str) -> Any:
        return self.sandbox.client(service, BROKEN)

    @property
    def queue(self) -> str:
        """The URL of the dead-letter queue."""
        return self.sqs.get_queue_url(QueueName=QUEUE)["QueueUrl"]


Breaking = Callable[[Breaker, ExitStack], object]


@contextmanager
def damaged(sandbox: Sandbox, how: Breaking) -> Iterator[None]:
    """Damage something for a while."""
    with ExitStack() as restore:
        how(Breaker(sandbox), restore)
        yield


def _rule_as_it_is(aws: Breaker) -> dict[str, Any]:
    """Return what PutRule takes, of the rule."""
    rule = aws.events.describe_rule(Name=RULE)
    return {name: rule[name] for name in ("Name", "EventPattern", "State", "Description")}


def rule_is_gone(aws: Breaker, restore: ExitStack) -> None:
    targets = aws.events.list_targets_by_rule(Rule=RULE)["Targets"]
    rule = _rule_as_it_is(aws)
    aws.events.remove_targets(Rule=RULE, Ids=[target["Id"] for target in targets])
    aws.events.delete_rule(Name=RULE)
    restore.callback(aws.events.put_targets, Rule=RULE, Targets=targets)
    restore.callback(aws.events.put_rule, **rule, Tags=tags.LIST)


def rule_is_disabled(aws: Breaker, restore: ExitStack) -> None:
    aws.events.disable_rule(Name=RULE)
    restore.callback(aws.events.enable_rule, Name=RULE)


def pattern_is_another(aws: Breaker, restore: ExitStack) -> None:
    former = _rule_as_it_is(aws)
    pattern = json.loads(former["EventPattern"])
    pattern["detail"]["userIdentity"] = {"type": ["IAMUser"]}
    aws.events.put_rule(**former | {"EventPattern": json.dumps(pattern)})
    restore.callback(aws.events.put_rule, **former)


def rule_is(**changes: str) -> Breaking:
    """Change what PutRule takes."""

    def put(aws: Breaker, restore: ExitStack) -> None:
        former = _rule_as_it_is(aws)
        aws.events.put_rule(**former | changes)
        restore.callback(aws.events.put_rule, **former)

    return put


def rule_is_strange(aws: Breaker, restore: ExitStack) -> None:
    aws.events.put_rule(Name="reprieve-old", EventPattern='{"source": ["aws.kms"]}')
    restore.callback(aws.events.delete_rule, Name="reprieve-old")


def target_is(which: str, **changes: Any) -> Breaking:
    """Change a target; without changes it goes."""

    def change(aws: Breaker, restore: ExitStack) -> None:
        found = aws.events.list_targets_by_rule(Rule=RULE)["Targets"]
        (target,) = (each for each in found if each["Id"].endswith(which))
        aws.events.remove_targets(Rule=RULE, Ids=[target["Id"]])
        if changes:
            changed = {k: v for k, v in (target | changes).items() if v is not None}
            aws.events.put_targets(Rule=RULE, Targets=[changed])
        restore.callback(aws.events.put_targets, Rule=RULE, Targets=[target])

    return change


def target_says_nothing(aws: Breaker, restore: ExitStack) -> None:
    transformer = {"InputPathsMap": {"key": "$.id"}, "InputTemplate": '"<key>"'}
    target_is("alert", InputTransformer=transformer)(aws, restore)


def topic_is_gone(aws: Breaker, restore: ExitStack) -> None:
    former = aws.sns.get_topic_attributes(TopicArn=TOPIC)["Attributes"]
    kept = {name: former[name] for name in ("Policy", "DisplayName")}
    aws.sns.delete_topic(TopicArn=TOPIC)

    def again() -> None:
        aws.sns.create_topic(Name="reprieve-alerts", Attributes=kept, Tags=tags.LIST)
        for address in (EMAIL, "oncall@example.com"):
            aws.sns.subscribe(TopicArn=TOPIC, Protocol="email", Endpoint=address)

    restore.callback(again)


def topic_policy(change: Callable[[list[dict[str, Any]]], object]) -> Breaking:
    """Change the statements of the topic's policy."""

    def put(aws: Breaker, restore: ExitStack) -> None:
        former = aws.sns.get_topic_attributes(TopicArn=TOPIC)["Attributes"]["Policy"]
        policy = json.loads(former)
        change(policy["Statement"])
        names = {"TopicArn": TOPIC, "AttributeName": "Policy"}
        aws.sns.set_topic_attributes(**names, AttributeValue=json.dumps(policy))
        restore.callback(aws.sns.set_topic_attributes, **names, AttributeValue=former)

    return put


def topic_is_encrypted(aws: Breaker, restore: ExitStack) -> None:
    names = {"TopicArn": TOPIC, "AttributeName": "KmsMasterKeyId"}
    aws.sns.set_topic_attributes(**names, AttributeValue="alias/aws/sns")
    restore.callback(aws.sns.set_topic_attributes, **names, AttributeValue="")


def subscription_is_pending(aws: Breaker, restore: ExitStack) -> None:
    aws.sandbox.set_pending(BROKEN, EMAIL)
    restore.callback(aws.sandbox.set_pending, BROKEN, EMAIL, False)


def subscription_is_gone(aws: Breaker, restore: ExitStack) -> None:
    found = aws.sns.list_subscriptions_by_topic(TopicArn=TOPIC)["Subscriptions"]
    (arn,) = (each["SubscriptionArn"] for each in found if each["Endpoint"] == EMAIL)
    aws.sns.unsubscribe(SubscriptionArn=arn)
    restore.callback(aws.sns.subscribe, TopicArn=TOPIC, Protocol="email", Endpoint=EMAIL)


def runbook_of(aws: Breaker) -> str:
    """Return the name of the document that rescues keys: it ends with a hash."""
    own = [{"Key": "Owner", "Values": ["Self"]}]
    found = aws.ssm.list_documents(Filters=own, MaxResults=50)["DocumentIdentifiers"]
    name: str = next(each["Name"] for each in found if each["Name"].startswith(RUNBOOK))
    return name


def runbook_is_gone(aws: Breaker, restore: ExitStack) -> None:
    name = runbook_of(aws)
    content = aws.ssm.get_document(Name=name)["Content"]
    aws.ssm.delete_document(Name=name)
    kind = {"DocumentType": "Automation", "DocumentFormat": "JSON"}
    restore.callback(aws.ssm.create_document, Name=name, Content=content, **kind, Tags=tags.LIST)


def runbook_is_another(aws: Breaker, restore: ExitStack) -> None:
    name = runbook_of(aws)
    runbook_is_gone(aws, restore)
    content = json.dumps({"schemaVersion": "0.3", "mainSteps": []})
    kind = {"DocumentType": "Automation", "DocumentFormat": "JSON"}
    aws.ssm.create_document(Name=name, Content=content, **kind, Tags=tags.LIST)
    restore.callback(aws.ssm.delete_document, Name=name)


def role(policy: Callable[[dict[str, Any]], object], name: str, *, trust: bool) -> Breaking:
    """Change a role's trust policy, or its own."""

    def change(aws: Breaker, restore: ExitStack) -> None:
        def put(document: dict[str, Any]) -> None:
            text = json.dumps(document)
            if trust:
                aws.iam.update_assume_role_policy(RoleName=name, PolicyDocument=text)
            else:
                aws.iam.put_role_policy(RoleName=name, PolicyName=name, PolicyDocument=text)

        def get() -> dict[str, Any]:
            if trust:
                return aws.iam.get_role(RoleName=name)["Role"]["AssumeRolePolicyDocument"]
            return aws.iam.get_role_policy(RoleName=name, PolicyName=name)["PolicyDocument"]

        restore.callback(put, get())
        changed = get()
        policy(changed)
        put(changed)

    return change


def role_policy_is_gone(aws: Breaker, restore: ExitStack) -> None:
    names = {"RoleName": "reprieve-automation", "PolicyName": "reprieve-automation"}
    document = aws.iam.get_role_policy(**names)["PolicyDocument"]
    aws.iam.delete_role_policy(**names)
    restore.callback(aws.iam.put_role_policy, **names, PolicyDocument=json.dumps(document))


def rescue_failed(aws: Breaker, restore: ExitStack) -> None:
    parameters = {
        "KeyId": ["00000000-0000-4000-8000-000000000000"],
        "AutomationAssumeRole": [f"arn:aws:iam::{ACCOUNT_ID}:role/reprieve-automation"],
        "TopicArn": [TOPIC],
    }
    aws.ssm.start_automation_execution(DocumentName=runbook_of(aws), Parameters=parameters)
    aws.sandbox.settle()


def trail_is_stopped(aws: Breaker, restore: ExitStack) -> None:
    aws.cloudtrail.stop_logging(Name=TRAIL)
    restore.callback(aws.cloudtrail.start_logging, Name=TRAIL)


def trail_selects(**selectors: Any) -> Breaking:
    """Give the trail event selectors."""

    def put(aws: Breaker, restore: ExitStack) -> None:
        aws.cloudtrail.put_event_selectors(TrailName=TRAIL, **selectors)
        everything = [{"ReadWriteType": "All", "IncludeManagementEvents": True}]
        restore.callback(
            aws.cloudtrail.put_event_selectors, TrailName=TRAIL, EventSelectors=everything
        )

    return put
