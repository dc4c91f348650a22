"""Alarms on what is missing: too few data points, where none at all is too few.

No job of the sandbox ends such a period, since nothing happens in it. A test does:
`Sandbox.end_long_period`.
"""

from __future__ import annotations

from typing import Any

from sandbox.cloudwatch.metrics import Period, metric_sum_of


def is_watched_by(alarm: Any) -> bool:
    """Tell whether an alarm of moto's is one of these."""
    return (
        alarm.comparison_operator == "LessThanThreshold"
        and alarm.treat_missing_data == "breaching"
        and metric_sum_of(alarm) is not None
    )


def new_state(alarm: Any, period: Period, region: str) -> tuple[str, str]:
    """Return the state of an alarm after as many periods as it evaluates, and the reason for it."""
    metric_sum = metric_sum_of(alarm)
    point = metric_sum.value(period, region) if metric_sum else None
    is_missing = point is None or point < float(alarm.threshold)
    reason = (
        f"Threshold Crossed: the data point {point or 'missing'} was {'' if is_missing else 'not '}"
        f"less than the threshold ({float(alarm.threshold)})."
    )
    return ("ALARM" if is_missing else "OK"), reason
