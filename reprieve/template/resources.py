"""The guard's data as CloudFormation resources: the type and the properties of each.

AWS CloudFormation template reference. Policies are objects, since all of their values are texts.
Event patterns and documents are texts, as Terraform has them: CloudFormation may turn a number or a
boolean in an object into a text (aws-cloudformation/cloudformation-coverage-roadmap #251), and a
document would be printed in another form, which may exceed Systems Manager's 64 KB.
"""

import json
from collections.abc import Iterable, Iterator
from typing import Any

from reprieve.guard.resources import (
    DEFAULT_BUS,
    Alarm,
    Dashboard,
    Document,
    Key,
    Queue,
    RegionalGuard,
    Role,
    Rule,
    Subscription,
    Target,
    Topic,
)
from reprieve.names import DEFAULT_ROLE_PATH
from reprieve.template.alarms import measured
from reprieve.template.resource import (
    Either,
    Reference,
    Resource,
    given,
    logical_id,
    short_hash,
    tag_list,
)
from reprieve.template.texts import reference_to

ALERT_KEY = "AlertKey"
QUEUE = "DeadLetters"
QUEUE_POLICY = "DeadLettersPolicy"
DASHBOARD = "Dashboard"


class Resources:
    """Makes the resources of a Region.

    Args:
        tags: Those of every resource that takes tags.
        roles_where: The name of the condition under which the template creates the roles, too.
        roles: The roles of that condition.
    """

    def __init__(
        self, tags: dict[str, str], roles_where: str = "", roles: Iterable[Role] = ()
    ) -> None:
        self._tags = tags
        self._created = {
            role.arn: Either(roles_where, Reference(_role_id(role), "Arn"), role.arn)
            for role in roles
        }
        self._roles_where = roles_where or None

    def guard(self, guard: RegionalGuard) -> dict[str, Resource]:
        """Return the resources of a guard by their logical ids."""
        return dict(self._guard(guard))

    def roles(self, roles: Iterable[Role]) -> dict[str, Resource]:
        """Return the roles of an account."""
        return {_role_id(role): self._role(role) for role in roles}

    def rules(self, rules: Iterable[Rule]) -> dict[str, Resource]:
        """Return the rules of a Region that has nothing else."""
        return {logical_id(rule.id, "rule"): self._rule(rule, {}) for rule in rules}

    def dashboard(self, dashboard: Dashboard) -> dict[str, Resource]:
        """Return the dashboard of an account."""
        properties = {
            "DashboardName": dashboard.name,
            "DashboardBody": json.dumps(dashboard.body),
        }
        return {DASHBOARD: Resource("AWS::CloudWatch::Dashboard", properties)}

    def _guard(self, guard: RegionalGuard) -> Iterator[tuple[str, Resource]]:
        # The logical ids of what a rule needs, by its ARN or name.
        known = {guard.queue.arn: QUEUE_POLICY}
        if guard.key:
            yield ALERT_KEY, self._key(guard.key)
            yield "AlertKeyAlias", _alias(guard.key)
        yield QUEUE, self._queue(guard.queue)
        yield QUEUE_POLICY, _queue_policy(guard.queue)
        for topic in guard.topics:
            id = logical_id(topic.id.removesuffix("-topic"), "topic" if topic.id != "topic" else "")
            known[topic.arn] = f"{id}Policy"
            yield id, self._topic(topic)
            yield f"{id}Policy", _topic_policy(topic, id)
            for address in topic.emails:
                yield f"{id}Email{short_hash(address)}", _email(address, id)
            for each in topic.subscriptions:
                yield f"{id}Channel{logical_id(each.id)}", _subscription(each, id)
        for document in guard.documents:
            id = logical_id(document.id.removeprefix("reprieve-"), "document")
            known[document.name] = id
            yield id, self._document(document)
        for rule in guard.rules:
            yield logical_id(rule.id, "rule"), self._rule(rule, known)
        for alarm in guard.alarms:
            yield logical_id(alarm.id, "alarm"), self._alarm(alarm, known)

    @property
    def _tag_list(self) -> list[dict[str, str]]:
        return tag_list(self._tags)

    def _key(self, key: Key) -> Resource:
        return Resource(
            "AWS::KMS::Key",
            {
                "Description": key.description,
                "EnableKeyRotation": key.rotated,
                "PendingWindowInDays": key.deletion_window_days,
                # KMS refuses the policy as long as a role in it does not exist.
                "KeyPolicy": self._with_roles(key.policy),
                "Tags": tag_list(self._tags | key.tags),
            },
            # As with Terraform: KMS keeps it for PendingWindowInDays.
            deletion_policy="Delete",
        )

    def _with_roles(self, value: Any) -> Any:
        """Return a policy that refers to the roles that the template creates."""
        if isinstance(value, dict):
            return {name: self._with_roles(each) for name, each in value.items()}
        if isinstance(value, list):
            return [self._with_roles(each) for each in value]
        return self._created.get(value, value)

    def _queue(self, queue: Queue) -> Resource:
        return Resource(
            "AWS::SQS::Queue",
            {
                "QueueName": queue.name,
                "MessageRetentionPeriod": queue.retention_seconds,
                "SqsManagedSseEnabled": True,
                "Tags": self._tag_list,
            },
        )

    def _topic(self, topic: Topic) -> Resource:
        return Resource(
            "AWS::SNS::Topic",
            {
                "TopicName": topic.name,
                "DisplayName": topic.display_name,
                **given(KmsMasterKeyId=topic.key_arn),
                "Tags": self._tag_list,
            },
        )

    def _document(self, document: Document) -> Resource:
        return Resource(
            "AWS::SSM::Document",
            {
                "Name": document.name,
                "DocumentType": "Automation",
                "DocumentFormat": "JSON",
                # Joined for cfn-lint: its rule E3051 cannot parse a text that no function returns.
                "Content": {"Fn::Join": ["", [json.dumps(document.content)]]},
                "Tags": self._tag_list,
            },
        )

    def _rule(self, rule: Rule, known: dict[str, str]) -> Resource:
        names = (name for target in rule.targets for name in (target.arn, target.dead_letter_arn))
        depends = dict.fromkeys(known[name] for name in names if name in known)
        properties = {
            "Name": rule.name,
            "Description": rule.description,
            **given(EventPattern=rule.pattern, ScheduleExpression=rule.schedule),
            **given(EventBusName=rule.bus if rule.bus != DEFAULT_BUS else None),
            "State": "ENABLED",
            "Targets": [self._target(target, known) for target in rule.targets],
            "Tags": self._tag_list,
        }
        return Resource("AWS::Events::Rule", properties, tuple(depends))

    def _target(self, target: Target, known: dict[str, str]) -> dict[str, Any]:
        transformer, arn = target.transformer, target.arn
        if target.document:
            # By a reference, which no condition on the document stands against.
            arn = arn.replace(target.document, reference_to(known[target.document]))
        return {
            "Id": target.id,
            "Arn": arn,
            **given(
                RoleArn=self._created.get(target.role_arn or "", target.role_arn),
                InputTransformer={
                    "InputPathsMap": dict(transformer.paths),
                    "InputTemplate": transformer.template,
                }
                if transformer
                else None,
            ),
            "RetryPolicy": {
                "MaximumEventAgeInSeconds": target.maximum_event_age,
                "MaximumRetryAttempts": target.maximum_retries,
            },
            **given(DeadLetterConfig=target.dead_letter_arn and {"Arn": target.dead_letter_arn}),
        }

    def _alarm(self, alarm: Alarm, known: dict[str, str]) -> Resource:
        properties = {
            "AlarmName": alarm.name,
            "AlarmDescription": alarm.description,
            "ComparisonOperator": alarm.comparison,
            "Threshold": alarm.threshold,
            "EvaluationPeriods": alarm.evaluation_periods,
            "TreatMissingData": alarm.missing_data,
            "AlarmActions": list(alarm.actions),
            **measured(alarm),
            "Tags": self._tag_list,
        }
        depends = dict.fromkeys(known[arn] for arn in alarm.actions if arn in known)
        return Resource("AWS::CloudWatch::Alarm", properties, tuple(depends))

    def _role(self, role: Role) -> Resource:
        return Resource(
            "AWS::IAM::Role",
            {
                "RoleName": role.name,
                "Description": role.description,
                **given(Path=role.path if role.path != DEFAULT_ROLE_PATH else None),
                **given(PermissionsBoundary=role.permissions_boundary),
                "AssumeRolePolicyDocument": role.trust,
                "Policies": [{"PolicyName": role.name, "PolicyDocument": role.permissions}],
                "Tags": self._tag_list,
            },
            condition=self._roles_where,
        )


def _role_id(role: Role) -> str:
    return logical_id(role.id, "role")


def _alias(key: Key) -> Resource:
    return Resource(
        "AWS::KMS::Alias", {"AliasName": key.alias, "TargetKeyId": Reference(ALERT_KEY)}
    )


def _queue_policy(queue: Queue) -> Resource:
    return Resource(
        "AWS::SQS::QueuePolicy", {"Queues": [Reference(QUEUE)], "PolicyDocument": queue.policy}
    )


def _topic_policy(topic: Topic, id: str) -> Resource:
    return Resource(
        "AWS::SNS::TopicPolicy", {"Topics": [Reference(id)], "PolicyDocument": topic.policy}
    )


def _email(address: str, topic: str) -> Resource:
    return Resource(
        "AWS::SNS::Subscription",
        {"TopicArn": Reference(topic), "Protocol": "email", "Endpoint": address},
    )


def _subscription(subscription: Subscription, topic: str) -> Resource:
    return Resource(
        "AWS::SNS::Subscription",
        {
            "TopicArn": Reference(topic),
            "Protocol": subscription.protocol,
            "Endpoint": subscription.endpoint,
            **given(
                FilterPolicy=subscription.filter_policy,
                FilterPolicyScope="MessageBody" if subscription.filter_policy else None,
                RawMessageDelivery=subscription.raw or None,
                DeliveryPolicy=subscription.delivery_policy,
            ),
            "RedrivePolicy": {"deadLetterTargetArn": subscription.dead_letter_arn},
        },
        (QUEUE_POLICY,),
    )
