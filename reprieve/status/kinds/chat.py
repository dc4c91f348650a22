"""The attributes of a chat channel: of Slack, or of Microsoft Teams."""

from collections.abc import Mapping
from typing import Any, Final

from reprieve.guard.resources import ChatConfiguration
from reprieve.status.attributes import Attributes, attributes_of

NOT_COMPARED: Final = {
    "id": "it is Terraform's address; the name has it too",
    "type": "each type is read by a call of its own",
}


def expected(configuration: ChatConfiguration) -> Attributes:
    """Return what the settings make of a chat channel."""
    return {"state": "ENABLED"} | attributes_of(configuration, NOT_COMPARED)


def deployed(answer: Mapping[str, Any]) -> Attributes:
    """Return what is deployed: `answer` is a SlackChannelConfiguration, or one of Teams.

    Amazon Q Developer in chat applications API reference. The names of workspace, team and channel
    are those of the chat. A configuration without a state is from before AWS had one.
    """
    return {
        "state": answer.get("State", "ENABLED"),
        "name": answer.get("ConfigurationName"),
        "channel id": answer.get("SlackChannelId") or answer.get("ChannelId"),
        "workspace id": answer.get("SlackTeamId"),
        "team id": answer.get("TeamId"),
        "tenant id": answer.get("TenantId"),
        "role ARN": answer.get("IamRoleArn"),
        "guardrail arns": tuple(answer.get("GuardrailPolicyArns", ())),
        "topic arns": tuple(answer.get("SnsTopicArns", ())),
        "logging level": answer.get("LoggingLevel"),
        "user roles required": answer.get("UserAuthorizationRequired", False),
    }
