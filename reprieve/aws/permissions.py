"""What the caller of each command must be allowed, Terraform's too: the smallest IAM policies.

Actions and the resources they know: Service Authorization Reference.
"""

from typing import Any, Final

from reprieve.names import (
    AUTOMATION_ROLE,
    DEAD_LETTERS,
    DRILL_PREFIX,
    EVENTBRIDGE_ROLE,
    LIFELINE,
    PREFIX,
)
from reprieve.settings.schema import Settings

# By command and Sid: the actions, and what they are about (see `_resources`).
_NEEDS: Final[dict[str, dict[str, tuple[tuple[str, ...], str]]]] = {
    "status": {
        "Look": (
            (
                "ec2:DescribeRegions",
                "kms:ListKeys",
                "kms:ListAliases",
                "events:ListRules",
                "cloudtrail:DescribeTrails",
                "ssm:DescribeAutomationExecutions",
            ),
            "any",
        ),
        "LookAtAlarms": (("cloudwatch:DescribeAlarms",), "alarms"),
        "LookAtTrails": (("cloudtrail:GetTrailStatus", "cloudtrail:GetEventSelectors"), "trails"),
        "LookAtRules": (("events:ListTargetsByRule",), "rules"),
        "LookAtTopics": (("sns:GetTopicAttributes", "sns:ListSubscriptionsByTopic"), "topics"),
        "LookAtDeadLetters": (("sqs:GetQueueUrl", "sqs:GetQueueAttributes"), "dead letters"),
        "LookAtRunbooks": (("ssm:DescribeDocument", "ssm:GetDocument"), "runbooks"),
        "LookAtRoles": (("iam:GetRole", "iam:GetRolePolicy"), "roles"),
        "LookAtTheKeyOfTheAlerts": (("kms:DescribeKey", "kms:GetKeyPolicy"), "keys"),
    },
    "drill": {
        "MakeAKey": (("kms:CreateKey", "kms:ListAliases"), "any"),
        "NameTheKey": (("kms:CreateAlias",), "keys and drill's aliases"),
        "EndangerTheKey": (
            (
                "kms:DescribeKey",
                "kms:ListResourceTags",
                "kms:ScheduleKeyDeletion",
                "kms:TagResource",
            ),
            "keys",
        ),
        "Listen": (("sns:Subscribe", "sns:ListSubscriptionsByTopic"), "topics"),
        "FindAndForget": (("sns:Unsubscribe", "sqs:ListQueues"), "any"),
        "UseAQueue": (
            (
                "sqs:CreateQueue",
                "sqs:TagQueue",
                "sqs:ReceiveMessage",
                "sqs:DeleteQueue",
            ),
            "drill's queues",
        ),
    },
    "sweep": {
        "Look": (
            ("ec2:DescribeRegions", "kms:ListKeys", "kms:ListAliases", "cloudtrail:LookupEvents"),
            "any",
        ),
        "LookAtKeys": (("kms:DescribeKey", "kms:GetKeyLastUsage"), "keys"),
    },
    "sweep --cancel": {"Rescue": (("kms:CancelKeyDeletion",), "keys")},
    "sweep --enable": {"Enable": (("kms:EnableKey",), "keys")},
    "plan": {
        "ReadSubscriptions": (("sns:GetSubscriptionAttributes",), "any"),
        "FindAlarms": (("cloudwatch:DescribeAlarms",), "alarms"),
        "ReadAlarms": (("cloudwatch:ListTagsForResource",), "own alarms"),
        "ReadDeadLetters": (("sqs:GetQueueAttributes", "sqs:ListQueueTags"), "dead letters"),
        "ReadRoles": (
            (
                "iam:GetRole",
                "iam:GetRolePolicy",
                "iam:ListAttachedRolePolicies",
                "iam:ListRolePolicies",
            ),
            "own roles",
        ),
        "ReadRules": (
            ("events:DescribeRule", "events:ListTagsForResource", "events:ListTargetsByRule"),
            "rules",
        ),
        "ReadRunbooks": (
            (
                "ssm:DescribeDocument",
                "ssm:DescribeDocumentPermission",
                "ssm:GetDocument",
                "ssm:ListTagsForResource",
            ),
            "own runbooks",
        ),
        "ReadTopics": (("sns:GetTopicAttributes", "sns:ListTagsForResource"), "topics"),
        "ReadTheKeyOfTheAlerts": (
            (
                "kms:DescribeKey",
                "kms:GetKeyPolicy",
                "kms:GetKeyRotationStatus",
                "kms:ListResourceTags",
            ),
            "keys",
        ),
    },
    "deploy": {
        "WriteSubscriptions": (("sns:SetSubscriptionAttributes", "sns:Unsubscribe"), "any"),
        "WriteAlarms": (
            (
                "cloudwatch:DeleteAlarms",
                "cloudwatch:PutMetricAlarm",
            ),
            "own alarms",
        ),
        "WriteDeadLetters": (
            (
                "sqs:CreateQueue",
                "sqs:DeleteQueue",
                "sqs:SetQueueAttributes",
            ),
            "dead letters",
        ),
        "WriteRoles": (
            (
                "iam:CreateRole",
                "iam:DeleteRole",
                "iam:DeleteRolePolicy",
                "iam:ListInstanceProfilesForRole",
                "iam:PassRole",
                "iam:PutRolePolicy",
                "iam:UpdateAssumeRolePolicy",
            ),
            "own roles",
        ),
        "WriteRules": (
            (
                "events:DeleteRule",
                "events:PutRule",
                "events:PutTargets",
                "events:RemoveTargets",
            ),
            "rules",
        ),
        "WriteRunbooks": (
            (
                "ssm:CreateDocument",
                "ssm:DeleteDocument",
                "ssm:UpdateDocument",
                "ssm:UpdateDocumentDefaultVersion",
            ),
            "own runbooks",
        ),
        "WriteTopics": (
            (
                "sns:CreateTopic",
                "sns:DeleteTopic",
                "sns:SetTopicAttributes",
                "sns:Subscribe",
            ),
            "topics",
        ),
        # KMS makes no key whose policy its maker could not change. Not kms:ScheduleKeyDeletion:
        # there is no telling that key from others, and that call is what Reprieve is there against.
        "MakeTheKeyOfTheAlerts": (("kms:CreateKey",), "any"),
        "SetUpTheKeyOfTheAlerts": (("kms:EnableKeyRotation", "kms:PutKeyPolicy"), "keys"),
    },
}

# Only with `notify.encryption = "own"`.
_FOR_A_KEY_OF_ITS_OWN: Final = frozenset(
    {"ReadTheKeyOfTheAlerts", "MakeTheKeyOfTheAlerts", "SetUpTheKeyOfTheAlerts"}
)

EXTENDS: Final = {"sweep --cancel": "sweep", "sweep --enable": "sweep", "deploy": "plan"}
"""By command: the other one whose needs it has besides its own."""

COMMANDS: Final = tuple(_NEEDS)
"""What asks AWS: commands of Reprieve; `plan` and `deploy` are Terraform, but for the state."""

_ACTIONS: Final = {
    action.partition(":")[2]: action
    for needs in _NEEDS.values()
    for actions, _ in needs.values()
    for action in actions
}


def action_of(operation: str) -> str:
    """Return the IAM action of an API operation: `sns:Publish`; without its prefix if unknown."""
    return _ACTIONS.get(operation, operation)


def policy_for(command: str, settings: Settings) -> dict[str, Any]:
    """Return the IAM policy that one of `COMMANDS` needs, and no more.

    Raises:
        KeyError: there is no such command.
    """
    resources = _resources(settings)
    statements = _NEEDS.get(EXTENDS.get(command, ""), {}) | _NEEDS[command]
    return {
        "Version": "2012-10-17",
        "Statement": [
            {"Sid": sid, "Effect": "Allow", "Action": list(actions), "Resource": resources[about]}
            for sid, (actions, about) in statements.items()
            if sid not in _FOR_A_KEY_OF_ITS_OWN or settings.notify.encryption == "own"
        ],
    }


def _resources(settings: Settings) -> dict[str, list[str]]:
    """Return the ARNs by what they are; an identity's policy is about its own account anyway."""
    partition = settings.regions.partition

    def arn(service: str, *names: str) -> list[str]:
        return [f"arn:{partition}:{service}:*:*:{name}" for name in names]

    automation_role = settings.remediation.automation_role_arn
    return {
        "any": ["*"],
        "keys": arn("kms", "key/*"),
        "topics": arn("sns", settings.notify.topic_name, LIFELINE),
        "rules": arn("events", f"rule/{PREFIX}-*"),
        "dead letters": arn("sqs", DEAD_LETTERS),
        "trails": arn("cloudtrail", "trail/*"),
        "runbooks": [
            *arn("ssm", f"document/{PREFIX}-*"),
            f"arn:{partition}:ssm:*::document/AWSConfigRemediation-CancelKeyDeletion",
        ],
        "roles": [
            automation_role or f"arn:{partition}:iam::*:role/{AUTOMATION_ROLE}",
            f"arn:{partition}:iam::*:role/{EVENTBRIDGE_ROLE}",
        ],
        "own alarms": arn("cloudwatch", f"alarm:{PREFIX}-*"),
        "own roles": [f"arn:{partition}:iam::*:role/{PREFIX}-*"],
        "own runbooks": arn("ssm", f"document/{PREFIX}-*"),
        "keys and drill's aliases": arn("kms", "key/*", f"alias/{DRILL_PREFIX}*"),
        "alarms": arn("cloudwatch", "alarm:*"),
        "drill's queues": arn("sqs", f"{DRILL_PREFIX}*"),
    }
