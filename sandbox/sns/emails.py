"""The e-mails that the topics sent to their confirmed subscribers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from moto.sns.models import sns_backends

from sandbox.core.account import ACCOUNT_ID


@dataclass(frozen=True)
class Mail:
    """One message of one topic. `recipients` are the addresses that it was sent to."""

    topic_arn: str
    subject: str | None
    body: str
    recipients: tuple[str, ...]


def recipients_of(topic: Any, body: str) -> tuple[str, ...]:
    """Return the confirmed e-mail addresses that a message with this text is sent to."""
    # A copy, because another thread may add a subscription.
    subscriptions = list(topic.sns_backend.subscriptions.values())
    return tuple(
        s.endpoint for s in subscriptions if s.topic.arn == topic.arn and _receives(s, body)
    )


def mails() -> list[Mail]:
    """Return every published message, by topic, oldest first."""
    return [
        Mail(topic.arn, subject, body, recipients_of(topic, body))
        for backend in list(sns_backends[ACCOUNT_ID].values())
        for topic in list(backend.topics.values())
        for _, body, subject, *_ in list(topic.sent_notifications)
    ]


def _receives(subscription: Any, body: str) -> bool:
    # moto does not record the recipients of a message.
    matcher = subscription._filter_policy_matcher
    return (
        subscription.protocol in ("email", "email-json")
        and str(subscription.attributes.get("PendingConfirmation")).lower() != "true"
        and (matcher is None or matcher.matches(None, body))
    )
