"""What each command does in AWS: its actions, statement by statement.

Actions and their resource types: Service Authorization Reference.
"""

from typing import Final

STATEMENTS: Final[dict[str, dict[str, tuple[tuple[str, ...], str]]]] = {
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
                "cloudwatch:ListAlarmMuteRules",
                "ssm:DescribeAutomationExecutions",
            ),
            "any",
        ),
        "ReadAlarms": (("cloudwatch:DescribeAlarms",), "alarms"),
        "ReadDashboard": (("cloudwatch:GetDashboard",), "dashboard"),
        "ReadAlarmTags": (("cloudwatch:ListTagsForResource",), "own alarms"),
        "ReadTrails": (("cloudtrail:GetTrailStatus", "cloudtrail:GetEventSelectors"), "trails"),
        "ReadRules": (("events:ListTagsForResource", "events:ListTargetsByRule"), "rules"),
        "ReadHub": (("events:DescribeEventBus", "events:ListTagsForResource"), "hub's buses"),
        "ReadTopics": (
            (
                "sns:GetTopicAttributes",
                "sns:GetDataProtectionPolicy",
                "sns:ListSubscriptionsByTopic",
                "sns:ListTagsForResource",
            ),
            "topics",
        ),
        "ReadDeadLetters": (
            ("sqs:GetQueueUrl", "sqs:GetQueueAttributes", "sqs:ListQueueTags"),
            "dead letters",
        ),
        "ReadRunbooks": (("ssm:DescribeDocument", "ssm:GetDocument"), "runbooks"),
        "ReadRunbookTags": (("ssm:ListTagsForResource",), "own runbooks"),
        "ReadRoles": (
            (
                "iam:GetRole",
                "iam:GetRolePolicy",
                "iam:ListAttachedRolePolicies",
                "iam:ListRolePolicies",
            ),
            "roles",
        ),
        "ReadExemptPrincipals": (("iam:GetRole", "iam:GetUser"), "exempt principals"),
        "ReadServiceSetting": (("ssm:GetServiceSetting",), "service setting"),
        "ReadChat": (
            (
                "chatbot:DescribeSlackChannelConfigurations",
                "chatbot:ListMicrosoftTeamsChannelConfigurations",
            ),
            "any",
        ),
        # With --organization, in the account of the stack sets or in the management account.
        "ListStackInstances": (
            (
                "cloudformation:DescribeStackSet",
                "cloudformation:ListStackInstances",
                "cloudformation:ListStackSetOperations",
            ),
            "stack sets",
        ),
        "ReadMembers": (
            (
                "organizations:DescribeOrganization",
                "organizations:ListAccounts",
                "organizations:ListAccountsForParent",
                "organizations:ListOrganizationalUnitsForParent",
            ),
            "organization",
        ),
        "ReadKeys": (("kms:DescribeKey", "kms:GetKeyPolicy"), "keys"),
        "ReadAlertKey": (("kms:GetKeyRotationStatus", "kms:ListResourceTags"), "keys"),
    },
    "doctor": {
        "ReadRegions": (("ec2:DescribeRegions", "cloudtrail:DescribeTrails"), "any"),
        "ReadTrails": (("cloudtrail:GetTrailStatus", "cloudtrail:GetEventSelectors"), "trails"),
        "ReadStateBucket": (("s3:ListBucket",), "state's bucket"),
        "AssumeStateRole": (("sts:AssumeRole",), "state's role"),
    },
    "adopt": {
        "ReadRegions": (
            (
                "ec2:DescribeRegions",
                "events:ListEventBuses",
                "events:ListRuleNamesByTarget",
                "events:ListRules",
                "cloudformation:DescribeStackResources",
                "cloudformation:DescribeStacks",
                "cloudformation:ListStackSets",
                "cloudtrail:DescribeTrails",
                "config:DescribeConfigRules",
                "config:DescribeRemediationConfigurations",
                "organizations:DescribeOrganization",
            ),
            "any",
        ),
        "ReadTargets": (("events:ListTargetsByRule",), "all rules"),
        "ReadTopics": (("sns:GetTopicAttributes", "sns:ListSubscriptionsByTopic"), "all topics"),
        "ReadStacks": (
            ("cloudformation:GetTemplate", "cloudformation:ListStackResources"),
            "all stacks",
        ),
        "ReadStackSets": (
            ("cloudformation:DescribeStackSet", "cloudformation:ListStackInstances"),
            "all stack sets",
        ),
        "ReadTargetRoles": (("iam:GetRole",), "all roles"),
        "ReadTrails": (("cloudtrail:GetTrailStatus", "cloudtrail:GetEventSelectors"), "trails"),
    },
    "accounts": {"ReadOrganization": (("organizations:ListAccounts",), "any")},
    "assume": {"AssumeAccountRoles": (("sts:AssumeRole",), "account's role")},
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
        "ReadKeyTags": (("kms:ListResourceTags",), "keys"),
    },
    "sweep --cancel": {"CancelKeyDeletion": (("kms:CancelKeyDeletion",), "keys")},
    "sweep --enable": {"EnableKey": (("kms:EnableKey",), "keys")},
    "plan": {
        "ReadSubscriptions": (("sns:GetSubscriptionAttributes",), "any"),
        "ListAlarms": (("cloudwatch:DescribeAlarms",), "alarms"),
        "ReadDashboard": (("cloudwatch:GetDashboard",), "dashboard"),
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
        "ReadHub": (("events:DescribeEventBus", "events:ListTagsForResource"), "hub's buses"),
        "FindHub": (
            ("events:ListEventBuses", "organizations:ListDelegatedAdministrators"),
            "organization",
        ),
        "ReadOwnStackSets": (
            (
                "cloudformation:DescribeStackInstance",
                "cloudformation:DescribeStackSet",
                "cloudformation:DescribeStackSetOperation",
                "cloudformation:ListStackInstances",
                "cloudformation:ListStackSetOperationResults",
            ),
            "stack sets",
        ),
        "ReadTemplateBucket": (
            (
                "s3:GetAccelerateConfiguration",
                "s3:GetBucketAcl",
                "s3:GetBucketCORS",
                "s3:GetBucketLogging",
                "s3:GetBucketObjectLockConfiguration",
                "s3:GetBucketPolicy",
                "s3:GetBucketPublicAccessBlock",
                "s3:GetBucketRequestPayment",
                "s3:GetBucketTagging",
                "s3:GetBucketVersioning",
                "s3:GetBucketWebsite",
                "s3:GetEncryptionConfiguration",
                "s3:GetLifecycleConfiguration",
                "s3:GetReplicationConfiguration",
                "s3:ListBucket",
            ),
            "template bucket",
        ),
        "ReadTemplates": (("s3:GetObject", "s3:GetObjectTagging"), "templates"),
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
        "ReadAlertKeyAlias": (("kms:ListAliases",), "any"),
        "ReadServiceSetting": (("ssm:GetServiceSetting",), "service setting"),
        "ReadChat": (
            (
                "chatbot:DescribeSlackChannelConfigurations",
                "chatbot:GetMicrosoftTeamsChannelConfiguration",
                "chatbot:ListMicrosoftTeamsChannelConfigurations",
                "chatbot:ListTagsForResource",
            ),
            "any",
        ),
        "ReadNotifications": (
            (
                "notifications:GetEventRule",
                "notifications:GetNotificationConfiguration",
                "notifications:ListChannels",
                "notifications:ListTagsForResource",
                "notifications-contacts:GetEmailContact",
                "notifications-contacts:ListTagsForResource",
            ),
            "any",
        ),
    },
    # The tags are those of the settings, and of TF_AWS_DEFAULT_TAGS_name: see docs/ci.md.
    "deploy": {
        "WriteSubscriptions": (("sns:SetSubscriptionAttributes", "sns:Unsubscribe"), "any"),
        "WriteDashboard": (
            ("cloudwatch:DeleteDashboards", "cloudwatch:PutDashboard"),
            "dashboard",
        ),
        "WriteAlarms": (
            (
                "cloudwatch:DeleteAlarms",
                "cloudwatch:PutMetricAlarm",
                "cloudwatch:TagResource",
                "cloudwatch:UntagResource",
            ),
            "own alarms",
        ),
        "WriteDeadLetters": (
            (
                "sqs:CreateQueue",
                "sqs:DeleteQueue",
                "sqs:SetQueueAttributes",
                "sqs:TagQueue",
                "sqs:UntagQueue",
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
                "iam:TagRole",
                "iam:UntagRole",
                "iam:UpdateAssumeRolePolicy",
            ),
            "own roles",
        ),
        "BoundRoles": (
            ("iam:DeleteRolePermissionsBoundary", "iam:PutRolePermissionsBoundary"),
            "own roles",
        ),
        "WriteRules": (
            (
                "events:DeleteRule",
                "events:PutRule",
                "events:PutTargets",
                "events:RemoveTargets",
                "events:TagResource",
                "events:UntagResource",
            ),
            "rules",
        ),
        "WriteStackSets": (
            (
                "cloudformation:CreateStackInstances",
                "cloudformation:CreateStackSet",
                "cloudformation:DeleteStackInstances",
                "cloudformation:DeleteStackSet",
                "cloudformation:TagResource",
                "cloudformation:UntagResource",
                "cloudformation:UpdateStackInstances",
                "cloudformation:UpdateStackSet",
            ),
            "stack sets",
        ),
        "WriteTemplateBucket": (
            (
                "s3:CreateBucket",
                "s3:DeleteBucket",
                "s3:DeleteBucketPolicy",
                "s3:PutBucketPolicy",
                "s3:PutBucketPublicAccessBlock",
                "s3:PutBucketTagging",
            ),
            "template bucket",
        ),
        "WriteTemplates": (("s3:DeleteObject", "s3:PutObject"), "templates"),
        "WriteHub": (
            (
                "events:CreateEventBus",
                "events:DeleteEventBus",
                "events:PutPermission",
                "events:RemovePermission",
                "events:TagResource",
                "events:UntagResource",
                "events:UpdateEventBus",
            ),
            "hub's buses",
        ),
        "WriteRunbooks": (
            (
                "ssm:AddTagsToResource",
                "ssm:CreateDocument",
                "ssm:DeleteDocument",
                "ssm:RemoveTagsFromResource",
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
                "sns:TagResource",
                "sns:UntagResource",
            ),
            "topics",
        ),
        # kms:PutKeyPolicy: KMS refuses to create a key whose policy the caller cannot change.
        # kms:ScheduleKeyDeletion is left out: the policy cannot be limited to this key, and
        # Reprieve guards against that very call.
        "CreateAlertKey": (("kms:CreateKey",), "any"),
        "ConfigureAlertKey": (
            ("kms:EnableKeyRotation", "kms:PutKeyPolicy", "kms:TagResource", "kms:UntagResource"),
            "keys",
        ),
        # KMS checks both permissions: on the key, and on the alias (KMS developer guide,
        # "Controlling access to aliases").
        "NameAlertKey": (
            ("kms:CreateAlias", "kms:DeleteAlias", "kms:UpdateAlias"),
            "keys and alert key's alias",
        ),
        "WriteChat": (
            (
                "chatbot:CreateMicrosoftTeamsChannelConfiguration",
                "chatbot:CreateSlackChannelConfiguration",
                "chatbot:DeleteMicrosoftTeamsChannelConfiguration",
                "chatbot:DeleteSlackChannelConfiguration",
                "chatbot:TagResource",
                "chatbot:UntagResource",
                "chatbot:UpdateMicrosoftTeamsChannelConfiguration",
                "chatbot:UpdateSlackChannelConfiguration",
            ),
            "any",
        ),
        "WriteNotifications": (
            (
                "notifications:AssociateChannel",
                "notifications:CreateEventRule",
                "notifications:CreateNotificationConfiguration",
                "notifications:DeleteEventRule",
                "notifications:DeleteNotificationConfiguration",
                "notifications:DisassociateChannel",
                "notifications:TagResource",
                "notifications:UntagResource",
                "notifications:UpdateEventRule",
                "notifications:UpdateNotificationConfiguration",
                "notifications-contacts:CreateEmailContact",
                "notifications-contacts:DeleteEmailContact",
                "notifications-contacts:SendActivationCode",
                "notifications-contacts:TagResource",
                "notifications-contacts:UntagResource",
            ),
            "any",
        ),
        "WriteServiceSetting": (
            ("ssm:ResetServiceSetting", "ssm:UpdateServiceSetting"),
            "service setting",
        ),
    },
}
"""By command and Sid: the actions, and the kind of resource as `permissions` names it."""
