"""What `reprieve status` looks at in one watched Region: the columns of its table."""

from collections.abc import Callable, Iterator
from typing import Final

from reprieve import channel_checks, rule_checks
from reprieve.aws import explain, lacking
from reprieve.findings import Check, Finding, Verdict
from reprieve.look import Look

CHECKS: Final[dict[str, Callable[[Look], Check]]] = {
    "rules": rule_checks.rules,
    "targets": rule_checks.targets,
    "topic": channel_checks.topic,
    "subscriptions": channel_checks.subscriptions,
    "runbook": rule_checks.runbook,
    "dead letters": channel_checks.dead_letters,
    "alarms": channel_checks.alarms,
    "last rescue": rule_checks.rescues,
}
"""The columns, in their order, but for the trail's."""


def checks_of(look: Look) -> Iterator[Check]:
    """Yield what each column says; what cannot be looked at hides no other."""
    for name, check in CHECKS.items():
        try:
            yield check(look)
        except Exception as error:
            yield unknown(name, error)


def unknown(name: str, error: Exception) -> Check:
    """Return a check that could not be made."""
    text = "denied" if lacking(error) else "?"
    finding = Finding(f"The {name} could not be looked at.", explain(error))
    return Check(name, text, (finding,), Verdict.UNKNOWN)
