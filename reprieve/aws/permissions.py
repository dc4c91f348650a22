"""The smallest IAM policy that each command needs, `terraform plan` and `apply` included.

Actions and their resource types: Service Authorization Reference.
"""

from typing import Any, Final

from reprieve.guard.remediation import ADAPTIVE_CONCURRENCY
from reprieve.names import (
    ALARMS,
    AUTOMATION_ROLE,
    DEAD_LETTERS,
    DRILL_PREFIX,
    EVENTBRIDGE_ROLE,
    LIFELINE,
    PATROL_ROLE,
    PREFIX,
)
from reprieve.runbooks.runbook import CANCEL_KEY_DELETION
from reprieve.settings.schema import Settings

# By command and Sid: the actions, and the kind of resource (see `_resources`).
_STATEMENTS: Final[dict[str, dict[str, tuple[tuple[str, ...], str]]]] = {
    "status": {
        "ReadRegions": (
            (
                "ec2:DescribeRegions",
                "kms:ListKeys",
                "kms:ListAliases",
                "events:ListRules",
                "sns:ListTopics",
                "sns:GetSubscriptionAttributes",
                "sqs:ListQueues",
                "ssm:ListDocuments",
                "cloudtrail:DescribeTrails",
                "cloudwatch:GetMetricStatistics",
                "ssm:DescribeAutomationExecutions",
            ),
            "any",
        ),
        "ReadAlarms": (("cloudwatch:DescribeAlarms",), "alarms"),
        "ReadTrails": (("cloudtrail:GetTrailStatus", "cloudtrail:GetEventSelectors"), "trails"),
        "ReadRules": (("events:ListTargetsByRule",), "rules"),
        "ReadTopics": (
            (
                "sns:GetTopicAttributes",
                "sns:GetDataProtectionPolicy",
                "sns:ListSubscriptionsByTopic",
            ),
            "topics",
        ),
        "ReadDeadLetters": (("sqs:GetQueueUrl", "sqs:GetQueueAttributes"), "dead letters"),
        "ReadRunbooks": (("ssm:DescribeDocument", "ssm:GetDocument"), "runbooks"),
        "ReadRoles": (
            (
                "iam:GetRole",
                "iam:GetRolePolicy",
                "iam:ListAttachedRolePolicies",
                "iam:ListRolePolicies",
            ),
            "roles",
        ),
        "ReadServiceSetting": (("ssm:GetServiceSetting",), "service setting"),
        "ReadKeys": (("kms:DescribeKey", "kms:GetKeyPolicy"), "keys"),
        "ReadAlertKey": (("kms:GetKeyRotationStatus", "kms:ListResourceTags"), "keys"),
    },
    "drill": {
        "CreateKey": (("kms:CreateKey", "kms:ListAliases"), "any"),
        "CreateAlias": (("kms:CreateAlias",), "keys and drill's aliases"),
        # Without one of these the drill cannot prove that a key is an earlier drill's: it then
        # creates a new key.
        "ProveKey": (
            (
                "kms:GetKeyLastUsage",
                "kms:GetKeyPolicy",
                "kms:ListGrants",
                "kms:ListResourceTags",
            ),
            "keys",
        ),
        "ProveCreation": (("cloudtrail:LookupEvents",), "any"),
        "ScheduleKeyDeletion": (
            (
                "kms:DescribeKey",
                "kms:EnableKey",
                "kms:ScheduleKeyDeletion",
                "kms:TagResource",
            ),
            "keys",
        ),
        "Subscribe": (("sns:Subscribe", "sns:ListSubscriptionsByTopic"), "topics"),
        "CleanUp": (("sns:Unsubscribe", "sqs:ListQueues"), "any"),
        "UseQueue": (
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
        "ReadRegions": (
            ("ec2:DescribeRegions", "kms:ListKeys", "kms:ListAliases", "cloudtrail:LookupEvents"),
            "any",
        ),
        "ReadKeys": (("kms:DescribeKey", "kms:GetKeyLastUsage"), "keys"),
    },
    "sweep --cancel": {"CancelKeyDeletion": (("kms:CancelKeyDeletion",), "keys")},
    "sweep --enable": {"EnableKey": (("kms:EnableKey",), "keys")},
    "plan": {
        "ReadSubscriptions": (("sns:GetSubscriptionAttributes",), "any"),
        "ListAlarms": (("cloudwatch:DescribeAlarms",), "alarms"),
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
        "ReadAlertKey": (
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
        # kms:PutKeyPolicy: KMS refuses to create a key whose policy the caller cannot change.
        # kms:ScheduleKeyDeletion is left out: the policy cannot be limited to this key, and
        # Reprieve guards against that very call.
        "CreateAlertKey": (("kms:CreateKey",), "any"),
        "ConfigureAlertKey": (("kms:EnableKeyRotation", "kms:PutKeyPolicy"), "keys"),
    },
}

_SERVICE_SETTING: Final = frozenset({"ReadServiceSetting"})
"""Only with `remediation.adaptive_concurrency`."""

# Only with `notify.encryption = "own"`.
_OWN_ALERT_KEY: Final = frozenset({"ReadAlertKey", "CreateAlertKey", "ConfigureAlertKey"})

EXTENDS: Final = {"sweep --cancel": "sweep", "sweep --enable": "sweep", "deploy": "plan"}
"""By command: the command whose permissions it needs besides its own."""

COMMANDS: Final = tuple(_STATEMENTS)
"""The commands that have a policy. `plan` and `deploy` are Terraform's, without its state."""

_ACTIONS: Final = {
    action.partition(":")[2]: action
    for statements in _STATEMENTS.values()
    for actions, _ in statements.values()
    for action in actions
}


def action_of(operation: str) -> str:
    """Return the IAM action of an API operation, `sns:Publish`; the operation if it is unknown."""
    return _ACTIONS.get(operation, operation)


def policy_for(command: str, settings: Settings) -> dict[str, Any]:
    """Return the smallest IAM policy that one of `COMMANDS` needs.

    Raises:
        KeyError: `COMMANDS` does not have the command.
    """
    resources = _resources(settings)
    statements = _STATEMENTS.get(EXTENDS.get(command, ""), {}) | _STATEMENTS[command]
    return {
        "Version": "2012-10-17",
        "Statement": [
            {"Sid": sid, "Effect": "Allow", "Action": list(actions), "Resource": resources[kind]}
            for sid, (actions, kind) in statements.items()
            if sid not in _OWN_ALERT_KEY or settings.notify.encryption == "own"
            if sid not in _SERVICE_SETTING or settings.remediation.adaptive_concurrency
        ],
    }


def _resources(settings: Settings) -> dict[str, list[str]]:
    """Return ARN patterns by kind of resource.

    The account is left open, since an identity's policy applies to its own account.
    """
    partition = settings.regions.partition

    def arn(service: str, *names: str) -> list[str]:
        return [f"arn:{partition}:{service}:*:*:{name}" for name in names]

    automation_role = settings.remediation.automation_role_arn
    return {
        "any": ["*"],
        "keys": arn("kms", "key/*"),
        "topics": arn("sns", settings.notify.topic_name, LIFELINE, ALARMS),
        "service setting": arn("ssm", f"servicesetting{ADAPTIVE_CONCURRENCY}"),
        "rules": arn("events", f"rule/{PREFIX}-*"),
        "dead letters": arn("sqs", DEAD_LETTERS),
        "trails": arn("cloudtrail", "trail/*"),
        "runbooks": [
            *arn("ssm", f"document/{PREFIX}-*"),
            f"arn:{partition}:ssm:*::document/{CANCEL_KEY_DELETION.name}",
        ],
        "roles": [
            automation_role or f"arn:{partition}:iam::*:role/{AUTOMATION_ROLE}",
            f"arn:{partition}:iam::*:role/{EVENTBRIDGE_ROLE}",
            f"arn:{partition}:iam::*:role/{PATROL_ROLE}",
        ],
        "own alarms": arn("cloudwatch", f"alarm:{PREFIX}-*"),
        "own roles": [f"arn:{partition}:iam::*:role/{PREFIX}-*"],
        "own runbooks": arn("ssm", f"document/{PREFIX}-*"),
        "keys and drill's aliases": arn("kms", "key/*", f"alias/{DRILL_PREFIX}*"),
        "alarms": arn("cloudwatch", "alarm:*"),
        "drill's queues": arn("sqs", f"{DRILL_PREFIX}*"),
    }
