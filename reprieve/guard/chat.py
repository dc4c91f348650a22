"""The chat channels of an account: Slack and Microsoft Teams, by Amazon Q Developer.

Amazon Q Developer in chat applications subscribes to the topics itself, and shows messages in its
own form only. An account has each chat channel once, with the topics of all Regions.
"""

from typing import Final

from reprieve.guard import role_policies
from reprieve.guard.channels import Form, channel_topics
from reprieve.guard.resources import ChatConfiguration, Role
from reprieve.guard.roles import new_role, role_arn
from reprieve.guard.topology import is_spoke
from reprieve.location import Location
from reprieve.settings.channels import ChannelSettings
from reprieve.settings.schema import Settings

_DENY_ALL: Final = "AWSDenyAll"
"""The managed policy of AWS that no permission of a channel's role gets past.

Without a guardrail of ours the channel would have AdministratorAccess as its guardrail (Amazon Q
Developer in chat applications administrator guide, "Channel guardrail policies").
"""


def chat_role(settings: Settings, location: Location) -> Role | None:
    """Return the role of the chat channels, which may do nothing; None without such channels.

    Messages need no permission. What people type in the channel would act as this role.
    """
    if not chat_configurations(settings, location):
        return None
    return new_role(
        settings,
        location,
        id="chat",
        name=settings.resource_names.chat_role,
        description="Reprieve: the role of its chat channels, which allows nothing",
        trust=role_policies.chat_trust(location),
        permissions=role_policies.chat_permissions(),
    )


def chat_configurations(settings: Settings, location: Location) -> tuple[ChatConfiguration, ...]:
    """Return the chat channels of an account; `location` is any of its Regions."""
    found = (
        ChatConfiguration(
            id=channel.name,
            name=settings.resource_names.of(channel.name),
            type=channel.type,
            channel_id=str(channel.channel_id),
            workspace_id=channel.workspace_id,
            team_id=channel.team_id,
            tenant_id=channel.tenant_id,
            role_arn=role_arn(settings, location, settings.resource_names.chat_role),
            guardrail_arns=(f"arn:{location.partition}:iam::aws:policy/{_DENY_ALL}",),
            topic_arns=_topic_arns(channel, settings, location),
        )
        for channel in _chats(settings)
    )
    # Where another account is the hub, that one has them.
    return tuple(each for each in found if each.topic_arns)


def _chats(settings: Settings) -> list[ChannelSettings]:
    return [each for each in settings.channel if each.type in ("slack", "teams")]


def _topic_arns(
    channel: ChannelSettings, settings: Settings, location: Location
) -> tuple[str, ...]:
    """Return the topics of the channel's severities in every Region, those without a key too."""
    key_arn = None if settings.notify.encryption == "none" else "a key"
    return tuple(
        each.topic.arn
        for region in settings.regions.watched
        if not is_spoke(settings, region)
        for each in channel_topics(
            settings, Location(location.partition, region, location.account), key_arn, ""
        )
        if each.form is Form.CHAT and each.severity in channel.severities
    )
