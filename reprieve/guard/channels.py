"""The channels of a Region: topics for each form of a message, and who subscribes to them.

A rule sends each message to one topic for each form. EventBridge cannot set message attributes
(EventBridge API reference, Target), so a topic of a text has one severity, while the topic of the
machine form has all: its subscriptions select by the field `severity` of the message itself (SNS
developer guide, "Message filtering", FilterPolicyScope). With four forms a rule has at most
four targets, and EventBridge takes five.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from reprieve.events.guard_events import ALERT_KEY, RESCUE_FAILED
from reprieve.events.severity import Severity
from reprieve.guard.resources import Rule, Subscription, Topic
from reprieve.guard.topics import topic
from reprieve.guard.topology import is_spoke
from reprieve.location import Location
from reprieve.messages.message import Message
from reprieve.settings.channel_types import REGION_PLACEHOLDER
from reprieve.settings.channels import SMS_REGIONS, ChannelSettings
from reprieve.settings.schema import Settings


class Form(StrEnum):
    """The form of the messages of a topic: part of the topic's name."""

    TEXT = "text"
    SHORT = "short"
    JSON = "json"
    CHAT = "chat"


_FORMS: Final = {
    "email": Form.TEXT,
    "sms": Form.SHORT,
    "https": Form.JSON,
    "sqs": Form.JSON,
    "lambda": Form.JSON,
    "slack": Form.CHAT,
    "teams": Form.CHAT,
}

CHANNEL: Final = "channel-"
"""How the ids of the topics of channels begin."""
CHANNELS: Final = "-channels"
"""How the ids and names of the rules for channels end."""

LIFELINE_KINDS: Final = (ALERT_KEY, RESCUE_FAILED)
"""The messages that unencrypted topics send, where the others are encrypted.

The key of the others may be out of use, and may even be the reason.
"""

HTTPS_RETRIES: Final = {
    "healthyRetryPolicy": {
        "minDelayTarget": 5,
        "maxDelayTarget": 120,
        "numRetries": 30,
        "numNoDelayRetries": 1,
        "numMinDelayRetries": 4,
        "numMaxDelayRetries": 5,
        "backoffFunction": "exponential",
    }
}
"""How SNS repeats a delivery to an endpoint: for at most 51 minutes.

SNS's own default is three times within a minute; the longest is an hour (SNS developer guide,
"Message delivery retries").
"""


@dataclass(frozen=True)
class ChannelTopic:
    """A topic of the channels: its form and severity, and whether it is never encrypted.

    `severity` is None for the machine form, whose subscriptions select.
    """

    topic: Topic
    form: Form
    severity: Severity | None
    is_lifeline: bool

    def takes(self, message: Message, *, encrypted: bool) -> bool:
        """Return whether a message is sent to this topic."""
        return self.severity in (None, message.severity) and self.is_lifeline == (
            encrypted and is_for_lifeline(message)
        )


def is_of_channels(rule: Rule) -> bool:
    """Return whether a rule is one of the channels' own, beside that of the alert."""
    return rule.id.endswith(CHANNELS)


def is_for_lifeline(message: Message) -> bool:
    """Return whether a message says nothing confidential, and has to arrive without the key."""
    return message.type == "alarm" or message.kind in LIFELINE_KINDS


def channels_in(settings: Settings, region: str) -> tuple[ChannelSettings, ...]:
    """Return the channels that a topic of the Region sends to."""
    if is_spoke(settings, region):
        return ()
    return tuple(
        each
        for each in settings.channel
        if each.type in _FORMS and (each.type != "sms" or region in SMS_REGIONS)
    )


def channel_topics(
    settings: Settings, location: Location, key_arn: str | None, dead_letter_arn: str
) -> tuple[ChannelTopic, ...]:
    """Return the topics of the channels in a Region, with their subscriptions."""
    channels = channels_in(settings, location.region)
    return tuple(
        found
        for is_lifeline in ((False, True) if key_arn else (False,))
        for form in Form
        for severity in ((None,) if form is Form.JSON else Severity)
        for found in _topic(
            [each for each in channels if _FORMS[each.type] is form],
            form,
            severity,
            is_lifeline,
            settings,
            location,
            None if is_lifeline else key_arn,
            dead_letter_arn,
        )
    )


def channel_topic_names(settings: Settings) -> tuple[str, ...]:
    """Return the names of the topics of the channels in any Region."""
    found: dict[str, None] = {}
    for region in settings.regions.watched:
        location = Location(settings.regions.partition, region)
        key_arn = None if settings.notify.encryption == "none" else "encrypted"
        for each in channel_topics(settings, location, key_arn, ""):
            found[each.topic.name] = None
    return tuple(found)


def sends_to_dead_letters(topics: Iterable[ChannelTopic]) -> bool:
    """Return whether SNS leaves what it cannot deliver in the dead-letter queue."""
    return any(each.dead_letter_arn for found in topics for each in found.topic.subscriptions)


def _topic(
    channels: list[ChannelSettings],
    form: Form,
    severity: Severity | None,
    is_lifeline: bool,
    settings: Settings,
    location: Location,
    key_arn: str | None,
    dead_letter_arn: str,
) -> Iterator[ChannelTopic]:
    """Yield the topic of a form and severity, if a channel wants it."""
    severities = {severity} if severity else set(Severity)
    if is_lifeline:
        severities -= {Severity.INFO}
    wanted = [each for each in channels if severities.intersection(each.severities)]
    if not wanted:
        return
    id = "-".join([*(["lifeline"] if is_lifeline else []), form, *([severity] if severity else [])])
    yield ChannelTopic(
        topic(
            settings.resource_names.of(id),
            f"{CHANNEL}{id}",
            tuple(each.address for each in wanted if each.type == "email" and each.address),
            key_arn,
            location,
            settings,
            tuple(
                _subscription(each, location, dead_letter_arn)
                for each in wanted
                if form in (Form.SHORT, Form.JSON)
            ),
        ),
        form,
        severity,
        is_lifeline,
    )


def _subscription(
    channel: ChannelSettings, location: Location, dead_letter_arn: str
) -> Subscription:
    selected = set(channel.severities) != set(Severity) and channel.type != "sms"
    return Subscription(
        id=channel.name,
        protocol=channel.type,
        endpoint=_endpoint(channel, location),
        filter_policy={"severity": sorted(channel.severities)} if selected else None,
        dead_letter_arn=dead_letter_arn,
        delivery_policy=HTTPS_RETRIES if channel.type == "https" else None,
        # The queue then holds the message alone. An endpoint gets it in SNS's envelope, whose
        # signature it verifies; so does a function, always.
        raw=channel.type == "sqs",
    )


def _endpoint(channel: ChannelSettings, location: Location) -> str:
    given = channel.number or channel.url or channel.arn
    assert given, "the settings have been validated"  # noqa: S101
    if channel.arn:
        return given.replace(f":{REGION_PLACEHOLDER}:", f":{location.region}:")
    return given
