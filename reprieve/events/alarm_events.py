"""Alarms of CloudWatch that are raised, as events: their pattern, and the alert."""

from collections.abc import Iterable, Mapping
from typing import Final

from reprieve.events.threat import EventPattern
from reprieve.events.transformer import Transformer, text_of

ALARM_RULE: Final = "alarm-raised"
"""The name of the rule for alarms."""


def alarm_raised(names: Iterable[str | Mapping[str, str]] = ()) -> EventPattern:
    """Return the pattern of alarms that are raised: of these names, or of any.

    A name may also be a prefix, as `{"prefix": "reprieve-"}`.

    CloudWatch sends these events itself, without any trail (CloudWatch user guide, "Alarm events
    and EventBridge").
    """
    detail: EventPattern = {"state": {"value": ["ALARM"]}}
    if names := list(names):
        detail["alarmName"] = names
    return {
        "source": ["aws.cloudwatch"],
        "detail-type": ["CloudWatch Alarm State Change"],
        "detail": detail,
    }


def alarm_alert() -> Transformer:
    """Return the alert about an alarm: its description says what happened and what to do."""
    return text_of(
        {
            "account": "$.account",
            "region": "$.region",
            "alarm": "$.detail.alarmName",
            "at": "$.detail.state.timestamp",
            "what": "$.detail.configuration.description",
            "reason": "$.detail.state.reason",
        },
        (
            "Reprieve: the alarm <alarm> is on in <region>. <what>",
            "Region: <region>, account: <account>",
            "At: <at>",
            "CloudWatch says: <reason>",
        ),
    )
