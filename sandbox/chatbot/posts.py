"""What a chat channel shows of the messages of its topics. Everything else is dropped in silence.

Source: Amazon Q Developer in chat applications administrator guide, "Custom notifications". The
service also shows the notifications of many AWS services. Which of their events it shows is not
documented in full, so that of those the sandbox shows CloudWatch's alarms only.
"""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from typing import Any

from moto.iam.models import iam_backends

from sandbox.chatbot.configurations import configurations_of, is_teams
from sandbox.core.observed import Observed


@dataclass(frozen=True)
class ChatPost:
    """One message in one chat channel.

    `chat` is `slack` or `teams`, and `channel` the id of the channel there. `text` is the
    description, `next_steps` the list under it, and `at` is in seconds since the epoch.
    """

    account: str
    configuration: str
    chat: str
    channel: str
    topic_arn: str
    title: str | None
    text: str
    next_steps: tuple[str, ...]
    at: float


@dataclass(frozen=True)
class _Content:
    title: str | None
    text: str
    next_steps: tuple[str, ...] = ()


class Posts:
    """The messages that chat channels have shown, and how many messages they dropped."""

    def __init__(self) -> None:
        self._posts = Observed[ChatPost]()

    @property
    def posts(self) -> list[ChatPost]:
        """Every message shown so far, oldest first."""
        return self._posts.all

    def clear(self) -> None:
        """Forget all messages."""
        self._posts.clear()

    def receive(self, topic_arn: str, text: str) -> str | None:
        """Show a message of a topic in its channels. Return why no channel shows it, or None."""
        content = _shown(text)
        if content is None:
            return "the message has no form that a chat channel shows"
        posts = [
            _post(account, configuration, topic_arn, content)
            for account in list(iam_backends)
            for configuration in configurations_of(account).values()
            if topic_arn in configuration["SnsTopicArns"]
        ]
        self._posts.add(posts)
        return None if posts else f"no chat channel has the topic {topic_arn}"


def _shown(text: str) -> _Content | None:
    try:
        message = json.loads(text)
    except ValueError:
        return None
    if not isinstance(message, dict):
        return None
    if "AlarmName" in message and "NewStateValue" in message:
        title = f"{message['NewStateValue']}: {message['AlarmName']}"
        return _Content(title, str(message.get("NewStateReason", "")))
    return _custom(message)


def _custom(message: dict[str, Any]) -> _Content | None:
    """Return a custom notification, or None if one of its required fields is missing or wrong."""
    content = message.get("content")
    if (message.get("version"), message.get("source")) != ("1.0", "custom"):
        return None
    if not isinstance(content, dict) or content.get("textType", "client-markdown") not in (
        "client-markdown",
        "markdown",
    ):
        return None
    text, title, steps = (content.get(name) for name in ("description", "title", "nextSteps"))
    steps = [] if steps is None else steps
    if not isinstance(text, str) or not text or not isinstance(title, str | None):
        return None
    if not isinstance(steps, list) or not all(isinstance(step, str) for step in steps):
        return None
    return _Content(title, text, tuple(steps))


def _post(
    account: str, configuration: dict[str, Any], topic_arn: str, content: _Content
) -> ChatPost:
    teams = is_teams(configuration)
    return ChatPost(
        account=account,
        configuration=configuration["ConfigurationName"],
        chat="teams" if teams else "slack",
        channel=configuration["ChannelId" if teams else "SlackChannelId"],
        topic_arn=topic_arn,
        title=content.title,
        text=content.text,
        next_steps=content.next_steps,
        at=time.time(),
    )
