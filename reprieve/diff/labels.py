"""Names of the resources of a plan, for people."""

import re
from typing import Any

from reprieve.diff.plan import Change
from reprieve.diff.runbooks import without_hash

# CDKTF appends eight digits of the path's hash to an address: they differ between Regions.
_HASH = re.compile(r"_[0-9A-F]{8}(?=$|\[)")

NOUNS = {
    "aws_chatbot_slack_channel_configuration": "Slack channel",
    "aws_chatbot_teams_channel_configuration": "Teams channel",
    "aws_cloudformation_stack_set": "stack set",
    "aws_cloudformation_stack_set_instance": "stack instances of",
    "aws_cloudwatch_event_bus": "event bus",
    "aws_cloudwatch_event_bus_policy": "policy of event bus",
    "aws_cloudwatch_dashboard": "dashboard",
    "aws_cloudwatch_event_rule": "rule",
    "aws_cloudwatch_event_target": "target",
    "aws_cloudwatch_metric_alarm": "alarm",
    "aws_iam_policy": "policy",
    "aws_iam_role": "role",
    "aws_iam_role_policy": "policy of role",
    "aws_iam_role_policy_attachment": "policy attached to role",
    "aws_kms_alias": "alias",
    "aws_kms_key": "KMS key",
    "aws_kms_key_policy": "policy of KMS key",
    "aws_notifications_channel_association": "address of notifications",
    "aws_notifications_event_rule": "events of notifications",
    "aws_notifications_notification_configuration": "notifications",
    "aws_notificationscontacts_email_contact": "contact",
    "aws_s3_bucket": "bucket",
    "aws_s3_bucket_policy": "policy of bucket",
    "aws_s3_bucket_public_access_block": "public access of bucket",
    "aws_s3_object": "object",
    "aws_sns_topic": "topic",
    "aws_sns_topic_policy": "policy of topic",
    "aws_sns_topic_subscription": "subscription of",
    "aws_sqs_queue": "queue",
    "aws_sqs_queue_policy": "policy of queue",
    "aws_ssm_document": "runbook",
    "aws_ssm_service_setting": "setting of Systems Manager",
    "terraform_data": "record",
}
_NAMES = {
    "aws_cloudwatch_dashboard": "dashboard_name",
    "aws_chatbot_slack_channel_configuration": "configuration_name",
    "aws_chatbot_teams_channel_configuration": "configuration_name",
    "aws_cloudwatch_event_bus_policy": "event_bus_name",
    "aws_cloudwatch_metric_alarm": "alarm_name",
    "aws_iam_role_policy": "role",
    "aws_iam_role_policy_attachment": "role",
    "aws_kms_key_policy": "key_id",
    "aws_s3_bucket": "bucket",
    "aws_s3_bucket_policy": "bucket",
    "aws_s3_bucket_public_access_block": "bucket",
    "aws_s3_object": "key",
    "aws_sns_topic_policy": "arn",
    "aws_sns_topic_subscription": "endpoint",
    "aws_sqs_queue_policy": "queue_url",
    "aws_ssm_service_setting": "setting_id",
}


def subject(change: Change) -> str:
    """Return the name of a resource: `rule reprieve-key-disabled`."""
    noun = NOUNS.get(change.type)
    if noun is None:
        return plain_address(change)
    if change.type == "aws_cloudwatch_event_target":
        target, rule = value(change, "target_id"), value(change, "rule")
        if isinstance(target, str) and isinstance(rule, str):
            return f"target {target} of rule {rule}"
    if change.type == "aws_kms_key":
        description = value(change, "description")
        return f'KMS key "{description}"' if isinstance(description, str) else noun
    if change.type == "aws_cloudformation_stack_set_instance":
        return f"{noun} {value(change, 'stack_set_name')} for {_units(change)}"
    name = value(change, _NAMES.get(change.type, "name"))
    if not isinstance(name, str) or not name:
        return f"{noun} {_HASH.sub('', change.name)}"
    if change.type == "aws_sns_topic_subscription":
        topic = value(change, "topic_arn")
        return f"subscription of {name}" + (f" to {tail(topic)}" if isinstance(topic, str) else "")
    return without_hash(f"{noun} {tail(name)}")


def _units(change: Change) -> str:
    """Return the organizational units of stack instances."""
    targets = (change.before or change.after or {}).get("deployment_targets")
    found = targets[0].get("organizational_unit_ids") if isinstance(targets, list) else None
    return ", ".join(map(str, found)) if isinstance(found, list) else "an organizational unit"


def value(change: Change, name: str) -> Any:
    """Return a text attribute before the change, or else after it."""
    for values in (change.before, change.after):
        if values and isinstance(found := values.get(name), str) and found:
            return found
    return None


def plain_address(change: Change) -> str:
    """Return the address without the hash that CDKTF appends."""
    return _HASH.sub("", change.address)


def tail(arn: str) -> str:
    """Return the name at the end of an ARN or of a queue's URL; any other text as it is."""
    if arn.startswith("arn:"):
        return arn.split(":", 5)[-1].rsplit(":", 1)[-1] if ":sns:" in arn else arn.split(":", 5)[-1]
    return arn.rsplit("/", 1)[-1] if arn.startswith("https://") else arn
