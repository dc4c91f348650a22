"""Which right a call needs: the action and the resource that IAM looks at.

Source: the Service Authorization Reference, page by page. A call that is not listed here is refused
to everyone but the account's root, since letting it through would prove nothing. KMS has checks of
its own (`sandbox.kms.calls`), as its keys' policies count.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from moto.utilities.utils import get_partition

from sandbox.core.account import ACCOUNT_ID
from sandbox.core.errors import SandboxCannot
from sandbox.ssm import documents

Parameters = Mapping[str, Any]
_Resource = Callable[[Parameters, str], str]

NEEDS_NO_RIGHT: Final = frozenset({("sts", "GetCallerIdentity")})
CHECKED_ELSEWHERE: Final = frozenset(
    {("kms", None), ("ssm", "StartAutomationExecution"), ("sts", "AssumeRole")}
)
"""Services, and operations, whose rights are checked where the call is carried out."""


def _any(parameters: Parameters, region: str) -> str:
    return "*"


def _arn(service: str, shape: str) -> _Resource:
    """Make an ARN of this account and the call's Region; `{Name}` is a parameter of the call."""

    def make(parameters: Parameters, region: str) -> str:
        place = "" if service == "iam" else region
        resource = shape.format_map(parameters)
        return f"arn:{get_partition(region)}:{service}:{place}:{ACCOUNT_ID}:{resource}"

    return make


def _given(name: str) -> _Resource:
    """Take the ARN that is a parameter of the call."""
    return lambda parameters, region: str(parameters[name])


def _queue(parameters: Parameters, region: str) -> str:
    name = str(parameters["QueueUrl"]).rstrip("/").rpartition("/")[2]
    return _arn("sqs", name)(parameters, region)


def _alarm(parameters: Parameters, region: str) -> str:
    if "AlarmNames.member.2" in parameters:
        raise SandboxCannot("cloudwatch DeleteAlarms of several by anyone but the account's root")
    return _arn("cloudwatch", f"alarm:{parameters['AlarmNames.member.1']}")({}, region)


def _document(parameters: Parameters, region: str) -> str:
    name = str(parameters["Name"])
    owner = "" if name in documents.amazon_documents() else ACCOUNT_ID
    return f"arn:{get_partition(region)}:ssm:{region}:{owner}:document/{name}"


def _trail(name: str) -> _Resource:
    def make(parameters: Parameters, region: str) -> str:
        given = str(parameters[name])
        return (
            given if given.startswith("arn:") else _arn("cloudtrail", f"trail/{given}")({}, region)
        )

    return make


_RULE = _arn("events", "rule/{Name}")
_ROLE = _arn("iam", "role/{RoleName}")

_RULE_OF_TARGETS = _arn("events", "rule/{Rule}")
_TOPIC = _given("TopicArn")
_TAGGED = _given("ResourceARN")

_RESOURCES: Final[dict[str, dict[str, _Resource]]] = {
    "cloudtrail": {
        "DescribeTrails": _any,
        "GetTrailStatus": _trail("Name"),
        "GetEventSelectors": _trail("TrailName"),
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
        "PutTargets": _RULE_OF_TARGETS,
        "RemoveTargets": _RULE_OF_TARGETS,
    },
    "iam": dict.fromkeys(
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
        ],
        _ROLE,
    ),
    "monitoring": {
        "DescribeAlarms": _arn("cloudwatch", "alarm:*"),
        "ListTagsForResource": _TAGGED,
        "PutMetricAlarm": _arn("cloudwatch", "alarm:{AlarmName}"),
        "DeleteAlarms": _alarm,
    },
    "sns": {
        "CreateTopic": _arn("sns", "{Name}"),
        "DeleteTopic": _TOPIC,
        "SetTopicAttributes": _TOPIC,
        "ListTagsForResource": _given("ResourceArn"),
        "GetSubscriptionAttributes": _any,
        "SetSubscriptionAttributes": _any,
        "GetTopicAttributes": _TOPIC,
        "ListSubscriptionsByTopic": _TOPIC,
        "Publish": _TOPIC,
        "Subscribe": _TOPIC,
        "Unsubscribe": _any,
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
        "ReceiveMessage": _queue,
        "SetQueueAttributes": _queue,
    },
    "ssm": {
        "CreateDocument": _document,
        "DeleteDocument": _document,
        "DescribeDocument": _document,
        "DescribeDocumentPermission": _document,
        "ListTagsForResource": _arn("ssm", "document/{ResourceId}"),
        "UpdateDocument": _document,
        "UpdateDocumentDefaultVersion": _document,
        "GetDocument": _document,
        "DescribeAutomationExecutions": _any,
        "DescribeAutomationStepExecutions": _any,
        "GetAutomationExecution": _arn("ssm", "automation-execution/{AutomationExecutionId}"),
    },
}

# IAM's prefix is the service's signing name, but for these.
_PREFIXES: Final = {"monitoring": "cloudwatch"}


def needed(
    service: str, operation: str, parameters: Parameters, region: str
) -> list[tuple[str, str]]:
    """Return the actions, each with its resource, that a call needs rights for.

    `service` is the signing name (`monitoring` for CloudWatch). Raises SandboxCannot for a call
    that is not listed.
    """
    if (service, operation) in NEEDS_NO_RIGHT | CHECKED_ELSEWHERE:
        return []
    if (service, None) in CHECKED_ELSEWHERE:
        return []
    resource = _RESOURCES.get(service, {}).get(operation)
    if resource is None:
        raise SandboxCannot(f"{service} {operation} by anyone but the account's root")
    prefix = _PREFIXES.get(service, service)
    arn = resource(parameters, region)
    rights = [(f"{prefix}:{operation}", arn)]
    # SQS API reference, CreateQueue: tags at its creation are a right of their own.
    if (service, operation) == ("sqs", "CreateQueue") and parameters.get("tags"):
        rights.append(("sqs:TagQueue", arn))
    # IAM User Guide, «Grant a user permissions to pass a role»: who sets up a service with a role.
    if (service, operation) == ("events", "PutTargets"):
        roles = [each.get("RoleArn") for each in parameters.get("Targets", ())]
        rights += [("iam:PassRole", str(role)) for role in roles if role]
    return rights
