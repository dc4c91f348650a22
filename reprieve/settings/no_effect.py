"""Settings without effect: what they change is turned off by another setting."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from pydantic_core import InitErrorDetails

from reprieve.settings.invalid import invalid_at
from reprieve.settings.unvalidated import Values, table

# By setting: the switches that have to be on for it to have an effect. The exemptions are not here:
# without remediation `reprieve sweep` and the patrol's reminders use them. Neither is a Region in
# regions.exclude that is not watched: `reprieve status` then does not report it.
_SWITCHES: Final = {
    ("remediation", "runbook"): [("remediation", "enabled")],
    ("remediation", "automation_role_arn"): [("remediation", "enabled")],
    ("remediation", "adaptive_concurrency"): [("remediation", "enabled")],
    ("remediation", "re_enable"): [("remediation", "enabled")],
    ("remediation", "enable_disabled"): [("remediation", "enabled")],
    ("reliability", "storm_threshold"): [("reliability", "alarms")],
    ("patrol", "every"): [("patrol", "enabled")],
    ("patrol", "rescue_earlier"): [("patrol", "enabled"), ("remediation", "enabled")],
}


def no_effect_errors(
    values: Values, defaults: Mapping[str, Mapping[str, Any]]
) -> Iterator[InitErrorDetails]:
    """Yield each setting that changes nothing, since another setting turns off what it is about.

    Args:
        values: The settings with their defaults, before validation: each value may be anything.
        defaults: The default of each setting, by table and key.
    """
    for (name, key), switches in _SWITCHES.items():
        value = table(values, name).get(key)
        if value == defaults[name][key] or not isinstance(value, str | bool | int):
            continue
        off = [each for each in switches if table(values, each[0]).get(each[1]) is False]
        if off:
            switch = ".".join(off[0])
            rule = f"has no effect with {switch} = false"
            yield invalid_at((name, key), value, rule, f"remove it, or set {switch} = true")
