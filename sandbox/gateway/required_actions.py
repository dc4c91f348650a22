"""The actions and resources that IAM checks for each call.

Source: the Service Authorization Reference. If a call is not listed here, only the account's root
can make it: to allow it unchecked would prove nothing. KMS has its own checks
(`sandbox.kms.calls`), because key policies count there.
"""

from __future__ import annotations

from typing import Final

from sandbox.chatbot import configurations
from sandbox.cloudformation import stack_calls, stack_reads
from sandbox.cloudformation.api import OPERATIONS
from sandbox.core.errors import SandboxCannot
from sandbox.gateway.resource_arns import (
    Parameters,
    Resource,
    alarm_arn,
    any_resource,
    arn_in,
    bus_arn,
    dashboard_arn,
    document_arn,
    given_arn,
    queue_arn,
    role_of,
    rule_arn,
    setting_arn,
    stack_arn,
    stack_set_arn,
    topic_of_subscription,
    trail_arn,
)
from sandbox.notifications import store

NEEDS_NO_PERMISSION: Final = frozenset({("sts", "GetCallerIdentity")})
CHECKED_ELSEWHERE: Final = frozenset(
    {
        ("events", "PutEvents"),
        ("kms", None),
        ("ssm", "StartAutomationExecution"),
        ("sts", "AssumeRole"),
    }
)
"""The services and operations that check permissions themselves."""


_RULE = rule_arn("Name")
_RULE_OF_TARGETS = rule_arn("Rule")
_TOPIC = given_arn("TopicArn")
_TAGGED = given_arn("ResourceARN")

_RESOURCES: Final[dict[str, dict[str, Resource]]] = {
    "chatbot": dict.fromkeys(configurations.OPERATIONS, any_resource),
    **{name: dict.fromkeys(calls, any_resource) for name, calls in store.OPERATIONS.items()},
    "cloudformation": {
        **dict.fromkeys(
            [name for name in OPERATIONS if "StackSet" in name or "StackInstance" in name],
            stack_set_arn,
        ),
        **dict.fromkeys([*stack_calls.OPERATIONS, *stack_reads.OPERATIONS], stack_arn),
        **dict.fromkeys(
            [
                "ActivateOrganizationsAccess",
                "DescribeOrganizationsAccess",
                "ListStackSets",
                "ListStacks",
                "ValidateTemplate",
            ],
            any_resource,
        ),
    },
    "cloudtrail": {
        "DescribeTrails": any_resource,
        "GetTrailStatus": trail_arn("Name"),
        "GetEventSelectors": trail_arn("TrailName"),
        "DeleteTrail": trail_arn("Name"),
        "PutEventSelectors": trail_arn("TrailName"),
        "StartLogging": trail_arn("Name"),
        "StopLogging": trail_arn("Name"),
        "UpdateTrail": trail_arn("Name"),
        "LookupEvents": any_resource,
    },
    "config": dict.fromkeys(
        ["DescribeConfigRules", "DescribeRemediationConfigurations"], any_resource
    ),
    "ec2": {"DescribeRegions": any_resource},
    "events": {
        "ListRules": arn_in("events", "rule/*"),
        "DescribeRule": _RULE,
        "ListTagsForResource": _TAGGED,
        "ListRuleNamesByTarget": any_resource,
        "ListTargetsByRule": _RULE_OF_TARGETS,
        "PutRule": _RULE,
        "DeleteRule": _RULE,
        "DisableRule": _RULE,
        "EnableRule": _RULE,
        "PutTargets": _RULE_OF_TARGETS,
        "RemoveTargets": _RULE_OF_TARGETS,
        "TagResource": _TAGGED,
        "UntagResource": _TAGGED,
        "CreateEventBus": bus_arn("Name"),
        "DeleteEventBus": bus_arn("Name"),
        "DescribeEventBus": bus_arn("Name"),
        "ListEventBuses": any_resource,
        "PutPermission": bus_arn("EventBusName"),
        "RemovePermission": bus_arn("EventBusName"),
        "UpdateEventBus": bus_arn("Name"),
    },
    "iam": {"GetUser": arn_in("iam", "user/{UserName}")}
    | dict.fromkeys(
        [
            "CreateRole",
            "DeleteRole",
            "DeleteRolePolicy",
            "GetRole",
            "GetRolePolicy",
            "ListAttachedRolePolicies",
            "ListInstanceProfilesForRole",
            "ListRolePolicies",
            "PutRolePolicy",
            "UpdateAssumeRolePolicy",
            "AttachRolePolicy",
            "DeleteRolePermissionsBoundary",
            "DetachRolePolicy",
            "PutRolePermissionsBoundary",
            "TagRole",
            "UntagRole",
            "UpdateRole",
            "UpdateRoleDescription",
        ],
        role_of,
    ),
    "organizations": dict.fromkeys(
        [
            "DescribeAccount",
            "DescribeOrganization",
            "DescribeOrganizationalUnit",
            "ListAWSServiceAccessForOrganization",
            "ListAccounts",
            "ListAccountsForParent",
            "ListChildren",
            "ListDelegatedAdministrators",
            "ListDelegatedServicesForAccount",
            "ListOrganizationalUnitsForParent",
            "ListParents",
            "ListRoots",
        ],
        any_resource,
    ),
    "monitoring": {
        "DescribeAlarms": arn_in("cloudwatch", "alarm:*"),
        "GetDashboard": dashboard_arn,
        "PutDashboard": dashboard_arn,
        "DeleteDashboards": dashboard_arn,
        "GetMetricStatistics": any_resource,
        "ListTagsForResource": _TAGGED,
        "PutMetricAlarm": arn_in("cloudwatch", "alarm:{AlarmName}"),
        "DeleteAlarms": alarm_arn,
        "DisableAlarmActions": alarm_arn,
        "EnableAlarmActions": alarm_arn,
        "SetAlarmState": arn_in("cloudwatch", "alarm:{AlarmName}"),
        "ListAlarmMuteRules": any_resource,
        "TagResource": _TAGGED,
        "UntagResource": _TAGGED,
    },
    "sns": {
        "CreateTopic": arn_in("sns", "{Name}"),
        "GetDataProtectionPolicy": given_arn("ResourceArn"),
        "PutDataProtectionPolicy": given_arn("ResourceArn"),
        "DeleteTopic": _TOPIC,
        "SetTopicAttributes": _TOPIC,
        "ListTagsForResource": given_arn("ResourceArn"),
        "GetSubscriptionAttributes": topic_of_subscription,
        "SetSubscriptionAttributes": topic_of_subscription,
        "GetTopicAttributes": _TOPIC,
        "ListTopics": any_resource,
        "ListSubscriptionsByTopic": _TOPIC,
        "Publish": _TOPIC,
        "Subscribe": _TOPIC,
        "Unsubscribe": topic_of_subscription,
        "AddPermission": _TOPIC,
        "ConfirmSubscription": _TOPIC,
        "RemovePermission": _TOPIC,
        "TagResource": given_arn("ResourceArn"),
        "UntagResource": given_arn("ResourceArn"),
    },
    "sqs": {
        "CreateQueue": arn_in("sqs", "{QueueName}"),
        "TagQueue": queue_arn,
        "DeleteQueue": queue_arn,
        "DeleteMessage": queue_arn,
        "GetQueueAttributes": queue_arn,
        "GetQueueUrl": arn_in("sqs", "{QueueName}"),
        "ListQueues": any_resource,
        "ListQueueTags": queue_arn,
        "PurgeQueue": queue_arn,
        "ReceiveMessage": queue_arn,
        "SendMessage": queue_arn,
        "AddPermission": queue_arn,
        "ChangeMessageVisibility": queue_arn,
        "RemovePermission": queue_arn,
        "UntagQueue": queue_arn,
        "SetQueueAttributes": queue_arn,
    },
    "ssm": {
        "AddTagsToResource": arn_in("ssm", "document/{ResourceId}"),
        "RemoveTagsFromResource": arn_in("ssm", "document/{ResourceId}"),
        "CreateDocument": document_arn,
        "DeleteDocument": document_arn,
        "DescribeDocument": document_arn,
        "DescribeDocumentPermission": document_arn,
        "ListTagsForResource": arn_in("ssm", "document/{ResourceId}"),
        "UpdateDocument": document_arn,
        "UpdateDocumentDefaultVersion": document_arn,
        "GetDocument": document_arn,
        "ListDocuments": any_resource,
        "DescribeAutomationExecutions": any_resource,
        "DescribeAutomationStepExecutions": any_resource,
        "GetAutomationExecution": arn_in("ssm", "automation-execution/{AutomationExecutionId}"),
        "StopAutomationExecution": arn_in("ssm", "automation-execution/{AutomationExecutionId}"),
        "GetServiceSetting": setting_arn,
        "UpdateServiceSetting": setting_arn,
        "ResetServiceSetting": setting_arn,
        "ModifyDocumentPermission": document_arn,
    },
}

# For other services, IAM's prefix is the service's signing name.
_PREFIXES: Final = {"monitoring": "cloudwatch"}


def required_actions(
    service: str, operation: str, parameters: Parameters, region: str
) -> list[tuple[str, str]]:
    """Return the actions that a call needs permission for, each with its resource.

    `service` is the signing name (`monitoring` for CloudWatch). Raise SandboxCannot for a call
    that is not listed.
    """
    if (service, operation) in NEEDS_NO_PERMISSION | CHECKED_ELSEWHERE:
        return []
    if (service, None) in CHECKED_ELSEWHERE:
        return []
    resource = _RESOURCES.get(service, {}).get(operation)
    if resource is None:
        raise SandboxCannot(f"{service} {operation} by anyone but the account's root")
    prefix = _PREFIXES.get(service, service)
    arn = resource(parameters, region)
    actions = [(f"{prefix}:{operation}", arn)]
    if service == "cloudformation":
        passed = [parameters.get(name) for name in ("RoleARN", "AdministrationRoleARN")]
        actions += [("iam:PassRole", str(role)) for role in passed if role]
    # IAM User Guide, "Grant a user permissions to pass a role": a target's role is passed to
    # EventBridge.
    if (service, operation) == ("events", "PutTargets"):
        roles = [each.get("RoleArn") for each in parameters.get("Targets", ())]
        actions += [("iam:PassRole", str(role)) for role in roles if role]
    return actions
