"""The results of runbooks as messages: `runbooks.scripts.result_events` makes the events.

The text of a result may hold the text of an error, and with it quotation marks. So the script has
escaped it in the field `text`, which stands between quotation marks in the forms of JSON.
"""

from reprieve.events.severity import Severity
from reprieve.messages.message import Message
from reprieve.messages.variables import WHERE


def result_message(severity: Severity) -> Message:
    """Return the results of a severity. Its `lines` are for SMS: e-mail has `events.results`."""
    return Message(
        type="result",
        kind="<kind>",
        severity=severity,
        title="<subject> (<region>)",
        paths={
            "id": "$.id",
            "time": "$.time",
            "account": "$.account",
            **{
                name: f"$.detail.{name}"
                for name in ("kind", "subject", "region", "key", "execution", "thread", "text")
            },
        },
        lines=("Reprieve: <subject> (<region>)",),
        facts=("<text>", WHERE),
        data={"key": "<key>", "resource": "<execution>", "action": "none", "thread": "<thread>"},
        console="systems-manager/automation/execution/<execution>?region=<region>",
    )
