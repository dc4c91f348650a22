"""What the sandbox keeps of stacks: their resources, states and templates."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from moto.iam.models import iam_backends
from moto.utilities.utils import get_partition

from sandbox.cloudformation.stack_sets import StackSet, now
from sandbox.core.account import account_of, current_account

Json = dict[str, Any]

# An attribute of moto's backend, so that a reset and a snapshot of the account include it.
_KEPT = "sandbox_cloudformation"


@dataclass
class Resource:
    """A resource of a stack. `properties` are those that it was created or updated with."""

    logical_id: str
    kind: str
    physical_id: str
    properties: Json
    status: str
    reason: str = ""
    deletion_policy: str = "Delete"
    replace_policy: str = "Delete"
    attributes: dict[str, str] = field(default_factory=dict)
    changed: datetime = field(default_factory=now)


@dataclass
class StackEvent:
    """A change of the state of a stack or of one of its resources."""

    logical_id: str
    physical_id: str
    kind: str
    status: str
    reason: str
    time: datetime = field(default_factory=now)
    id: str = field(default_factory=lambda: str(uuid.uuid4()))


@dataclass
class Stack:
    """A stack. `parameters` has the texts of all parameters of its template."""

    id: str
    name: str
    region: str
    template: str
    parameters: dict[str, str]
    capabilities: list[str]
    tags: dict[str, str]
    status: str = "REVIEW_IN_PROGRESS"
    reason: str = ""
    role_arn: str = ""
    resources: dict[str, Resource] = field(default_factory=dict)
    outputs: list[Json] = field(default_factory=list)
    events: list[StackEvent] = field(default_factory=list)
    created: datetime = field(default_factory=now)
    updated: datetime | None = None
    deleted: datetime | None = None
    is_protected: bool = False

    @property
    def account(self) -> str:
        """The account of the stack."""
        return account_of(self.id)

    @property
    def is_busy(self) -> bool:
        """Tell whether something is changing the stack."""
        return self.status.endswith("IN_PROGRESS")

    def enter(self, status: str, reason: str = "") -> None:
        """Change the state of the stack."""
        self.status, self.reason = status, reason
        self.note(self.name, self.id, "AWS::CloudFormation::Stack", status, reason)

    def note(
        self, logical_id: str, physical_id: str, kind: str, status: str, reason: str = ""
    ) -> None:
        """Add an event."""
        self.events.append(StackEvent(logical_id, physical_id, kind, status, reason))


@dataclass
class Kept:
    """The stacks and stack sets of an account, by their ids."""

    stacks: dict[str, Stack] = field(default_factory=dict)
    stack_sets: dict[str, StackSet] = field(default_factory=dict)


def kept_by(account: str) -> Kept:
    """Return what an account has. Changing it keeps the change."""
    kept: Kept = vars(iam_backends[account]["aws"]).setdefault(_KEPT, Kept())
    return kept


def new_stack_id(name: str, region: str) -> str:
    """Return the ARN of a new stack of the present account."""
    partition = get_partition(region)
    account = current_account()
    return f"arn:{partition}:cloudformation:{region}:{account}:stack/{name}/{uuid.uuid4()}"


def find_stack(name: str, region: str) -> Stack | None:
    """Return the stack of a name or an id in the present account and a Region, or None.

    CloudFormation knows a deleted stack by its id only.
    """
    for stack in kept_by(current_account()).stacks.values():
        is_named = stack.name == name and stack.status != "DELETE_COMPLETE"
        if stack.region == region and (is_named or stack.id == name):
            return stack
    return None
