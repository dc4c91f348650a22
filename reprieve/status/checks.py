"""What `reprieve status` checks in one watched Region: the columns of its table."""

from collections.abc import Callable, Iterable, Iterator
from typing import Final

from reprieve.aws.account import denied_action
from reprieve.status import (
    alarm_checks,
    queue_checks,
    rule_checks,
    runbook_checks,
    subscription_checks,
    topic_checks,
)
from reprieve.status.expected import ExpectedRegion
from reprieve.status.findings import Check, Finding, Verdict

CHECKS: Final[dict[str, Callable[[ExpectedRegion], Check]]] = {
    "rules": rule_checks.rules,
    "targets": rule_checks.targets,
    "topic": topic_checks.topic,
    "subscriptions": subscription_checks.subscriptions,
    "runbook": runbook_checks.runbook,
    "dead letters": queue_checks.dead_letters,
    "alarms": alarm_checks.alarms,
    "last rescue": runbook_checks.rescues,
}
"""The columns in their order, except the trail's."""


RELAY_CHECKS: Final = ("rules", "targets")
"""The checks of a Region that only forwards events."""


def checks_of(expected: ExpectedRegion, names: Iterable[str] = CHECKS) -> Iterator[Check]:
    """Yield the result of each check; one that cannot be made does not prevent the others."""
    for name in names:
        try:
            yield CHECKS[name](expected)
        except Exception as error:
            yield unknown(name, error)


def unknown(name: str, error: Exception) -> Check:
    """Return a check that could not be made."""
    text = "denied" if denied_action(error) else "?"
    finding = Finding.unread(name, f"The {name} could not be checked.", error)
    return Check(name, text, (finding,), Verdict.UNKNOWN)
