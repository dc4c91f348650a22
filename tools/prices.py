"""What a guard costs a month: the list prices of us-east-1, May 2026, in US$.

The free tier is not counted: an account's first ten alarm metrics cost nothing.
"""

from typing import Final

from reprieve.guard.guard import regional_guard
from reprieve.guard.resources import RegionalGuard
from reprieve.location import Location
from reprieve.settings.schema import Settings
from reprieve.settings.types import minutes_of

METRIC: Final = 0.10
"""A metric of a standard alarm, a month (CloudWatch pricing)."""
KEY: Final = 1.00
"""A KMS key, a month, before its first rotation (KMS pricing)."""
EVENT: Final = 0.000001
"""An event that goes to the bus of another account or Region (EventBridge pricing)."""
_STEP: Final = 0.002
"""A step of an automation (Systems Manager pricing)."""
_SECOND: Final = 0.00003
"""A second of a script (Systems Manager pricing)."""

_DAYS: Final = 30
# A patrol has five steps, and ten seconds of scripts where keys are few.
_PATROL: Final = 5 * _STEP + 10 * _SECOND


def patrol_price(every: str) -> float:
    """Return what the patrols of a Region cost a month; `every` is the setting, "6 hours".

    One more patrol runs each day, with reminders. It is rounded to cents, so that the sums of the
    docs are those of their rows.
    """
    return round(_DAYS * (minutes_of("1 day") / minutes_of(every) + 1) * _PATROL, 2)


def regional_price(settings: Settings, guard: RegionalGuard) -> float:
    """Return what the guard of a Region costs a month."""
    metrics = sum(len(alarm.metrics) for alarm in guard.alarms)
    patrols = patrol_price(settings.patrol.every) if settings.patrol.enabled else 0
    return metrics * METRIC + patrols + KEY * (guard.key is not None)


def account_price(settings: Settings) -> float:
    """Return what an account costs a month in all of its watched Regions."""
    partition = settings.regions.partition
    return sum(
        regional_price(settings, regional_guard(settings, Location(partition, region)))
        for region in settings.regions.watched
    )
