"""What a topic sends to one subscriber: the forms of a message for each protocol.

Sources: SNS Developer Guide, "Amazon SNS message and JSON formats" (HTTP/S and raw delivery) and
"Fanout to Lambda functions"; API reference, Publish (MessageStructure).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from moto.sns.utils import FilterPolicyMatcher

from sandbox.core.errors import DeliveryFailed

# Kept with moto's subscriptions: the token of a confirmation.
CONFIRMATION: Final = "sandbox_confirmation"
# SNS Developer Guide, "Publishing to a mobile phone": a longer text is not sent.
_SMS_CHARACTERS: Final = 1600


@dataclass(frozen=True)
class Notification:
    """One message that a topic sent to one subscriber, other than by e-mail.

    `body` is the text that the subscriber got: a POST's body, a queue's message, a function's
    event or an SMS. `error` is None or a sentence that says why it did not get it, and `at` is in
    seconds since the epoch.
    """

    topic_arn: str
    protocol: str
    endpoint: str
    body: str
    error: str | None
    at: float


@dataclass(frozen=True)
class Message:
    """A message as it was published. `attributes` have moto's shape: Type and Value."""

    id: str
    text: str
    subject: str | None = None
    attributes: Mapping[str, Any] | None = None
    structure: str | None = None

    def text_for(self, protocol: str) -> str:
        """Return the text for a protocol: with the structure `json` each can have its own."""
        if self.structure != "json":
            return self.text
        texts = json.loads(self.text)
        return str(texts.get(protocol, texts["default"]))


def is_wanted(subscription: Any, text: str, attributes: Mapping[str, Any] | None) -> bool:
    """Tell whether the filter policy of one of moto's subscriptions lets a message through."""
    policy = subscription.attributes.get("FilterPolicy")
    if not policy:
        return True
    scope = subscription.attributes.get("FilterPolicyScope") or "MessageAttributes"
    matcher = FilterPolicyMatcher(json.loads(policy), scope)
    return bool(matcher.matches(dict(attributes or {}), text))


def is_raw(subscription: Any) -> bool:
    """Tell whether a subscription gets the text of a message alone."""
    return str(subscription.attributes.get("RawMessageDelivery")).lower() == "true"


def envelope(subscription: Any, message: Message, text: str) -> dict[str, Any]:
    """Return SNS's JSON around a message, signed by moto."""
    content: dict[str, Any] = subscription.get_post_data(
        text, message.id, message.subject, message_attributes=message.attributes
    )
    return content


def queue_body(subscription: Any, message: Message, text: str) -> str:
    """Return the message that a queue gets."""
    if is_raw(subscription):
        return text
    return json.dumps(envelope(subscription, message, text), sort_keys=True, indent=2)


def raw_attributes(message: Message) -> dict[str, str]:
    """Return the attributes of a message that a queue gets with a raw text."""
    return {name: str(each["Value"]) for name, each in (message.attributes or {}).items()}


def function_event(subscription: Any, message: Message, text: str) -> str:
    """Return the event with which a Lambda function is invoked."""
    content = envelope(subscription, message, text)
    names = {"SigningCertURL": "SigningCertUrl", "UnsubscribeURL": "UnsubscribeUrl"}
    renamed = {names.get(name, name): value for name, value in content.items()}
    record = {
        "EventSource": "aws:sns",
        "EventVersion": "1.0",
        "EventSubscriptionArn": subscription.arn,
        "Sns": {"Subject": None, "MessageAttributes": {}, **renamed},
    }
    return json.dumps({"Records": [record]})


def sms_text(text: str) -> str:
    """Return a text that fits an SMS. Raise DeliveryFailed for a longer one."""
    if len(text) > _SMS_CHARACTERS:
        raise DeliveryFailed("TOO_LONG", f"an SMS has at most {_SMS_CHARACTERS} characters")
    return text


def confirmation_request(subscription: Any, endpoint: str) -> dict[str, Any]:
    """Return the message that asks an endpoint for its confirmation.

    `endpoint` is the URL of the sandbox, which the link leads to.
    """
    token, topic_arn = vars(subscription)[CONFIRMATION], subscription.topic.arn
    link = f"{endpoint}/?Action=ConfirmSubscription&TopicArn={topic_arn}&Token={token}"
    text = (
        f"You have chosen to subscribe to the topic {topic_arn}.\nTo confirm the subscription, "
        "visit the SubscribeURL included in this message."
    )
    content: dict[str, Any] = subscription.get_post_data(text, token[:36], None)
    content.pop("UnsubscribeURL", None)
    return content | {"Type": "SubscriptionConfirmation", "Token": token, "SubscribeURL": link}
