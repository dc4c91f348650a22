"""Schedules of rules: the expressions that PutRule accepts, and the event of a schedule.

Source: EventBridge User Guide, "Creating a rule that runs on a schedule".
"""

from __future__ import annotations

import re
from typing import Any

from sandbox.core.envelope import envelope

_RATE = re.compile(r"rate\(([1-9]\d*) (minute|hour|day)(s?)\)")
_CRON = re.compile(r"cron\((\S+) (\S+) (\S+) (\S+) (\S+) (\S+)\)")
_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_DAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")


def is_valid(expression: str) -> bool:
    """Tell whether EventBridge accepts a schedule expression: `rate(...)` or `cron(...)`."""
    if rate := _RATE.fullmatch(expression):
        # "A value of 1 takes a singular unit, other values a plural one."
        return (rate[1] == "1") == (rate[3] == "")
    cron = _CRON.fullmatch(expression)
    if cron is None:
        return False
    minutes, hours, day, month, weekday, year = cron.groups()
    return (
        # "If you specify a value for the day of the month, you must use a ? for the weekday."
        (day == "?") != (weekday == "?")
        and _field(minutes, 0, 59)
        and _field(hours, 0, 23)
        and _is_day(day)
        and _field(month, 1, 12, _MONTHS)
        and _is_weekday(weekday)
        and _field(year, 1970, 2199)
    )


def _is_day(text: str) -> bool:
    if text in ("?", "L", "LW"):
        return True
    nearest = re.fullmatch(r"(\d{1,2})W", text)
    return _number(nearest[1], 1, 31) if nearest else _field(text, 1, 31)


def _is_weekday(text: str) -> bool:
    if text in ("?", "L"):
        return True
    if special := re.fullmatch(r"(\w+)(?:L|#[1-5])", text):
        return _number(special[1], 1, 7, _DAYS)
    return _field(text, 1, 7, _DAYS)


def _field(text: str, low: int, high: int, names: tuple[str, ...] = ()) -> bool:
    """Tell whether a field is a list of values, ranges, `*` and steps of these."""
    return all(_item(item, low, high, names) for item in text.split(","))


def _item(text: str, low: int, high: int, names: tuple[str, ...]) -> bool:
    begin, slash, step = text.partition("/")
    if slash and not _number(step, 1, high):
        return False
    first, dash, last = begin.partition("-")
    if dash:
        return _number(first, low, high, names) and _number(last, low, high, names)
    return begin == "*" or _number(begin, low, high, names)


def _number(text: str, low: int, high: int, names: tuple[str, ...] = ()) -> bool:
    if text.upper() in names:
        return True
    return text.isascii() and text.isdigit() and low <= int(text) <= high


def scheduled_event(rule_arn: str, region: str) -> dict[str, Any]:
    """Return the event that a scheduled rule sends to its targets."""
    event = envelope("aws.events", "Scheduled Event", region, {})
    return event | {"resources": [rule_arn]}
