"""Results for the topics of a Region, and as events for its channels."""

import json
from typing import Any

import pytest

from reprieve.runbooks.scripts.announcing import announced
from reprieve.runbooks.scripts.calls import Calls
from reprieve.runbooks.scripts.messages import publish

EVENTS = {
    "Region": "eu-west-1",
    "Account": "111122223333",
    "Execution": "0b7fd7dd",
    "Console": "console.aws.amazon.com",
    "Kind": "rescue",
    "KeyId": "1234abcd",
    "Topics": ["alerts"],
}


class Services:
    """An event bus and topics. `error` is the code with which the bus refuses an event."""

    def __init__(self, error: str = "") -> None:
        self.error = error
        self.details: list[dict[str, Any]] = []
        self.messages: list[str] = []

    def put_events(self, Entries: list[dict[str, str]]) -> dict[str, Any]:  # noqa: N803 - AWS's
        """Accept or refuse an event."""
        if self.error:
            return {"FailedEntryCount": 1, "Entries": [{"ErrorCode": self.error}]}
        self.details.append(json.loads(Entries[0]["Detail"]))
        return {"FailedEntryCount": 0, "Entries": [{"EventId": "1"}]}

    def publish(self, Message: str, **more: str) -> None:  # noqa: N803 - AWS's
        """Accept a message."""
        self.messages.append(Message)


def published(monkeypatch: pytest.MonkeyPatch, error: str = "") -> Services:
    """Publish a result; return what came of it."""
    services = Services(error)
    calls = Calls("eu-west-1", 60)
    monkeypatch.setattr(calls, "client", lambda service: services)
    announced(publish)(calls, EVENTS, "KMS key saved", "Reprieve cancelled it.")
    return services


def test_a_result_goes_to_the_topics_and_to_the_event_bus(monkeypatch):
    """Once each."""
    services = published(monkeypatch)
    assert [each["subject"] for each in services.details] == ["KMS key saved"]
    (message,) = services.messages
    assert message.startswith("Reprieve cancelled it.\n")
    assert "channels" not in message


def test_the_topics_get_the_result_if_eventbridge_refuses_the_event(monkeypatch):
    """And say that the channels did not."""
    (message,) = published(monkeypatch, "AccessDeniedException").messages
    assert message.startswith("Reprieve cancelled it.\nThe channels did not get this message: ")
