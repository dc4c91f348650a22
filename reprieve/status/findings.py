"""What `reprieve status` found: a check is one cell of its table, a finding what is wrong there."""

from dataclasses import dataclass
from enum import StrEnum


@dataclass(frozen=True)
class Finding:
    """Something that is wrong, and what to do about it; sentences that do not name the Region."""

    problem: str
    remedy: str


class Verdict(StrEnum):
    """What a check came to."""

    OK = "ok"
    WRONG = "wrong"
    UNKNOWN = "unknown"
    """It could not be looked at. That is no good news."""


@dataclass(frozen=True)
class Check:
    """One thing that was looked at. `text` is short: what stands in the table's cell."""

    name: str
    text: str
    findings: tuple[Finding, ...] = ()
    verdict: Verdict = Verdict.OK


def judged(name: str, text: str, findings: list[Finding]) -> Check:
    """Return a check that is wrong if there are findings."""
    return Check(name, text, tuple(findings), Verdict.WRONG if findings else Verdict.OK)


DEPLOY = "Deploy again: `reprieve diff` shows what differs, `npx cdktf deploy reprieve` mends it."
"""What to do wherever Terraform would put the thing back."""
