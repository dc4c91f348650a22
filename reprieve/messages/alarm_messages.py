"""Alarms as messages. CloudWatch sends each change of state of an alarm as an event.

CloudWatch user guide, "Alarm events and EventBridge". The alarms are Reprieve's own, so their names
and descriptions hold neither quotation marks nor backslashes: a test makes sure.
"""

from reprieve.events.severity import Severity
from reprieve.messages.message import Message
from reprieve.messages.variables import PLACE, WHERE


def alarm_message(severity: Severity) -> Message:
    """Return the message that one of the alarms of a severity is on."""
    return Message(
        type="alarm",
        kind="<alarm>",
        severity=severity,
        title="the alarm <alarm> in <region> is on",
        paths=PLACE
        | {
            "alarm": "$.detail.alarmName",
            "description": "$.detail.configuration.description",
            "state": "$.detail.state.value",
        },
        lines=(
            "Reprieve: the alarm <alarm> in <region> is on. Read its description.",
            "<description>",
            "State: <state>, since <time>",
            WHERE,
            f"Severity: {severity.upper()}",
        ),
        facts=("<description>", "Since: <time>", WHERE),
        steps=("reprieve status",),
        data={"resource": "<alarm>", "action": "none"},
        console="cloudwatch/home?region=<region>#alarmsV2:alarm/<alarm>",
    )
