"""How the alerts of a Region reach people: the topics, their key, and who subscribes."""

from collections.abc import Sequence

from reprieve.guard import policies
from reprieve.guard.resources import Key, Subscription, Topic
from reprieve.guard.topology import is_spoke, uses_hub
from reprieve.location import Location
from reprieve.names import ALERT_KEY_TAG
from reprieve.settings.schema import Settings

KEY_REFERENCE = "key/reprieve-alerts-key"
"""Stands for a key that Reprieve makes, in its ARN: KMS chooses the id when it is deployed."""


def topic_names(settings: Settings) -> tuple[str, ...]:
    """Return the names of the topics in each Region that sends alerts, that of the alerts first."""
    names = settings.resource_names
    lifeline = (names.lifeline,) if settings.notify.encryption != "none" else ()
    alarms = (names.alarms,) if settings.reliability.alarm_emails else ()
    return (settings.notify.topic_name, *lifeline, *alarms)


def all_topic_names(settings: Settings) -> tuple[str, ...]:
    """Return the names of the topics of every kind of Region."""
    fallback = settings.notify.hub.fallback_emails if uses_hub(settings) else ()
    return (*topic_names(settings), *((settings.resource_names.fallback,) if fallback else ()))


def alert_key(
    location: Location, settings: Settings, own_key_arn: str, role_arns: Sequence[str]
) -> tuple[str | None, Key | None]:
    """Return the ARN of the key that encrypts the alerts, and the key if Reprieve makes it."""
    encryption = settings.notify.encryption
    if encryption == "none" or is_spoke(settings, location.region):
        return None, None
    if encryption != "own":
        return next(arn for arn in encryption if arn.split(":")[3] == location.region), None
    key = Key(
        arn=own_key_arn,
        alias=settings.resource_names.alert_key_alias,
        tags={ALERT_KEY_TAG: "true"},
        description="Reprieve: encrypts the alerts that KMS keys are endangered",
        policy=policies.alert_key_policy(location, role_arns),
        rotated=True,
        deletion_window_days=30,
    )
    return key.arn, key


def topics_of(settings: Settings, location: Location, key_arn: str | None) -> tuple[Topic, ...]:
    """Return the topic of the alerts, the lifeline if that is encrypted, and that of the alarms.

    The lifeline is not encrypted. It reports what the first topic cannot while its key is out of
    use, and it gets the alarms too: what they say is no secret. Neither is the topic of the alarms,
    whose recipients may be the same people: it has subscriptions of its own, which SNS does not
    suspend when too many alerts suspend the others.
    """
    emails, names = settings.notify.emails, settings.resource_names
    named = {
        settings.notify.topic_name: ("topic", emails, key_arn),
        names.lifeline: ("lifeline", emails, None),
        names.alarms: ("alarms-topic", settings.reliability.alarm_emails, None),
    }
    if is_spoke(settings, location.region):
        fallback = settings.notify.hub.fallback_emails
        if not fallback:
            return ()
        return (topic(names.fallback, "fallback-topic", fallback, None, location, settings),)
    return tuple(topic(name, *named[name], location, settings) for name in topic_names(settings))


def topic(
    name: str,
    id: str,
    emails: tuple[str, ...],
    key_arn: str | None,
    location: Location,
    settings: Settings,
    subscriptions: tuple[Subscription, ...] = (),
) -> Topic:
    """Return a topic of a Region, with the policy that lets Reprieve's rules and alarms publish."""
    arn = location.arn("sns", name)
    return Topic(
        id=id,
        name=name,
        arn=arn,
        # Tells apart the confirmation requests of the Regions.
        display_name=f"Reprieve {location.region}",
        key_arn=key_arn,
        policy=policies.topic_policy(
            arn,
            location,
            settings.resource_names,
            strict=settings.notify.strict_topic_policy,
            bus=settings.events.bus,
        ),
        emails=emails,
        subscriptions=subscriptions,
    )
