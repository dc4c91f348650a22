"""What people got: the messages of the topics, as their confirmed e-mail addresses see them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from moto.sns.models import sns_backends

from sandbox.core.account import ACCOUNT_ID


@dataclass(frozen=True)
class Mail:
    """One message of one topic. `recipients` are the addresses that it went to."""

    topic_arn: str
    subject: str | None
    body: str
    recipients: tuple[str, ...]


def recipients_of(topic: Any, body: str) -> tuple[str, ...]:
    """The confirmed e-mail addresses that a message of this text goes to."""
    # A copy, since others may subscribe meanwhile.
    subscriptions = list(topic.sns_backend.subscriptions.values())
    return tuple(
        s.endpoint for s in subscriptions if s.topic.arn == topic.arn and _gets_mail(s, body)
    )


def mails() -> list[Mail]:
    """Every message that was published, topic by topic, oldest first."""
    return [
        Mail(topic.arn, subject, body, recipients_of(topic, body))
        for backend in list(sns_backends[ACCOUNT_ID].values())
        for topic in list(backend.topics.values())
        for _, body, subject, *_ in list(topic.sent_notifications)
    ]


def _gets_mail(subscription: Any, body: str) -> bool:
    # moto confirms an e-mail address at once and would not say whom it mailed.
    wanted = subscription._filter_policy_matcher
    return (
        subscription.protocol in ("email", "email-json")
        and str(subscription.attributes.get("PendingConfirmation")).lower() != "true"
        and (wanted is None or wanted.matches(None, body))
    )
