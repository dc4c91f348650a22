"""The result of `reprieve status --organization`: accounts, stack instances, and what is wrong."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from reprieve.organization.records import Drift, Operation
from reprieve.text import iso


class Membership(StrEnum):
    """How an account gets its guard, or why it has none. The value is what people read."""

    IN_SET = "in the stack sets"
    TERRAFORM = "deployed by Terraform"
    """[account] or [accounts.NAME] of the settings."""
    EXCLUDED = "excluded by the settings"
    MANAGEMENT = "the management account"
    """StackSets deploys to every account of an organization but this one."""
    OUTSIDE = "in no unit of the stack sets"
    INACTIVE = "not active"
    """Suspended, closed, or not activated yet."""
    GONE = "not in the organization"
    """It has stack instances, or a table in the settings."""


class State(StrEnum):
    """The state of the guard of an account in a Region. The value is what people read."""

    DEPLOYED = "deployed"
    IN_PROGRESS = "in progress"
    OUTDATED = "outdated"
    FAILED = "failed"
    INOPERABLE = "inoperable"
    SKIPPED = "skipped"
    """The account was suspended at the time of the operation."""
    DRIFTED = "drifted"
    """The last drift detection found that somebody changed the resources of the stack."""
    MISSING = "no stack instance"
    UNEXPECTED = "unexpected"
    """A stack instance where the settings want none."""
    UNKNOWN = "unknown"
    """AWS reports a status that Reprieve does not know."""


@dataclass(frozen=True)
class Row:
    """An account in a Region, for one stack set.

    `state` is None if no stack instance is expected, and none is there. Such a row stands for all
    Regions of its account: its `stack_set` and its `region` are None, too.
    """

    account: str
    name: str
    membership: Membership
    stack_set: str | None
    region: str | None
    state: State | None
    problem: str = ""
    reason: str = ""
    hint: str = ""
    unit: str | None = None
    stack: str | None = None
    drift: str | None = None
    drift_checked: str | None = None

    @property
    def is_healthy(self) -> bool:
        """Whether nothing is to be done."""
        return not self.problem


@dataclass(frozen=True)
class Notice:
    """A problem of the stack set as a whole."""

    problem: str
    hint: str
    reason: str = ""


@dataclass(frozen=True)
class Template:
    """The hashes of the stack set's template, and of the one that the settings make."""

    deployed: str
    expected: str

    @property
    def is_current(self) -> bool:
        """Whether both are the same."""
        return self.deployed == self.expected


@dataclass(frozen=True)
class SetStatus:
    """A stack set as a whole. `operation` is the last one, `regions` those of the settings."""

    name: str
    regions: tuple[str, ...]
    template: Template
    auto_deployment: bool
    operation: Operation | None
    drift: Drift | None

    def as_json(self) -> dict[str, Any]:
        """Return it for programs."""
        return {
            "name": self.name,
            "regions": self.regions,
            "template": asdict(self.template) | {"current": self.template.is_current},
            "auto_deployment": self.auto_deployment,
            "last_operation": asdict(self.operation) if self.operation else None,
            "drift_detection": asdict(self.drift) if self.drift else None,
        }


@dataclass(frozen=True)
class Overview:
    """Everything that the command shows. `account` is the one whose credentials read it.

    `region` is that of the stack sets.
    """

    account: str
    organization: str
    region: str
    hub: str
    """Where alerts are sent from: `111122223333 eu-west-1`."""
    stack_sets: tuple[SetStatus, ...]
    rows: tuple[Row, ...]
    notices: tuple[Notice, ...]
    lists: Mapping[str, datetime]
    """When each list was read, by its name; what is in none is of `until`."""
    since: datetime
    until: datetime
    calls: int
    throttled: int
    resumed: bool

    @property
    def is_healthy(self) -> bool:
        """Whether nothing is to be done."""
        return not self.notices and all(each.is_healthy for each in self.rows)

    @property
    def memberships(self) -> Counter[Membership]:
        """How many accounts there are of each kind."""
        return Counter({row.account: row.membership for row in self.rows}.values())

    @property
    def states(self) -> Counter[State]:
        """How many accounts and Regions are in each state."""
        return Counter(row.state for row in self.rows if row.state)

    def as_json(self, rows: Sequence[Row]) -> dict[str, Any]:
        """Return what `--json` prints, with these rows; docs/operations.md has the shape."""
        memberships, states = self.memberships, self.states
        return {
            "healthy": self.is_healthy,
            "account": self.account,
            "organization": self.organization,
            "region": self.region,
            "hub": self.hub,
            "read": {
                "since": iso(self.since),
                "until": iso(self.until),
                "resumed": self.resumed,
                "calls": self.calls,
                "throttled": self.throttled,
                "lists": {name: iso(read) for name, read in self.lists.items()},
            },
            "stack_sets": [each.as_json() for each in self.stack_sets],
            "accounts": {key(each): memberships[each] for each in Membership},
            "states": {key(each): states[each] for each in State},
            "problems": [asdict(each) for each in self.notices],
            "rows": [row_json(each) for each in rows],
        }


def key(value: Membership | State) -> str:
    """Return the word that programs read: `in_set`."""
    return value.name.lower()


def row_json(row: Row) -> dict[str, Any]:
    """Return a row for programs."""
    return asdict(row) | {
        "membership": key(row.membership),
        "state": key(row.state) if row.state else None,
        "healthy": row.is_healthy,
    }
