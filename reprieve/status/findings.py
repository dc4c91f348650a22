"""What `reprieve status` finds: a check is one cell of its table, a finding one problem there."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final, NamedTuple

from reprieve.aws.account import reason_and_hint
from reprieve.environment.cdk import deploy_command
from reprieve.text import counted


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


class Count(NamedTuple):
    """A number in a sentence: `one` and `many` are what follows the number."""

    number: int
    one: str
    many: str

    @property
    def sentence(self) -> str:
        """The number, and what follows it."""
        return counted(self.number, self.one, self.many)


@dataclass(frozen=True)
class Finding:
    """One problem: which resource, what kind of problem, the sentence, and what to do about it.

    `resource` is the name in AWS, or what stands for it: `trail`, `region`. The sentences do not
    name the Region, so that the same problem in many Regions is one finding. `reason` says why, if
    that is known: often in the words of AWS. `reason` and `hint` may be empty. `count` is the
    number in a `problem` that counts something: such problems of several Regions add up.
    `attribute` is what differs of the resource, if one attribute does: `state`, `tag team`.
    """

    resource: str
    kind: Kind
    problem: str
    hint: str
    reason: str = ""
    count: Count | None = None
    attribute: str = ""

    @classmethod
    def counted(cls, resource: str, kind: Kind, count: Count, hint: str) -> "Finding":
        """Return a finding whose problem is a number of things."""
        return cls(resource, kind, count.sentence, hint, count=count)

    @classmethod
    def unread(cls, resource: str, problem: str, error: BaseException) -> "Finding":
        """Return a finding about what could not be read, because of an error."""
        reason, hint = reason_and_hint(error)
        return cls(resource, Kind.UNKNOWN, problem, hint, reason)

    @property
    def is_harmless(self) -> bool:
        """Whether the guard works all the same: a text that people read differs, or a version."""
        return self.attribute in _HARMLESS or self.attribute.startswith("tag ")

    @property
    def rank(self) -> int:
        """How bad it is, for sorting: the worst is 0."""
        if self.kind is Kind.UNGUARDED or self.resource == "region":
            return 0
        if self.is_harmless:
            return 4
        return {Kind.UNKNOWN: 2, Kind.UNEXPECTED: 3}.get(self.kind, 1)


VERSION: Final = "version"
"""The attribute of a resource that is missing, but is there in another version."""
_HARMLESS: Final = ("description", "display name", VERSION)


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
    f"Deploy again: `reprieve diff` shows the difference, `{deploy_command()}` fixes it."
)
"""What to do wherever Terraform would restore the resource, if the stack is that of one account."""


SWEEP: Final = (
    "Then run `reprieve sweep`: keys may be pending deletion that were not rescued meanwhile."
)
"""What to do, too, after a rescue may have been missed."""


def with_sweep(findings: Iterable[Finding]) -> Iterator[Finding]:
    """Yield findings about what rescues need: where it did not work, the hint says to sweep."""
    for each in findings:
        worked = each.kind is Kind.UNEXPECTED or (each.is_harmless and each.attribute != VERSION)
        yield each if worked else replace(each, hint=f"{each.hint} {SWEEP}".lstrip())


def for_target(check: Check, target: str) -> Check:
    """Return a check whose hints name the stacks of its account, as `deploy_target` does."""
    command, own = f"`{deploy_command()}`", f"`{deploy_command(target)}`"
    findings = [replace(each, hint=each.hint.replace(command, own)) for each in check.findings]
    return replace(check, findings=tuple(findings))
