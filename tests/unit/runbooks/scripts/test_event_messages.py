"""Results as events."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from reprieve.events.results import DETAIL_TYPE, LINES_UP_TO, SOURCE
from reprieve.runbooks.scripts import result_events
from reprieve.runbooks.scripts.calls import Calls
from reprieve.runbooks.scripts.event_messages import publish
from reprieve.runbooks.scripts.result_events import severity_of

EVENTS = {
    "Region": "eu-west-1",
    "Account": "111122223333",
    "Execution": "0b7fd7dd",
    "Console": "console.aws.amazon.com",
    "Kind": "rescue",
    "KeyId": "1234abcd",
}


class EventBus:
    """Notes the entries that are put; answers with the error codes of `failures` first."""

    def __init__(self, *failures: str) -> None:
        self.failures = list(failures)
        self.entries: list[dict[str, str]] = []

    def put_events(self, Entries: list[dict[str, str]]) -> dict[str, Any]:  # noqa: N803 - AWS's
        """Accept the one entry, or refuse it as PutEvents does: without an exception."""
        if self.failures:
            return {"FailedEntryCount": 1, "Entries": [{"ErrorCode": self.failures.pop(0)}]}
        self.entries += Entries
        return {"FailedEntryCount": 0, "Entries": [{"EventId": "1"}]}

    @property
    def details(self) -> list[dict[str, Any]]:
        """The details of the accepted events."""
        return [json.loads(entry["Detail"]) for entry in self.entries]


@pytest.fixture
def calls(monkeypatch):
    """Return calls that wait for nothing; `bus` is set by each test."""
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    return Calls("eu-west-1", 60)


def test_a_result_is_one_event(calls, monkeypatch):
    """It says what a message would say, field by field."""
    bus = EventBus()
    monkeypatch.setattr(calls, "client", lambda service: bus)
    publish(calls, EVENTS, "KMS key saved", "Reprieve cancelled it.", "enable it:")
    (entry,) = bus.entries
    assert (entry["Source"], entry["DetailType"]) == (SOURCE, DETAIL_TYPE)
    assert "EventBusName" not in entry
    (detail,) = bus.details
    assert detail == {
        "version": "1",
        "kind": "rescue",
        "severity": "info",
        "subject": "KMS key saved",
        "lines": ["Reprieve cancelled it.", "enable it:"],
        "lines-up-to": 3,
        "key": "1234abcd",
        "region": "eu-west-1",
        "account": "111122223333",
        "execution": "0b7fd7dd",
        "thread": "1234abcd",
        "text": "Reprieve cancelled it.\\nenable it:",
    }


def test_a_long_result_becomes_several_events(calls, monkeypatch):
    """No line is lost: the text of an event has a limited number of them."""
    bus = EventBus()
    monkeypatch.setattr(calls, "client", lambda service: bus)
    lines = [str(number) for number in range(100)]
    publish(calls, EVENTS, "x", *lines, region="us-east-1")
    assert [line for each in bus.details for line in each["lines"]] == lines
    assert [each["lines-up-to"] for each in bus.details] == [80, 24]
    assert [each["subject"] for each in bus.details] == ["x", "x (continued)"]
    assert {each["region"] for each in bus.details} == {"us-east-1"}


def test_an_entry_that_eventbridge_refuses_for_now_is_put_again(calls, monkeypatch):
    """PutEvents answers with success, and counts the failed entries."""
    bus = EventBus("ThrottlingException", "InternalFailure")
    monkeypatch.setattr(calls, "client", lambda service: bus)
    publish(calls, EVENTS, "x", "y")
    assert len(bus.entries) == 1


def test_an_entry_that_eventbridge_refuses_is_an_error(calls, monkeypatch):
    """The execution then fails, and Systems Manager reports that."""
    bus = EventBus("NotAuthorizedForSourceException")
    monkeypatch.setattr(calls, "client", lambda service: bus)
    with pytest.raises(ClientError, match="NotAuthorizedForSourceException"):
        publish(calls, EVENTS, "x", "y")


@pytest.mark.parametrize(
    ("kind", "subject", "expected"),
    [
        ("rescue", "KMS key saved", "info"),
        ("rescue", "KMS key saved, NOT enabled", "warning"),
        ("rescue", "ACT NOW: KMS key NOT saved", "critical"),
        ("rescue", "the former key of the alerts will be deleted", "critical"),
        ("enable", "KMS key enabled again", "info"),
        ("patrol", "the patrol saved 1 KMS key", "warning"),
        ("patrol", "2 KMS keys pending deletion", "critical"),
        ("patrol", "ACT NOW: the guard is broken", "critical"),
    ],
)
def test_severities(kind, subject, expected):
    """Where somebody has to act, the result is critical."""
    assert severity_of(kind, subject) == expected


def test_both_sides_know_the_same_sizes():
    """The script and the rules that make texts of its events."""
    assert result_events.LINES_UP_TO == LINES_UP_TO
