"""What AWS answers about a resource that was deployed as the guard's data says."""

import json
from typing import Any

from reprieve.guard.resources import (
    SUM_OF_METRICS,
    Alarm,
    ChatConfiguration,
    Document,
    EventBus,
    Key,
    Metric,
    Queue,
    Role,
    Rule,
    ServiceSetting,
    Subscription,
    Target,
    Topic,
)

Answer = dict[str, Any]


def rule_answer(rule: Rule) -> Answer:
    """Return a rule of ListRules."""
    answer = {
        "Name": rule.name,
        "Arn": rule.arn,
        "Description": rule.description,
        "EventPattern": rule.pattern,
        "ScheduleExpression": rule.schedule,
        "State": "ENABLED",
        "EventBusName": rule.bus,
    }
    return {name: value for name, value in answer.items() if value is not None}


def bus_answer(bus: EventBus) -> Answer:
    """Return what DescribeEventBus answers."""
    return {"Name": bus.name, "Arn": bus.arn, "Policy": json.dumps(bus.policy)}


def target_answer(target: Target) -> Answer:
    """Return a target of ListTargetsByRule."""
    answer = {
        "Id": target.id,
        "Arn": target.arn,
        "RoleArn": target.role_arn,
        "InputTransformer": target.transformer
        and {
            "InputPathsMap": target.transformer.paths,
            "InputTemplate": target.transformer.template,
        },
        "DeadLetterConfig": target.dead_letter_arn and {"Arn": target.dead_letter_arn},
        "RetryPolicy": {
            "MaximumRetryAttempts": target.maximum_retries,
            "MaximumEventAgeInSeconds": target.maximum_event_age,
        },
    }
    return {name: value for name, value in answer.items() if value is not None}


def chat_answer(configuration: ChatConfiguration) -> Answer:
    """Return a configuration of DescribeSlackChannelConfigurations, or of Teams."""
    answer = {
        "ConfigurationName": configuration.name,
        "ChatConfigurationArn": "arn:aws:chatbot::111122223333:chat-configuration/x",
        "SlackTeamId": configuration.workspace_id,
        "SlackChannelId": configuration.channel_id if configuration.type == "slack" else None,
        "ChannelId": configuration.channel_id if configuration.type == "teams" else None,
        "TeamId": configuration.team_id,
        "TenantId": configuration.tenant_id,
        "IamRoleArn": configuration.role_arn,
        "GuardrailPolicyArns": list(configuration.guardrail_arns),
        "SnsTopicArns": list(configuration.topic_arns),
        "LoggingLevel": configuration.logging_level,
        "UserAuthorizationRequired": configuration.user_roles_required,
    }
    return {name: value for name, value in answer.items() if value is not None}


def subscription_answer(subscription: Subscription) -> dict[str, str]:
    """Return the attributes of GetSubscriptionAttributes."""
    wanted = subscription.filter_policy
    redrive = {"deadLetterTargetArn": subscription.dead_letter_arn}
    answer = {
        "Protocol": subscription.protocol,
        "Endpoint": subscription.endpoint,
        "PendingConfirmation": "false",
        "RawMessageDelivery": str(subscription.raw).lower(),
        "RedrivePolicy": json.dumps(redrive),
        "FilterPolicyScope": "MessageBody" if wanted else "MessageAttributes",
    }
    if wanted:
        answer["FilterPolicy"] = json.dumps(wanted)
    if subscription.delivery_policy:
        answer["DeliveryPolicy"] = json.dumps(subscription.delivery_policy)
    return answer


def topic_answer(topic: Topic) -> Answer:
    """Return the attributes of GetTopicAttributes."""
    return {
        "TopicArn": topic.arn,
        "DisplayName": topic.display_name,
        "Policy": json.dumps(topic.policy),
        "Owner": topic.arn.split(":")[4],
        "SubscriptionsConfirmed": str(len(topic.emails)),
        "EffectiveDeliveryPolicy": '{"http": {}}',
    } | ({"KmsMasterKeyId": topic.key_arn} if topic.key_arn else {})


def queue_answer(queue: Queue) -> Answer:
    """Return the attributes of GetQueueAttributes."""
    return {
        "QueueArn": queue.arn,
        "Policy": json.dumps(queue.policy),
        "MessageRetentionPeriod": str(queue.retention_seconds),
        "SqsManagedSseEnabled": "true",
        "MaximumMessageSize": "1048576",
        "VisibilityTimeout": "30",
        "DelaySeconds": "0",
        "ReceiveMessageWaitTimeSeconds": "0",
        "ApproximateNumberOfMessages": "0",
    }


def document_answers(document: Document) -> tuple[Answer, Answer]:
    """Return what DescribeDocument and GetDocument say."""
    described = {"DocumentType": "Automation", "DefaultVersion": "1", "LatestVersion": "1"}
    version = {
        "Name": document.name,
        "DocumentVersion": "1",
        "Content": json.dumps(document.content, indent=2),
    }
    return described | {"Status": "Active"}, version


def alarm_answer(alarm: Alarm) -> Answer:
    """Return an alarm of DescribeAlarms."""
    answer = {
        "AlarmName": alarm.name,
        "AlarmDescription": alarm.description,
        "ActionsEnabled": True,
        "AlarmActions": list(alarm.actions),
        "OKActions": [],
        "InsufficientDataActions": [],
        "EvaluationPeriods": alarm.evaluation_periods,
        "Threshold": float(alarm.threshold),
        "ComparisonOperator": alarm.comparison,
        "TreatMissingData": alarm.missing_data,
        "StateValue": "OK",
    }
    if not alarm.label:
        (metric,) = alarm.metrics
        statistic = {"Statistic": metric.statistic, "Period": metric.period_seconds}
        return answer | _metric(metric) | statistic
    total = {"Id": "total", "Expression": SUM_OF_METRICS, "Label": alarm.label, "ReturnData": True}
    each = [
        {
            "Id": f"m{index}",
            "MetricStat": {
                "Metric": _metric(metric),
                "Period": metric.period_seconds,
                "Stat": metric.statistic,
            },
            "ReturnData": False,
        }
        for index, metric in enumerate(alarm.metrics)
    ]
    return answer | {"Metrics": [total, *each]}


def _metric(metric: Metric) -> Answer:
    return {
        "Namespace": metric.namespace,
        "MetricName": metric.name,
        "Dimensions": [{"Name": name, "Value": value} for name, value in metric.dimensions.items()],
    }


def role_answers(role: Role) -> tuple[Answer, Answer]:
    """Return the role of GetRole, and its inline policies by name."""
    answer = {
        "RoleName": role.name,
        "Arn": role.arn,
        "Path": role.path,
        "PermissionsBoundary": {"PermissionsBoundaryArn": role.permissions_boundary},
        "Description": role.description,
        "AssumeRolePolicyDocument": role.trust,
        "MaxSessionDuration": 3600,
    }
    return answer, {role.name: role.permissions}


def key_answers(key: Key) -> tuple[Answer, str, bool, list[str], dict[str, str]]:
    """Return metadata and policy of a key, whether it rotates, its aliases and its tags."""
    return (
        {"Arn": key.arn, "Description": key.description, "KeyState": "Enabled"},
        json.dumps(key.policy),
        key.rotated,
        ["alias/mine", key.alias],
        key.tags | {"team": "security"},
    )


def setting_answer(setting: ServiceSetting) -> Answer:
    """Return the setting of GetServiceSetting."""
    return {"SettingId": setting.id, "SettingValue": setting.value, "Status": "Customized"}
