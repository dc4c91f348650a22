"""What the sandbox keeps of stack sets: their instances and operations."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal

from sandbox.core.account import account_of

Json = dict[str, Any]
Action = Literal["CREATE", "UPDATE", "DELETE"]


def now() -> datetime:
    """Return the present time, as the API's answers have it."""
    return datetime.now(UTC)


@dataclass(slots=True)
class Instance:
    """The stack of a stack set in one account and Region, or the record of an attempt.

    `status` is CURRENT, OUTDATED or INOPERABLE. `stack_id` is empty as long as there is no stack.
    `unit` is the organizational unit by which the account became a target.
    """

    account: str
    region: str
    unit: str = ""
    status: str = "OUTDATED"
    detail: str = "PENDING"
    reason: str = ""
    stack_id: str = ""
    operation: str = ""
    overrides: tuple[tuple[str, str], ...] = ()


@dataclass(slots=True)
class Result:
    """What an operation did in one account and Region."""

    account: str
    region: str
    unit: str = ""
    status: str = "PENDING"
    reason: str = ""


@dataclass
class Operation:
    """An operation on instances of a stack set.

    `preferences` and `targets` are as the request had them. `results` has the accounts and Regions
    in the order in which they get their turn.
    """

    id: str
    action: Action
    preferences: Json = field(default_factory=dict)
    targets: Json = field(default_factory=dict)
    results: list[Result] = field(default_factory=list)
    is_retaining: bool = False
    overrides: tuple[tuple[str, str], ...] | None = None
    status: str = "QUEUED"
    is_stopping: bool = False
    reason: str = ""
    created: datetime = field(default_factory=now)
    ended: datetime | None = None

    def stop(self) -> None:
        """Stop the operation after the stacks that it is working on."""
        self.is_stopping, self.status = True, "STOPPING"

    @property
    def is_open(self) -> bool:
        """Tell whether the operation has not ended."""
        return self.ended is None


@dataclass
class StackSet:
    """A stack set. `account` is the one to which it belongs.

    For a service-managed one that is the management account, also if a delegated administrator has
    created it. `automatic` has, by organizational unit, the Regions of automatic deployments.
    """

    id: str
    name: str
    region: str
    arn: str
    template: str
    parameters: dict[str, str]
    capabilities: list[str]
    tags: dict[str, str]
    is_service_managed: bool
    description: str = ""
    administration_role: str = ""
    execution_role: str = ""
    is_automatic: bool = False
    retains_on_removal: bool = False
    is_managed: bool = False
    status: str = "ACTIVE"
    instances: dict[tuple[str, str], Instance] = field(default_factory=dict)
    operations: dict[str, Operation] = field(default_factory=dict)
    automatic: dict[str, list[str]] = field(default_factory=dict)

    @property
    def account(self) -> str:
        """The account to which the stack set belongs."""
        return account_of(self.arn)

    @property
    def running(self) -> Operation | None:
        """The operation that has not ended, or None."""
        return next((each for each in self.operations.values() if each.is_open), None)
