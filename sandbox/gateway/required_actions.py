"""The actions and resources that IAM checks for each call.

Source: the Service Authorization Reference. If a call is not listed here, only the account's root
can make it: to allow it unchecked would prove nothing. KMS has its own checks
(`sandbox.kms.calls`), because key policies count there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from moto.utilities.utils import get_partition

from sandbox.chatbot import configurations
from sandbox.core.account import current_account
from sandbox.core.errors import SandboxCannot
from sandbox.events.bus_policy import named_bus
from sandbox.iam.principals import role_arn
from sandbox.notifications import store
from sandbox.ssm import documents

Parameters = Mapping[str, Any]
_Resource = Callable[[Parameters, str], str]

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


def _any(parameters: Parameters, region: str) -> str:
    return "*"


def _arn(service: str, shape: str) -> _Resource:
    """Build an ARN of this account and the call's Region. `{Name}` is a parameter of the call."""

    def build(parameters: Parameters, region: str) -> str:
        arn_region = "" if service == "iam" else region
        resource = shape.format_map(parameters)
        return f"arn:{get_partition(region)}:{service}:{arn_region}:{current_account()}:{resource}"

    return build


def _given(name: str) -> _Resource:
    """Use the ARN in a parameter of the call."""
    return lambda parameters, region: str(parameters[name])


def _bus(name: str) -> _Resource:
    """Build the ARN of an event bus, from a parameter with its name or its ARN."""

    def build(parameters: Parameters, region: str) -> str:
        return named_bus(str(parameters.get(name) or ""), region).arn

    return build


def _rule(name: str) -> _Resource:
    """Build the ARN of a rule, which has the name of its bus if that is not the default one."""

    def build(parameters: Parameters, region: str) -> str:
        bus = named_bus(str(parameters.get("EventBusName") or ""), region).name
        prefix = "" if bus == "default" else f"{bus}/"
        return _arn("events", f"rule/{prefix}{parameters[name]}")({}, region)

    return build


def _topic_of_subscription(parameters: Parameters, region: str) -> str:
    # The reference lists no resource type for these calls, but SNS checks them against the topic:
    # its refusals name the topic's ARN ("not authorized to perform: SNS:Unsubscribe on resource").
    return str(parameters["SubscriptionArn"]).rpartition(":")[0]


def _queue(parameters: Parameters, region: str) -> str:
    name = str(parameters["QueueUrl"]).rstrip("/").rpartition("/")[2]
    return _arn("sqs", name)(parameters, region)


def _alarm(parameters: Parameters, region: str) -> str:
    # The query protocol numbers the names, the JSON protocol has a list.
    names = parameters.get("AlarmNames") or [parameters["AlarmNames.member.1"]]
    if "AlarmNames.member.2" in parameters or len(names) > 1:
        raise SandboxCannot("a call on several alarms, except by the root")
    return _arn("cloudwatch", f"alarm:{names[0]}")({}, region)


def _document(parameters: Parameters, region: str) -> str:
    name = str(parameters["Name"])
    owner = "" if name in documents.amazon_documents() else current_account()
    return f"arn:{get_partition(region)}:ssm:{region}:{owner}:document/{name}"


def _setting(parameters: Parameters, region: str) -> str:
    given = str(parameters["SettingId"])
    return given if given.startswith("arn:") else _arn("ssm", f"servicesetting{given}")({}, region)


def _trail(name: str) -> _Resource:
    def build(parameters: Parameters, region: str) -> str:
        given = str(parameters[name])
        return (
            given if given.startswith("arn:") else _arn("cloudtrail", f"trail/{given}")({}, region)
        )

    return build


_RULE = _rule("Name")


def _role(parameters: Parameters, region: str) -> str:
    # A call names a role without its path, which is a part of its ARN.
    name = str(parameters["RoleName"])
    path = str(parameters.get("Path", "/")).lstrip("/")
    return role_arn(name, region) or _arn("iam", f"role/{path}{name}")({}, region)


_RULE_OF_TARGETS = _rule("Rule")
_TOPIC = _given("TopicArn")
_TAGGED = _given("ResourceARN")

_RESOURCES: Final[dict[str, dict[str, _Resource]]] = {
    "chatbot": dict.fromkeys(configurations.OPERATIONS, _any),
    **{name: dict.fromkeys(calls, _any) for name, calls in store.OPERATIONS.items()},
    "cloudtrail": {
        "DescribeTrails": _any,
        "GetTrailStatus": _trail("Name"),
        "GetEventSelectors": _trail("TrailName"),
        "DeleteTrail": _trail("Name"),
        "PutEventSelectors": _trail("TrailName"),
        "StartLogging": _trail("Name"),
        "StopLogging": _trail("Name"),
        "UpdateTrail": _trail("Name"),
        "LookupEvents": _any,
    },
    "ec2": {"DescribeRegions": _any},
    "events": {
        "ListRules": _arn("events", "rule/*"),
        "DescribeRule": _RULE,
        "ListTagsForResource": _TAGGED,
        "ListTargetsByRule": _RULE_OF_TARGETS,
        "PutRule": _RULE,
        "DeleteRule": _RULE,
        "DisableRule": _RULE,
        "EnableRule": _RULE,
        "PutTargets": _RULE_OF_TARGETS,
        "RemoveTargets": _RULE_OF_TARGETS,
        "TagResource": _TAGGED,
        "UntagResource": _TAGGED,
        "CreateEventBus": _bus("Name"),
        "DeleteEventBus": _bus("Name"),
        "DescribeEventBus": _bus("Name"),
        "ListEventBuses": _any,
        "PutPermission": _bus("EventBusName"),
        "RemovePermission": _bus("EventBusName"),
        "UpdateEventBus": _bus("Name"),
    },
    "iam": {"GetUser": _arn("iam", "user/{UserName}")}
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
        _role,
    ),
    "organizations": dict.fromkeys(
        [
            "DescribeOrganization",
            "ListAccounts",
            "ListDelegatedAdministrators",
            "ListRoots",
        ],
        _any,
    ),
    "monitoring": {
        "DescribeAlarms": _arn("cloudwatch", "alarm:*"),
        "GetMetricStatistics": _any,
        "ListTagsForResource": _TAGGED,
        "PutMetricAlarm": _arn("cloudwatch", "alarm:{AlarmName}"),
        "DeleteAlarms": _alarm,
        "DisableAlarmActions": _alarm,
        "EnableAlarmActions": _alarm,
        "SetAlarmState": _arn("cloudwatch", "alarm:{AlarmName}"),
        "TagResource": _TAGGED,
        "UntagResource": _TAGGED,
    },
    "sns": {
        "CreateTopic": _arn("sns", "{Name}"),
        "GetDataProtectionPolicy": _given("ResourceArn"),
        "PutDataProtectionPolicy": _given("ResourceArn"),
        "DeleteTopic": _TOPIC,
        "SetTopicAttributes": _TOPIC,
        "ListTagsForResource": _given("ResourceArn"),
        "GetSubscriptionAttributes": _topic_of_subscription,
        "SetSubscriptionAttributes": _topic_of_subscription,
        "GetTopicAttributes": _TOPIC,
        "ListTopics": _any,
        "ListSubscriptionsByTopic": _TOPIC,
        "Publish": _TOPIC,
        "Subscribe": _TOPIC,
        "Unsubscribe": _topic_of_subscription,
        "AddPermission": _TOPIC,
        "ConfirmSubscription": _TOPIC,
        "RemovePermission": _TOPIC,
        "TagResource": _given("ResourceArn"),
        "UntagResource": _given("ResourceArn"),
    },
    "sqs": {
        "CreateQueue": _arn("sqs", "{QueueName}"),
        "TagQueue": _queue,
        "DeleteQueue": _queue,
        "DeleteMessage": _queue,
        "GetQueueAttributes": _queue,
        "GetQueueUrl": _arn("sqs", "{QueueName}"),
        "ListQueues": _any,
        "ListQueueTags": _queue,
        "PurgeQueue": _queue,
        "ReceiveMessage": _queue,
        "SendMessage": _queue,
        "AddPermission": _queue,
        "ChangeMessageVisibility": _queue,
        "RemovePermission": _queue,
        "UntagQueue": _queue,
        "SetQueueAttributes": _queue,
    },
    "ssm": {
        "AddTagsToResource": _arn("ssm", "document/{ResourceId}"),
        "RemoveTagsFromResource": _arn("ssm", "document/{ResourceId}"),
        "CreateDocument": _document,
        "DeleteDocument": _document,
        "DescribeDocument": _document,
        "DescribeDocumentPermission": _document,
        "ListTagsForResource": _arn("ssm", "document/{ResourceId}"),
        "UpdateDocument": _document,
        "UpdateDocumentDefaultVersion": _document,
        "GetDocument": _document,
        "ListDocuments": _any,
        "DescribeAutomationExecutions": _any,
        "DescribeAutomationStepExecutions": _any,
        "GetAutomationExecution": _arn("ssm", "automation-execution/{AutomationExecutionId}"),
        "StopAutomationExecution": _arn("ssm", "automation-execution/{AutomationExecutionId}"),
        "GetServiceSetting": _setting,
        "UpdateServiceSetting": _setting,
        "ResetServiceSetting": _setting,
        "ModifyDocumentPermission": _document,
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
    # IAM User Guide, "Grant a user permissions to pass a role": a target's role is passed to
    # EventBridge.
    if (service, operation) == ("events", "PutTargets"):
        roles = [each.get("RoleArn") for each in parameters.get("Targets", ())]
        actions += [("iam:PassRole", str(role)) for role in roles if role]
    return actions
