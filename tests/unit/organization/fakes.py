"""An organization and a stack set in memory, which answer as boto3's clients do."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import ClientError

HOME = "us-east-1"
REGIONS = ("eu-west-1", "us-east-1")
NAME = "reprieve-organization"
MANAGEMENT = "100000000000"
SECURITY = "111122223333"
UNIT = "ou-abcd-11111111"
TEMPLATE = '{"Resources": {}}'
NOW = datetime(2026, 11, 28, 22, 0, tzinfo=UTC)


def error(code: str, operation: str, retries: int = 0) -> ClientError:
    """Return an error as boto3 raises it."""
    return ClientError(
        {
            "Error": {"Code": code, "Message": "no"},
            "ResponseMetadata": {"RetryAttempts": retries},
        },
        operation,
    )


def entry(account: str, region: str, status: str = "CURRENT", **more: Any) -> dict[str, Any]:
    """Return an entry of ListStackInstances; `detail` is its DetailedStatus."""
    detail = more.pop("detail", "SUCCEEDED")
    return {
        "Account": account,
        "Region": region,
        "Status": status,
        "StackInstanceStatus": {"DetailedStatus": detail},
        "OrganizationalUnitId": UNIT,
        **more,
    }


@dataclass
class FakeAws:
    """Both services. `units` has the accounts of each unit, `below` the units below each.

    `fail` has an error by the number of the call, from 1. `join` is called before the first page of
    stack instances.
    """

    members: dict[str, str]
    units: dict[str, list[str]]
    entries: list[dict[str, Any]]
    below: dict[str, list[str]] = field(default_factory=dict)
    stack_set: dict[str, Any] = field(default_factory=dict)
    operations: list[dict[str, Any]] = field(default_factory=list)
    fail: dict[int, BaseException] = field(default_factory=dict)
    join: Callable[[], object] = lambda: None
    calls: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    def __getattr__(self, name: str) -> Any:
        """Return a method of boto3's clients."""
        if name not in _METHODS:
            raise AttributeError(name)

        def call(**asked: Any) -> dict[str, Any]:
            self.calls.append((name, asked))
            if failure := self.fail.get(len(self.calls)):
                raise failure
            if name == "list_stack_instances":
                self.join()
                self.join = lambda: None
            return dict(_METHODS[name](self, asked))

        return call

    def count(self, name: str) -> int:
        """Return how often a method was called."""
        return sum(each == name for each, _ in self.calls)


@dataclass
class FakeAccount:
    """An account whose clients are all the fake."""

    aws: FakeAws
    id: str = SECURITY

    def client(self, service: str, region: str) -> FakeAws:
        """Return the fake."""
        return self.aws


def _paged(key: str, items: list[Any], asked: dict[str, Any], size: int) -> dict[str, Any]:
    begin = int(asked.get("NextToken", "0"))
    end = begin + size
    following = {"NextToken": str(end)} if end < len(items) else {}
    return {key: items[begin:end], **following}


def _accounts(aws: FakeAws, ids: list[str], asked: dict[str, Any]) -> dict[str, Any]:
    items = [
        {"Id": id, "Name": f"account {id}", "State": aws.members.get(id, "ACTIVE")} for id in ids
    ]
    return _paged("Accounts", items, asked, 20)


def _described(aws: FakeAws, asked: dict[str, Any]) -> dict[str, Any]:
    return {
        "StackSet": {
            "StackSetId": f"{NAME}:1",
            "StackSetName": NAME,
            "TemplateBody": TEMPLATE,
            "AutoDeployment": {"Enabled": True, "RetainStacksOnAccountRemoval": False},
            "OrganizationalUnitIds": [UNIT],
            "Regions": list(REGIONS),
            **aws.stack_set,
        }
    }


_METHODS = {
    "describe_organization": lambda aws, asked: {
        "Organization": {"Id": "o-exampleorgid", "MasterAccountId": MANAGEMENT}
    },
    "describe_stack_set": _described,
    "list_stack_set_operations": lambda aws, asked: {"Summaries": aws.operations[:1]},
    "list_stack_instances": lambda aws, asked: _paged(
        "Summaries", aws.entries, asked, asked["MaxResults"]
    ),
    "list_accounts": lambda aws, asked: _accounts(aws, list(aws.members), asked),
    "list_accounts_for_parent": lambda aws, asked: _accounts(
        aws, aws.units.get(asked["ParentId"], []), asked
    ),
    "list_organizational_units_for_parent": lambda aws, asked: _paged(
        "OrganizationalUnits",
        [{"Id": id} for id in aws.below.get(asked["ParentId"], [])],
        asked,
        20,
    ),
}
