"""What `reprieve status` looks at in one watched Region: the columns of its table."""

from collections.abc import Callable, Iterator
from typing import Final

from reprieve.aws.account import explain, lacking
from reprieve.status import notification_checks, rule_checks
from reprieve.status.expected import Look
from reprieve.status.findings import Check, Finding, Verdict

CHECKS: Final[dict[str, Callable[[Look], Check]]] = {
    "rules": rule_checks.rules,
    "targets": rule_checks.targets,
    "topic": notification_checks.topic,
    "subscriptions": notification_checks.subscriptions,
    "runbook": rule_checks.runbook,
    "dead letters": notification_checks.dead_letters,
    "alarms": notification_checks.alarms,
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
