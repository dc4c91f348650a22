"""The messages that a script sends."""

from typing import Any

import pytest

from reprieve.runbooks.scripts.calls import Calls
from reprieve.runbooks.scripts.messages import printable, publish

EVENTS = {
    "Region": "eu-west-1",
    "Account": "111122223333",
    "Execution": "0b7fd7dd",
    "Console": "console.aws.amazon.com",
}


class Topics(Calls):
    """Notes what is sent; a topic named `closed…` refuses it."""

    def __init__(self) -> None:
        super().__init__("eu-west-1", 60)
        self.sent: list[dict[str, str]] = []

    def client(self, service: str, region: str = "") -> Any:
        """Return a client of SNS."""
        assert service == "sns"
        return type("Sns", (), {"publish": None})

    def make(self, method: Any, **parameters: Any) -> None:
        """Note the message, or raise PermissionError."""
        if parameters["TopicArn"].startswith("closed"):
            raise PermissionError(parameters["TopicArn"])
        self.sent.append(parameters)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain: ü and \u4e2d stay", "plain: ü and \u4e2d stay"),
        ("two\nlines\r", "two?lines?"),
        ("\x1b[31mred", "?[31mred"),
        ("\u202eturned\u2066", "?turned?"),
        ("\u2028", "?"),
        (ValueError("a\tb"), "a?b"),
    ],
)
def test_what_is_not_printable_is_replaced(text, expected):
    """No value can begin a line of its own, or turn the text around."""
    assert printable(text) == expected


def send(calls: Topics, topics: list[str], subject: str, *lines: str, **events: Any) -> None:
    """Send a message to topics."""
    publish(calls, EVENTS | {"Topics": topics} | events, subject, *lines)


def test_a_message_names_where_it_comes_from():
    """The Region in the subject; account and execution at the end, with a link."""
    calls = Topics()
    send(calls, ["alerts"], "KMS key saved", "Reprieve cancelled it.")
    (sent,) = calls.sent
    assert sent == {
        "TopicArn": "alerts",
        "Subject": "Reprieve: KMS key saved (eu-west-1)",
        "Message": "Reprieve cancelled it.\n\n"
        "Region eu-west-1, account 111122223333\n"
        "Automation execution 0b7fd7dd\n"
        "https://console.aws.amazon.com/systems-manager/automation/execution/0b7fd7dd"
        "?region=eu-west-1",
    }


def test_without_a_console_there_is_no_link():
    """As in a partition whose console is not known."""
    calls = Topics()
    send(calls, ["alerts"], "x", Console="")
    assert "https" not in calls.sent[0]["Message"]


def test_a_subject_is_cut_to_what_sns_accepts():
    """Fewer than 100 characters."""
    calls = Topics()
    send(calls, ["alerts"], "x" * 200)
    assert len(calls.sent[0]["Subject"]) == 99


def test_every_topic_gets_the_message_and_one_is_enough():
    """A topic whose key is disabled does not keep it from the others."""
    calls = Topics()
    send(calls, ["closed", "lifeline", "alarms"], "x")
    assert [each["TopicArn"] for each in calls.sent] == ["lifeline", "alarms"]


def test_if_no_topic_accepts_the_message_the_last_error_is_raised():
    """The execution then fails, and a rule reports that."""
    with pytest.raises(PermissionError, match="closed-2"):
        send(Topics(), ["closed-1", "closed-2"], "x")
