"""The result of a sweep: the keys in danger of each account, and what could not be read."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any, Final

from reprieve.aws.account import Account
from reprieve.names import PENDING_STATES, is_drill_alias
from reprieve.sweep.cloudtrail import Call

DISABLED: Final = "Disabled"
UNKNOWN: Final = "unknown"
"""The state of a key whose state could not be read."""


@dataclass(frozen=True)
class Key:
    """A customer key that is pending deletion, cannot be used, or whose state cannot be read.

    `deletion_date` is None while replicas exist: `waiting_days` is then the waiting period that
    begins when the last replica is gone. `call` is the call that put the key into its state, if
    CloudTrail has it. If it cancelled a deletion, `scheduled` is the call that had scheduled that,
    and `rescued` says whether Reprieve cancelled it. `last_used` is None if KMS recorded no use
    since `tracked_since`, which is None where KMS does not say. `exempt` is the setting that
    exempts the key or the caller. `result` says what was done, `problem` what failed.
    """

    account: str
    region: str
    arn: str
    state: str
    aliases: tuple[str, ...] = ()
    deletion_date: datetime | None = None
    waiting_days: int | None = None
    call: Call | None = None
    scheduled: Call | None = None
    rescued: bool = False
    last_used: datetime | None = None
    tracked_since: datetime | None = None
    exempt: str | None = None
    result: str | None = None
    problem: str | None = None

    @property
    def id(self) -> str:
        """The key's id."""
        return self.arn.rpartition("/")[2]

    @property
    def is_drills(self) -> bool:
        """Whether it has the alias of a drill's key. Anyone who may create aliases can forge it."""
        return any(map(is_drill_alias, self.aliases))

    @property
    def is_pending(self) -> bool:
        """Whether its deletion is scheduled."""
        return self.state in PENDING_STATES

    @property
    def is_healthy(self) -> bool:
        """Whether the key is exempt or not pending deletion, and nothing failed."""
        in_danger = self.is_pending and not self.exempt
        return not (in_danger or self.problem or self.state == UNKNOWN)

    @property
    def days_left(self) -> float | None:
        """The number of days until it is deleted, to a tenth."""
        if self.deletion_date is None:
            return None
        return round((self.deletion_date - datetime.now(UTC)).total_seconds() / 86400, 1)

    def as_json(self) -> dict[str, Any]:
        """Return the key as `--format json` prints it; docs/operations.md has the shape."""
        return {**asdict(self), "drill_key": self.is_drills, "days_left": self.days_left}


@dataclass(frozen=True)
class Sweep:
    """The keys found in an account. `problems` are (Region, sentence): what could not be read."""

    account: Account
    keys: tuple[Key, ...]
    problems: tuple[tuple[str, str], ...]

    @property
    def is_healthy(self) -> bool:
        """Whether no key is in danger and everything could be read."""
        return not self.problems and all(key.is_healthy for key in self.keys)

    def as_json(self) -> dict[str, Any]:
        """Return the account as `--format json` prints it; docs/operations.md has the shape."""
        return {
            "account": self.account.id,
            "name": self.account.name,
            "keys": [key.as_json() for key in self.keys],
            "problems": [{"region": place, "problem": text} for place, text in self.problems],
        }


def keys_in_danger(sweeps: Sequence[Sweep]) -> Iterator[Key]:
    """Yield the keys that are pending deletion and not exempt."""
    return (key for each in sweeps for key in each.keys if key.is_pending and not key.exempt)
