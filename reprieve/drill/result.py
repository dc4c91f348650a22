"""The result of a drill: what happened in each Region, and what the drill left behind."""

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class RejectedKey:
    """A key that looks like a drill's, and that the drill did not touch.

    `key` is its ARN, or its id if it cannot be described; `check` is the name of the check that
    failed (see `reprieve.drill.proof`), and `reason` says why it failed, as a sentence.
    """

    key: str
    check: str
    reason: str


@dataclass(frozen=True)
class Leftover:
    """Something that the drill could not clean up.

    `resource` says what it is, `problem` why it is still there, as a sentence, and `command` is
    the command line that cleans it up by hand.
    """

    resource: str
    problem: str
    command: str


@dataclass(frozen=True)
class Drill:
    """The result of the drill in one Region.

    `alert`, `cancelled` and `result_sent` are seconds from the call until the alert arrived, the
    deletion was cancelled, and the runbook's message arrived; None for what did not happen or was
    not expected. `key` is the drill key's ARN, and `key_state` the state that it was left in.
    `removed` counts the queues and subscriptions of earlier drills that this one removed. `problem`
    says why the drill failed; None if everything happened that was expected. `kept` is the URL of
    the queue that --keep left. `rejected_keys` are the keys that could not be proved to be a
    drill's, and `leftovers` is what could not be cleaned up.
    """

    region: str
    key: str | None = None
    alert: float | None = None
    cancelled: float | None = None
    result_sent: float | None = None
    key_state: str | None = None
    removed: int = 0
    problem: str | None = None
    kept: str | None = None
    rejected_keys: tuple[RejectedKey, ...] = ()
    leftovers: tuple[Leftover, ...] = ()

    @property
    def passed(self) -> bool:
        """Whether everything that was expected happened, and nothing was left behind."""
        return self.problem is None and not self.leftovers

    def as_json(self) -> dict[str, Any]:
        """Return the result as `--format json` prints it; docs/operations.md has the shape."""
        return {**asdict(self), "passed": self.passed}


@dataclass(frozen=True)
class AccountDrill:
    """The results of the drill in one account, by Region; `name` is that of `[accounts.NAME]`."""

    account: str
    regions: tuple[Drill, ...]
    name: str | None = None

    @property
    def passed(self) -> bool:
        """Whether the drill passed in every Region."""
        return all(each.passed for each in self.regions)

    def as_json(self) -> dict[str, Any]:
        """Return the results as `--format json` prints them."""
        return {
            "account": self.account,
            "name": self.name,
            "regions": [each.as_json() for each in self.regions],
        }
