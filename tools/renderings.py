"""Terraform's and CloudFormation's rendering of the guard: what the two languages do differently.

A test compares the two attribute by attribute, and knows only these differences. An attribute
without a row has the same name in both, in the spelling of each language (`display_name` and
`DisplayName`), and the same value. docs/template.md has the tables.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

TYPES: Final = {
    "aws_sns_topic": "AWS::SNS::Topic",
    "aws_sns_topic_policy": "AWS::SNS::TopicPolicy",
    "aws_sns_topic_subscription": "AWS::SNS::Subscription",
    "aws_sqs_queue": "AWS::SQS::Queue",
    "aws_cloudwatch_event_rule": "AWS::Events::Rule",
    "aws_ssm_document": "AWS::SSM::Document",
    "aws_cloudwatch_metric_alarm": "AWS::CloudWatch::Alarm",
    "aws_cloudwatch_dashboard": "AWS::CloudWatch::Dashboard",
    "aws_iam_role": "AWS::IAM::Role",
    "aws_kms_key": "AWS::KMS::Key",
    "aws_kms_alias": "AWS::KMS::Alias",
}
"""The types of resources that have one of their own in both."""

PARTS: Final = {
    "aws_cloudwatch_event_target": "AWS::Events::Rule.Targets",
    "aws_iam_role_policy": "AWS::IAM::Role.Policies",
}
"""Resources of Terraform that are a property in CloudFormation."""

TAGGED: Final = (
    "aws_sns_topic",
    "aws_sqs_queue",
    "aws_cloudwatch_event_rule",
    "aws_ssm_document",
    "aws_cloudwatch_metric_alarm",
    "aws_iam_role",
    "aws_kms_key",
)
"""The types that get the tags of the settings."""

TERRAFORM_ONLY: Final = {
    "provider": "says the Region; a stack of CloudFormation is in one",
    "depends_on": "the order: see `DependsOn`",
    "lifecycle": "`create_before_destroy`: CloudFormation always creates the replacement first",
}
"""Arguments of Terraform that describe no resource of AWS."""

CLOUDFORMATION_ONLY: Final = {
    "Condition": "says which Regions have the resource",
    "DependsOn": "the order, where a text names another resource by its ARN",
    "DeletionPolicy": "`Delete` for the key of the alerts, which is Terraform's only way; with "
    "`UpdateReplacePolicy`",
}
"""Attributes of CloudFormation that describe no resource of AWS."""


IMPLIED: Final = {
    "aws_cloudwatch_event_target.rule": "the rule that has the target",
    "aws_cloudwatch_event_target.event_bus_name": "the event bus of that rule",
    "aws_iam_role_policy.role": "the role that has the policy",
    "AWS::SQS::QueuePolicy.Queues": "the queue that has the policy",
}
"""Attributes that one language needs to say what is inside of what in the other one."""


class Form(StrEnum):
    """How the value of an attribute differs."""

    SAME = "the same"
    MAP = "the same map"
    OBJECT = "JSON as a text, and as an object"
    LIST = "one value, and a list of one"
    PAIRS = "a map, and a list of names with values"


@dataclass(frozen=True)
class Difference:
    """An attribute with another name or form. `terraform` and `cloudformation` are TYPE.ATTRIBUTE.

    Where CloudFormation nests an attribute deeper, its name has dots.
    """

    terraform: str
    cloudformation: str
    form: Form = Form.SAME


DIFFERENCES: Final = (
    Difference("aws_sns_topic.name", "AWS::SNS::Topic.TopicName"),
    Difference("aws_sns_topic_policy.arn", "AWS::SNS::TopicPolicy.Topics", Form.LIST),
    Difference("aws_sns_topic_policy.policy", "AWS::SNS::TopicPolicy.PolicyDocument", Form.OBJECT),
    Difference(
        "aws_sns_topic_subscription.filter_policy",
        "AWS::SNS::Subscription.FilterPolicy",
        Form.OBJECT,
    ),
    Difference(
        "aws_sns_topic_subscription.delivery_policy",
        "AWS::SNS::Subscription.DeliveryPolicy",
        Form.OBJECT,
    ),
    Difference(
        "aws_sns_topic_subscription.redrive_policy",
        "AWS::SNS::Subscription.RedrivePolicy",
        Form.OBJECT,
    ),
    Difference("aws_sqs_queue.name", "AWS::SQS::Queue.QueueName"),
    Difference("aws_sqs_queue.message_retention_seconds", "AWS::SQS::Queue.MessageRetentionPeriod"),
    Difference("aws_sqs_queue.policy", "AWS::SQS::QueuePolicy.PolicyDocument", Form.OBJECT),
    Difference("aws_cloudwatch_event_target.target_id", "AWS::Events::Rule.Targets.Id"),
    Difference(
        "aws_cloudwatch_event_target.input_transformer.input_paths",
        "AWS::Events::Rule.Targets.InputTransformer.InputPathsMap",
        Form.MAP,
    ),
    Difference(
        "aws_cloudwatch_metric_alarm.dimensions", "AWS::CloudWatch::Alarm.Dimensions", Form.PAIRS
    ),
    Difference("aws_cloudwatch_metric_alarm.metric_query", "AWS::CloudWatch::Alarm.Metrics"),
    Difference(
        "aws_cloudwatch_metric_alarm.metric_query.metric",
        "AWS::CloudWatch::Alarm.Metrics.MetricStat.Metric",
    ),
    Difference(
        "aws_cloudwatch_metric_alarm.metric_query.metric.dimensions",
        "AWS::CloudWatch::Alarm.Metrics.MetricStat.Metric.Dimensions",
        Form.PAIRS,
    ),
    Difference(
        "aws_cloudwatch_metric_alarm.metric_query.metric.period",
        "AWS::CloudWatch::Alarm.Metrics.MetricStat.Period",
    ),
    Difference(
        "aws_cloudwatch_metric_alarm.metric_query.metric.stat",
        "AWS::CloudWatch::Alarm.Metrics.MetricStat.Stat",
    ),
    Difference("aws_iam_role.name", "AWS::IAM::Role.RoleName"),
    Difference(
        "aws_iam_role.assume_role_policy", "AWS::IAM::Role.AssumeRolePolicyDocument", Form.OBJECT
    ),
    Difference("aws_iam_role_policy.name", "AWS::IAM::Role.Policies.PolicyName"),
    Difference("aws_iam_role_policy.policy", "AWS::IAM::Role.Policies.PolicyDocument", Form.OBJECT),
    Difference("aws_kms_key.deletion_window_in_days", "AWS::KMS::Key.PendingWindowInDays"),
    Difference("aws_kms_key.policy", "AWS::KMS::Key.KeyPolicy", Form.OBJECT),
    Difference("aws_kms_alias.name", "AWS::KMS::Alias.AliasName"),
)


def type_rows() -> list[list[str]]:
    """Return a row for each type of resource of Terraform: its own name, and CloudFormation's."""
    queue_policy = {"aws_sqs_queue.policy": "AWS::SQS::QueuePolicy"}
    pairs = TYPES | PARTS | queue_policy
    return [[f"`{terraform}`", f"`{there}`"] for terraform, there in sorted(pairs.items())]


def attribute_rows() -> list[list[str]]:
    """Return a row for each attribute that differs."""
    return [[f"`{each.terraform}`", f"`{each.cloudformation}`", each.form] for each in DIFFERENCES]


def only_rows() -> list[list[str]]:
    """Return a row for each attribute that only one language has."""
    tags = "`default_tags` of the provider"
    return [
        *([f"`{name}`", "", why] for name, why in TERRAFORM_ONLY.items()),
        *(["", f"`{name}`", why] for name, why in CLOUDFORMATION_ONLY.items()),
        *(
            ["", f"`{name}`", why] if name.startswith("AWS::") else [f"`{name}`", "", why]
            for name, why in IMPLIED.items()
        ),
        [tags, "`Tags` of each resource that takes tags", "the tags of the settings"],
    ]
