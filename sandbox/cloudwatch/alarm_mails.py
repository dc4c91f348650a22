"""The e-mails that CloudWatch's alarms send."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from typing import Any

from botocore.loaders import Loader

from sandbox.core.account import account_of

# SNS API reference, Publish: a subject has fewer than 100 characters.
_SUBJECT = 99


def subject_of(alarm: Any) -> str:
    """Return the subject for an alarm's new state."""
    subject = f'{alarm.state_value}: "{alarm.name}" in {_long_name(alarm.region_name)}'
    return subject[:_SUBJECT]


def text_of(alarm: Any, before: str) -> str:
    """Return the text of CloudWatch's e-mail, as recipients have published it."""
    now = datetime.now(UTC)
    moment = f"{now:%A} {now:%d} {now:%B}, {now:%Y %H:%M:%S} UTC"
    details = {
        "Name": alarm.name,
        "Description": alarm.description or "",
        "State Change": f"{before} -> {alarm.state_value}",
        "Reason for State Change": alarm.state_reason,
        "Timestamp": moment,
        "AWS Account": account_of(alarm.alarm_arn),
        "Alarm Arn": alarm.alarm_arn,
    }
    return "\n".join(
        [
            f'You are receiving this email because your Amazon CloudWatch Alarm "{alarm.name}" in '
            f"the {_long_name(alarm.region_name)} region has entered the {alarm.state_value} "
            f'state, because "{alarm.state_reason}" at "{moment}".',
            "",
            "Alarm Details:",
            *(f"- {name + ':':<27} {value}".rstrip() for name, value in details.items()),
        ]
    )


@cache
def _region_names() -> dict[str, str]:
    partitions = Loader().load_data("partitions")["partitions"]
    return {
        code: region["description"]
        for partition in partitions
        for code, region in partition["regions"].items()
    }


def _long_name(region: str) -> str:
    return _region_names().get(region, region)
