"""What AWS User Notifications sends about an account."""

from collections.abc import Iterable

from reprieve.guard.resources import NotificationConfiguration
from stacks.cdk import (
    AwsProvider,
    Construct,
    NotificationsChannelAssociation,
    NotificationscontactsEmailContact,
    NotificationsEventRule,
    NotificationsNotificationConfiguration,
)
from stacks.references import References


class Notifications(Construct):
    """A contact and a configuration with its event rules for each channel."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        configurations: Iterable[NotificationConfiguration],
        provider: AwsProvider,
        references: References,
    ) -> None:
        super().__init__(scope, id)
        for each in configurations:
            contact = NotificationscontactsEmailContact(
                self,
                f"{each.id}-contact",
                provider=provider,
                name=each.name,
                email_address=references.text(each.address),
            )
            configuration = NotificationsNotificationConfiguration(
                self,
                each.id,
                provider=provider,
                name=each.name,
                description=each.description,
                aggregation_duration=each.aggregation,
            )
            NotificationsChannelAssociation(
                self,
                f"{each.id}-channel",
                provider=provider,
                arn=contact.arn,
                notification_configuration_arn=configuration.arn,
            )
            for rule in each.rules:
                NotificationsEventRule(
                    self,
                    f"{each.id}-{rule.id}",
                    provider=provider,
                    notification_configuration_arn=configuration.arn,
                    source=rule.source,
                    event_type=rule.event_type,
                    event_pattern=references.text(rule.pattern) if rule.pattern else None,
                    regions=list(each.regions),
                )
