"""The chat channels of an account."""

from collections.abc import Iterable

from reprieve.guard.resources import ChatConfiguration
from stacks.cdk import (
    AwsProvider,
    ChatbotSlackChannelConfiguration,
    ChatbotTeamsChannelConfiguration,
    Construct,
)
from stacks.references import References


class Chat(Construct):
    """A configuration of Amazon Q Developer in chat applications for each chat channel."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        configurations: Iterable[ChatConfiguration],
        provider: AwsProvider,
        references: References,
    ) -> None:
        super().__init__(scope, id)
        for each in configurations:
            common = {
                "provider": provider,
                "configuration_name": each.name,
                "iam_role_arn": references.text(each.role_arn),
                "guardrail_policy_arns": list(each.guardrail_arns),
                "sns_topic_arns": [references.text(arn) for arn in each.topic_arns],
                "logging_level": each.logging_level,
                "user_authorization_required": each.user_roles_required,
            }
            if each.type == "slack":
                ChatbotSlackChannelConfiguration(
                    self,
                    each.id,
                    slack_team_id=str(each.workspace_id),
                    slack_channel_id=each.channel_id,
                    **common,
                )
            else:
                ChatbotTeamsChannelConfiguration(
                    self,
                    each.id,
                    team_id=str(each.team_id),
                    tenant_id=str(each.tenant_id),
                    channel_id=references.text(each.channel_id),
                    **common,
                )
