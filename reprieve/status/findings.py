"""What `reprieve status` finds: a check is one cell of its table, a finding one problem there."""

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final


class Kind(StrEnum):
    """What is the matter with a resource."""

    MISSING = "missing"
    DIFFERENT = "different"
    """It is not as the settings define it."""
    UNEXPECTED = "unexpected"
    """The settings define no such thing."""
    UNCONFIRMED = "unconfirmed"
    FAILING = "failing"
    """It reports a failure: an alarm is on, a rescue failed, an event was not delivered."""
    UNGUARDED = "unguarded"
    UNKNOWN = "unknown"
    """It could not be read."""


@dataclass(frozen=True)
class Finding:
    """One problem: which resource, what kind of problem, the sentence, and what to do about it.

    `resource` is the name in AWS, or what stands for it: `trail`, `region`. The sentences do not
    name the Region, so that the same problem in many Regions is one finding.
    """

    resource: str
    kind: Kind
    problem: str
    hint: str


class Verdict(StrEnum):
    """The result of a check."""

    OK = "ok"
    WRONG = "wrong"
    UNKNOWN = "unknown"
    """It could not be checked, which does not count as healthy."""


@dataclass(frozen=True)
class Check:
    """One thing that was checked. `text` is short: what stands in the table's cell."""

    name: str
    text: str
    findings: tuple[Finding, ...] = ()
    verdict: Verdict = Verdict.OK

    def failed(self) -> "Check":
        """Return this check as one that failed."""
        return replace(self, verdict=Verdict.WRONG)


def check_of(name: str, text: str, findings: list[Finding]) -> Check:
    """Return a check that fails if there are findings."""
    return Check(name, text, tuple(findings), Verdict.WRONG if findings else Verdict.OK)


DEPLOY: Final = (
    "Deploy again: `reprieve diff` shows the difference, `npx cdktf deploy reprieve` fixes it."
)
"""What to do wherever Terraform would restore the resource."""
