"""What AWS says of a stack set, its instances and its operations; malformed answers are refused.

Shapes: CloudFormation API reference, StackSet, StackInstanceSummary, StackSetOperationSummary.
"""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from reprieve.aws.organization import Member
from reprieve.errors import ReprieveError
from reprieve.text import iso

_ACCOUNT: Final = re.compile(r"[0-9]{12}")
_HASH_DIGITS: Final = 12


class MalformedAnswer(ReprieveError):
    """An answer of AWS lacks something that it must have."""

    def __init__(self, operation: str, problem: str) -> None:
        super().__init__(
            f"The answer of {operation} cannot be read: {problem}. Nothing is concluded from it.",
            "Run the command again. If the answer stays the same, report it with the version of "
            "`reprieve --version`.",
        )


@dataclass(frozen=True)
class Drift:
    """The last drift detection of a stack set. Numbers are stack instances."""

    status: str
    """`COMPLETED`, `FAILED`, `PARTIAL_SUCCESS`, `IN_PROGRESS`, `STOPPED`; empty if none was run."""
    checked: str | None
    """When, in ISO 8601."""
    total: int
    drifted: int
    failed: int


@dataclass(frozen=True)
class StackSet:
    """A stack set. `template` is the text of its template."""

    id: str
    name: str
    template: str
    auto_deployment: bool
    ous: tuple[str, ...]
    regions: tuple[str, ...]
    drift: Drift | None


@dataclass(frozen=True)
class Instance:
    """A stack instance: the stack of an account in a Region. Fields are AWS's, or None."""

    account: str
    region: str
    status: str
    detail: str | None
    reason: str | None
    ou: str | None
    stack: str | None
    drift: str | None
    drift_checked: str | None


@dataclass(frozen=True)
class Operation:
    """An operation of the stack set. `began` and `ended` are in ISO 8601."""

    id: str
    action: str
    status: str
    began: str | None
    ended: str | None
    reason: str | None


@dataclass(frozen=True)
class Organization:
    """The organization: its id, the id of its management account, and its members.

    `covered` are the accounts below the organizational units of the stack sets.
    """

    id: str
    management: str
    members: tuple[Member, ...]
    covered: frozenset[str]


@dataclass(frozen=True)
class SetReading:
    """A stack set, its last operation and its instances."""

    stack_set: StackSet
    operation: Operation | None
    instances: tuple[Instance, ...]


@dataclass(frozen=True)
class Reading:
    """Everything that was read. `since` is when the oldest of it was, `lists` when each list was.

    What is not in a list, the stack sets and their last operations, is of `until`.
    """

    sets: tuple[SetReading, ...]
    organization: Organization
    lists: Mapping[str, datetime]
    since: datetime
    until: datetime
    calls: int
    throttled: int


def stack_set_of(answer: Mapping[str, Any]) -> StackSet:
    """Return the stack set of an answer of DescribeStackSet.

    Raises:
        MalformedAnswer: It has no id, no name or no template.
    """
    operation = "DescribeStackSet"
    given = answer.get("StackSet")
    if not isinstance(given, Mapping):
        raise MalformedAnswer(operation, "it has no StackSet")
    automatic = given.get("AutoDeployment") or {}
    return StackSet(
        id=_text(operation, given, "StackSetId"),
        name=_text(operation, given, "StackSetName"),
        template=_text(operation, given, "TemplateBody"),
        auto_deployment=automatic.get("Enabled") is True,
        ous=tuple(given.get("OrganizationalUnitIds") or ()),
        regions=tuple(given.get("Regions") or ()),
        drift=_drift(given.get("StackSetDriftDetectionDetails") or {}),
    )


def _drift(given: Mapping[str, Any]) -> Drift | None:
    status = given.get("DriftDetectionStatus")
    if not status or (given.get("DriftStatus") == "NOT_CHECKED" and status != "IN_PROGRESS"):
        return None
    return Drift(
        status,
        _time(given.get("LastDriftCheckTimestamp")),
        int(given.get("TotalStackInstancesCount") or 0),
        int(given.get("DriftedStackInstancesCount") or 0),
        int(given.get("FailedStackInstancesCount") or 0),
    )


def instance_of(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of an `Instance` from an entry of ListStackInstances.

    Raises:
        MalformedAnswer: It has no account, no Region or no status.
    """
    operation = "ListStackInstances"
    account = _text(operation, given, "Account")
    if not _ACCOUNT.fullmatch(account):
        raise MalformedAnswer(operation, f"{account!r} is not the id of an account")
    return {
        "account": account,
        "region": _text(operation, given, "Region"),
        "status": _text(operation, given, "Status"),
        "detail": (given.get("StackInstanceStatus") or {}).get("DetailedStatus"),
        "reason": given.get("StatusReason") or None,
        "ou": given.get("OrganizationalUnitId") or None,
        "stack": given.get("StackId") or None,
        "drift": given.get("DriftStatus") or None,
        "drift_checked": _time(given.get("LastDriftCheckTimestamp")),
    }


def operation_of(given: Mapping[str, Any]) -> Operation:
    """Return the operation of an entry of ListStackSetOperations.

    Raises:
        MalformedAnswer: It has no id, no action or no status.
    """
    operation = "ListStackSetOperations"
    return Operation(
        _text(operation, given, "OperationId"),
        _text(operation, given, "Action"),
        _text(operation, given, "Status"),
        _time(given.get("CreationTimestamp")),
        _time(given.get("EndTimestamp")),
        given.get("StatusReason") or None,
    )


def member_of(operation: str, given: Mapping[str, Any]) -> dict[str, str]:
    """Return the fields of a `Member` of the organization from an entry of ListAccounts.

    Raises:
        MalformedAnswer: It has no id or no state.
    """
    # API reference, Account: State replaces Status, which is retired on September 9, 2026. An older
    # botocore knows Status alone.
    state = given.get("State") or given.get("Status")
    if not state:
        raise MalformedAnswer(operation, "an account has no State")
    return {
        "id": _text(operation, given, "Id"),
        "name": str(given.get("Name") or ""),
        "state": str(state),
    }


def items_of(operation: str, answer: Mapping[str, Any], key: str) -> list[Any]:
    """Return the entries of a page.

    Raises:
        MalformedAnswer: The page has none of them, not even an empty list.
    """
    found = answer.get(key)
    if not isinstance(found, list):
        raise MalformedAnswer(operation, f"it has no {key}")
    return found


def template_hash(text: str) -> str:
    """Return a short hash of a template: of its content, whatever its spaces and its order."""
    try:
        canonical = json.dumps(json.loads(text), sort_keys=True, separators=(",", ":"))
    except ValueError:
        canonical = text
    return hashlib.sha256(canonical.encode()).hexdigest()[:_HASH_DIGITS]


def _text(operation: str, given: Mapping[str, Any], key: str) -> str:
    found = given.get(key) if isinstance(given, Mapping) else None
    if not isinstance(found, str) or not found:
        raise MalformedAnswer(operation, f"an entry has no {key}")
    return found


def _time(given: Any) -> str | None:
    return iso(given) if isinstance(given, datetime) else None
