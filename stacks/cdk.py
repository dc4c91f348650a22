"""Everything of CDKTF and the AWS bindings: no other module imports them.

CDK Terrain, the successor of CDKTF, has the same classes under other names. If REPRIEVE_CDK
chooses it, these imports are of its packages (docs/cdktf.md).
"""

from reprieve.environment.cdk import CDKTF, chosen
from stacks.fast_bindings import fast_bindings
from stacks.fast_requests import UnexpectedAnswer, creating_ahead
from stacks.redirect import redirect

CDK = chosen()
"""The CDK that this process synthesises with."""

with (
    redirect({CDKTF.package: CDK.package, CDKTF.bindings: CDK.bindings}),
    fast_bindings(package=CDK.bindings),
):
    from cdktf import (
        App,
        CloudBackend,
        ITerraformDependable,
        LocalBackend,
        NamedCloudWorkspace,
        S3Backend,
        S3BackendAssumeRoleConfig,
        TerraformOutput,
        TerraformResourceLifecycle,
        TerraformStack,
    )
    from cdktf_cdktf_provider_aws.chatbot_slack_channel_configuration import (
        ChatbotSlackChannelConfiguration,
    )
    from cdktf_cdktf_provider_aws.chatbot_teams_channel_configuration import (
        ChatbotTeamsChannelConfiguration,
    )
    from cdktf_cdktf_provider_aws.cloudformation_stack_set import (
        CloudformationStackSet,
        CloudformationStackSetAutoDeployment,
        CloudformationStackSetManagedExecution,
        CloudformationStackSetOperationPreferences,
        CloudformationStackSetTimeouts,
    )
    from cdktf_cdktf_provider_aws.cloudformation_stack_set_instance import (
        CloudformationStackSetInstance,
        CloudformationStackSetInstanceDeploymentTargets,
        CloudformationStackSetInstanceOperationPreferences,
        CloudformationStackSetInstanceTimeouts,
    )
    from cdktf_cdktf_provider_aws.cloudwatch_dashboard import CloudwatchDashboard
    from cdktf_cdktf_provider_aws.cloudwatch_event_bus import CloudwatchEventBus
    from cdktf_cdktf_provider_aws.cloudwatch_event_bus_policy import CloudwatchEventBusPolicy
    from cdktf_cdktf_provider_aws.cloudwatch_event_rule import CloudwatchEventRule
    from cdktf_cdktf_provider_aws.cloudwatch_event_target import (
        CloudwatchEventTarget,
        CloudwatchEventTargetDeadLetterConfig,
        CloudwatchEventTargetInputTransformer,
        CloudwatchEventTargetRetryPolicy,
    )
    from cdktf_cdktf_provider_aws.cloudwatch_metric_alarm import (
        CloudwatchMetricAlarm,
        CloudwatchMetricAlarmMetricQuery,
        CloudwatchMetricAlarmMetricQueryMetric,
    )
    from cdktf_cdktf_provider_aws.data_aws_caller_identity import DataAwsCallerIdentity
    from cdktf_cdktf_provider_aws.data_aws_cloudwatch_event_buses import (
        DataAwsCloudwatchEventBuses,
    )
    from cdktf_cdktf_provider_aws.iam_role import IamRole
    from cdktf_cdktf_provider_aws.iam_role_policy import IamRolePolicy
    from cdktf_cdktf_provider_aws.kms_alias import KmsAlias
    from cdktf_cdktf_provider_aws.kms_key import KmsKey
    from cdktf_cdktf_provider_aws.notifications_channel_association import (
        NotificationsChannelAssociation,
    )
    from cdktf_cdktf_provider_aws.notifications_event_rule import NotificationsEventRule
    from cdktf_cdktf_provider_aws.notifications_notification_configuration import (
        NotificationsNotificationConfiguration,
    )
    from cdktf_cdktf_provider_aws.notificationscontacts_email_contact import (
        NotificationscontactsEmailContact,
    )
    from cdktf_cdktf_provider_aws.provider import (
        AwsProvider,
        AwsProviderAssumeRole,
        AwsProviderDefaultTags,
    )
    from cdktf_cdktf_provider_aws.s3_bucket import S3Bucket
    from cdktf_cdktf_provider_aws.s3_bucket_policy import S3BucketPolicy
    from cdktf_cdktf_provider_aws.s3_bucket_public_access_block import S3BucketPublicAccessBlock
    from cdktf_cdktf_provider_aws.s3_object import S3Object
    from cdktf_cdktf_provider_aws.sns_topic import SnsTopic
    from cdktf_cdktf_provider_aws.sns_topic_policy import SnsTopicPolicy
    from cdktf_cdktf_provider_aws.sns_topic_subscription import SnsTopicSubscription
    from cdktf_cdktf_provider_aws.sqs_queue import SqsQueue
    from cdktf_cdktf_provider_aws.ssm_document import SsmDocument
    from cdktf_cdktf_provider_aws.ssm_service_setting import SsmServiceSetting
    from constructs import Construct

__all__ = [
    "App",
    "AwsProvider",
    "AwsProviderAssumeRole",
    "AwsProviderDefaultTags",
    "ChatbotSlackChannelConfiguration",
    "ChatbotTeamsChannelConfiguration",
    "CloudBackend",
    "CloudformationStackSet",
    "CloudformationStackSetAutoDeployment",
    "CloudformationStackSetInstance",
    "CloudformationStackSetInstanceDeploymentTargets",
    "CloudformationStackSetInstanceOperationPreferences",
    "CloudformationStackSetInstanceTimeouts",
    "CloudformationStackSetManagedExecution",
    "CloudformationStackSetOperationPreferences",
    "CloudformationStackSetTimeouts",
    "CloudwatchDashboard",
    "CloudwatchEventBus",
    "CloudwatchEventBusPolicy",
    "CloudwatchEventRule",
    "CloudwatchEventTarget",
    "CloudwatchEventTargetDeadLetterConfig",
    "CloudwatchEventTargetInputTransformer",
    "CloudwatchEventTargetRetryPolicy",
    "CloudwatchMetricAlarm",
    "CloudwatchMetricAlarmMetricQuery",
    "CloudwatchMetricAlarmMetricQueryMetric",
    "Construct",
    "DataAwsCallerIdentity",
    "DataAwsCloudwatchEventBuses",
    "ITerraformDependable",
    "IamRole",
    "IamRolePolicy",
    "KmsAlias",
    "KmsKey",
    "LocalBackend",
    "NamedCloudWorkspace",
    "NotificationsChannelAssociation",
    "NotificationsEventRule",
    "NotificationsNotificationConfiguration",
    "NotificationscontactsEmailContact",
    "S3Backend",
    "S3BackendAssumeRoleConfig",
    "S3Bucket",
    "S3BucketPolicy",
    "S3BucketPublicAccessBlock",
    "S3Object",
    "SnsTopic",
    "SnsTopicPolicy",
    "SnsTopicSubscription",
    "SqsQueue",
    "SsmDocument",
    "SsmServiceSetting",
    "TerraformOutput",
    "TerraformResourceLifecycle",
    "TerraformStack",
    "UnexpectedAnswer",
    "creating_ahead",
    "literal",
]


def literal(text: str) -> str:
    """Return a text in the form that Terraform reads as text and not as a template."""
    return text.replace("${", "$${").replace("%{", "%%{")
