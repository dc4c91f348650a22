"""The e-mails that the topics sent to their confirmed subscribers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from moto.sns.models import Topic, sns_backends

from sandbox.core.patching import Method, wrap
from sandbox.core.quotas import Limits
from sandbox.sns.notifications import is_wanted
from sandbox.sns.subscriptions import is_pending, suspend

# An attribute of moto's topics: by the id of a message, the addresses that it was sent to.
_KEPT = "sandbox_recipients"


@dataclass(frozen=True)
class Mail:
    """One message of one topic. `recipients` are the addresses that it was sent to.

    They are those of the moment when the message was published.
    """

    topic_arn: str
    subject: str | None
    body: str
    recipients: tuple[str, ...]


def mails() -> list[Mail]:
    """Return every published message, by account and topic, oldest first."""
    return [
        Mail(topic.arn, subject, body, recipients[message_id])
        for regions in list(sns_backends.values())
        for backend in list(regions.values())
        for topic in list(backend.topics.values())
        for recipients in [_kept(topic)]
        for message_id, body, subject, *_ in list(topic.sent_notifications)
        # A message that is being published has no recipients yet.
        if message_id in recipients
    ]


def recipients_of(topic: Any, message_id: str) -> tuple[str, ...]:
    """Return the e-mail addresses that a message was sent to."""
    return _kept(topic).get(message_id, ())


def hook(limits: Limits) -> Callable[[], None]:
    """Record who gets each message as an e-mail. Return a function that undoes the hook.

    SNS quotas, "Email message delivery rate": a subscription that would get more messages in a
    second is suspended. Filter policies are applied first.
    """

    def around(publish: Method) -> Method:
        def publish_and_mail(
            topic: Any,
            message: str,
            subject: str | None = None,
            message_attributes: Mapping[str, Any] | None = None,
            **options: Any,
        ) -> str:
            recipients = _send(topic, message, message_attributes, limits)
            message_id: str = publish(topic, message, subject, message_attributes, **options)
            _kept(topic)[message_id] = recipients
            return message_id

        return publish_and_mail

    return wrap(Topic, "publish", around)


def _send(
    topic: Any, body: str, attributes: Mapping[str, Any] | None, limits: Limits
) -> tuple[str, ...]:
    """Return the addresses that a message is sent to now. Suspend those that get too much."""
    recipients = []
    # A copy, because another thread may add a subscription.
    for subscription in list(topic.sns_backend.subscriptions.values()):
        if subscription.topic.arn != topic.arn or not _receives(subscription, body, attributes):
            continue
        rate = limits.quotas.emails_per_second
        # AWS does not say how it measures a second. This is the strictest way.
        if limits.rates.admits_in_any_second(("sns", "e-mail", subscription.arn), rate):
            recipients.append(subscription.endpoint)
        else:
            suspend(subscription)
    return tuple(recipients)


def _receives(subscription: Any, body: str, attributes: Mapping[str, Any] | None) -> bool:
    return (
        subscription.protocol in ("email", "email-json")
        and not is_pending(subscription)
        and is_wanted(subscription, body, attributes)
    )


def _kept(topic: Any) -> dict[str, tuple[str, ...]]:
    kept: dict[str, tuple[str, ...]] = vars(topic).setdefault(_KEPT, {})
    return kept
