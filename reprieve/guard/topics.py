"""How the alerts of a Region reach people: the topics, their key, and who subscribes."""

from reprieve.guard import policies
from reprieve.guard.resources import Key, Topic
from reprieve.location import Location
from reprieve.names import LIFELINE
from reprieve.settings.schema import NotifySettings

KEY_REFERENCE = "key/reprieve-alerts-key"
"""Stands for a key that Reprieve makes, in its ARN: KMS chooses the id when it is deployed."""


def alert_key(
    location: Location, notify: NotifySettings, own_key_arn: str, automation_role_arn: str | None
) -> tuple[str | None, Key | None]:
    """Return the ARN of the key that encrypts the alerts, and the key if Reprieve makes it."""
    encryption = notify.encryption
    if encryption == "none":
        return None, None
    if encryption != "own":
        return next(arn for arn in encryption if arn.split(":")[3] == location.region), None
    key = Key(
        arn=own_key_arn,
        description="Reprieve: encrypts the alerts that KMS keys are endangered",
        policy=policies.alert_key_policy(location, automation_role_arn),
        rotated=True,
        deletion_window_days=30,
    )
    return key.arn, key


def topics_of(location: Location, notify: NotifySettings, key_arn: str | None) -> tuple[Topic, ...]:
    """Return the topic of the alerts and, where it is encrypted, the lifeline after it.

    The lifeline is not encrypted. It reports what the first topic cannot while its key is out of
    use, and it gets the alarms too: what they say is no secret.
    """
    alerts = _topic("topic", notify.topic_name, location, notify, key_arn)
    if not key_arn:
        return (alerts,)
    return alerts, _topic("lifeline", LIFELINE, location, notify, None)


def _topic(
    id: str, name: str, location: Location, notify: NotifySettings, key_arn: str | None
) -> Topic:
    arn = location.arn("sns", name)
    return Topic(
        id=id,
        name=name,
        arn=arn,
        # Tells apart the confirmation requests of the Regions.
        display_name=f"Reprieve {location.region}",
        key_arn=key_arn,
        policy=policies.topic_policy(arn, location, strict=notify.strict_topic_policy),
        emails=notify.emails,
    )
