"""Reads stack sets, their instances and the accounts of the organization, within AWS's rates."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final

from botocore.exceptions import ClientError

from reprieve.aws.account import Account, is_code
from reprieve.aws.organization import Member
from reprieve.errors import ReprieveError
from reprieve.organization.journal import Journal, Page
from reprieve.organization.pacing import Pacer
from reprieve.organization.records import (
    Instance,
    MalformedAnswer,
    Operation,
    Organization,
    Reading,
    SetReading,
    StackSet,
    instance_of,
    items_of,
    member_of,
    operation_of,
    stack_set_of,
)

_INSTANCES_A_PAGE: Final = 100
_PROGRESS: Final = 1000
"""After so many entries of a list the progress is shown."""

_PROGRESS_OF_UNITS: Final = 20

_ACCOUNTS: Final = "accounts"
_OF_UNITS: Final = "units: "
"""The names of the list of all accounts, and of the lists of each unit begin with this."""

_REJECTED: Final = ("ValidationError", "ValidationException", "InvalidInputException")
"""The codes of a token that AWS does not accept any more."""


class NoStackSetError(ReprieveError):
    """There is no stack set of this name, for these credentials."""


class Reader:
    """Reads with the credentials of an account, which is delegated or the management account."""

    def __init__(
        self,
        account: Account,
        region: str,
        journal: Journal,
        pacers: tuple[Pacer, Pacer],
        report: Callable[[str], None] = lambda what: None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """Prepare; nothing is read yet.

        Args:
            account: Whose credentials are used.
            region: The Region of the stack sets.
            journal: Where pages are kept, and those of a former run are.
            pacers: Those of the calls to StackSets and to Organizations.
            report: Is called with what is being read.
            now: Returns the time.
        """
        self._account, self._region = account, region
        self._stack_sets = account.client("cloudformation", region)
        self._organizations = account.client("organizations", region)
        self._journal = journal
        self._pacers = pacers
        self._report, self._now = report, now
        self._calls = 0

    def read(self, names: Sequence[str]) -> Reading:
        """Read everything about the stack sets of these names.

        Raises:
            NoStackSetError: There is none of a name.
            MalformedAnswer: AWS's answer lacks something.
            ClientError: AWS refused a call.
            ThrottledError: AWS throttled a call too often.
        """
        self._report("the organization")
        described = self._ask_organizations("describe_organization", {})
        organization = described.get("Organization") or {}
        id, management = organization.get("Id"), organization.get("MasterAccountId")
        if not id or not management:
            raise MalformedAnswer("DescribeOrganization", "it has no id or no management account")
        # API reference: service-managed stack sets are the management account's, even if another
        # account creates them. A delegated administrator has to say that it is one.
        caller = "SELF" if management == self._account.id else "DELEGATED_ADMIN"
        asked = [{"StackSetName": name, "CallAs": caller} for name in names]
        stack_sets = [self._stack_set(each) for each in asked]
        operations = [self._last_operation(each) for each in asked]
        units = [unit for each in stack_sets for unit in each.ous]
        members, covered = self._members(units)
        sets = []
        for given, stack_set, operation in zip(asked, stack_sets, operations, strict=True):
            found = self._instances(given, len(covered) * len(stack_set.regions))
            instances = tuple(Instance(**each) for each in found)
            sets.append(SetReading(stack_set, operation, instances))
        ids = {each.id for each in members}
        if any(each.account not in ids for found in sets for each in found.instances):
            # It has left the organization, or it has joined since the accounts were read.
            for name in self._journal.read_at():
                if name == _ACCOUNTS or name.startswith(_OF_UNITS):
                    self._journal.forget(name)
            members, covered = self._members(units)
        return Reading(
            tuple(sets),
            Organization(id, management, members, covered),
            self._read_at(),
            self._journal.began,
            self._now(),
            self._calls,
            sum(each.throttled for each in self._pacers),
        )

    def _members(self, units: Sequence[str]) -> tuple[tuple[Member, ...], frozenset[str]]:
        """Return the accounts of the organization, and the ids of those below these units."""
        self._report("the accounts of the organization")
        found = self._accounts(_ACCOUNTS, "list_accounts", {})
        return tuple(Member(**each) for each in found), frozenset(self._covered(units))

    def _read_at(self) -> dict[str, datetime]:
        """Return when each list was read; the lists of all units count as one."""
        found: dict[str, datetime] = {}
        for name, read in self._journal.read_at().items():
            kind = name.partition(":")[0]
            found[kind] = min(found.get(kind, read), read)
        return found

    def _stack_set(self, asked: Mapping[str, str]) -> StackSet:
        self._report(f"the stack set {asked['StackSetName']}")
        try:
            answer = self._ask_sets("describe_stack_set", asked)
        except ClientError as error:
            if not is_code(error, "StackSetNotFoundException"):
                raise
            raise NoStackSetError(
                f"There is no stack set {asked['StackSetName']} in {self._region}, or the account "
                f"{self._account.id} may not see it.",
                "Deploy it, or use the credentials of the delegated administrator or of the "
                "management account.",
            ) from error
        return stack_set_of(answer)

    def _last_operation(self, asked: Mapping[str, str]) -> Operation | None:
        """Return the newest operation: AWS lists the newest first."""
        answer = self._ask_sets("list_stack_set_operations", {**asked, "MaxResults": 1})
        found = items_of("ListStackSetOperations", answer, "Summaries")
        return operation_of(found[0]) if found else None

    def _instances(self, asked: Mapping[str, str], about: int) -> list[dict[str, Any]]:
        request = {**asked, "MaxResults": _INSTANCES_A_PAGE}
        name = f"stack instances of {asked['StackSetName']}"
        self._report(f"{name}: about {about:,}")

        def page(answer: Mapping[str, Any]) -> list[Any]:
            entries = items_of("ListStackInstances", answer, "Summaries")
            return [instance_of(each) for each in entries]

        ask = partial(self._ask_sets, "list_stack_instances")
        return self._list(name, ask, request, page, about)

    def _accounts(self, name: str, method: str, asked: Mapping[str, str]) -> list[dict[str, str]]:
        operation = "ListAccountsForParent" if asked else "ListAccounts"

        def page(answer: Mapping[str, Any]) -> list[Any]:
            entries = items_of(operation, answer, "Accounts")
            return [member_of(operation, each) for each in entries]

        return self._list(name, partial(self._ask_organizations, method), asked, page)

    def _covered(self, targets: Sequence[str]) -> set[str]:
        """Return the ids of the accounts in these units, and in the units below them."""
        accounts: set[str] = set()
        for unit in self._units(targets):
            name = f"{_OF_UNITS}accounts of {unit}"
            found = self._accounts(name, "list_accounts_for_parent", {"ParentId": unit})
            accounts.update(each["id"] for each in found)
        return accounts

    def _units(self, targets: Sequence[str]) -> Iterator[str]:
        """Yield the units and those below them, each once: one may be below another."""
        waiting = list(targets)
        seen: set[str] = set()
        while waiting:
            unit = waiting.pop()
            if unit in seen:
                continue
            if len(seen) % _PROGRESS_OF_UNITS == 0:
                self._report(f"the organizational units: {len(seen)} so far")
            seen.add(unit)
            yield unit
            waiting += self._list(
                f"{_OF_UNITS}units of {unit}",
                partial(self._ask_organizations, "list_organizational_units_for_parent"),
                {"ParentId": unit},
                _unit_ids,
            )

    def _list(
        self,
        name: str,
        ask: Callable[[Mapping[str, Any]], dict[str, Any]],
        asked: Mapping[str, Any],
        page: Callable[[Mapping[str, Any]], list[Any]],
        about: int = 0,
    ) -> list[Any]:
        """Return all entries of a list; those that a former run has read are not read again.

        Args:
            name: Of the list, for the journal and for people.
            ask: Makes the call with its parameters.
            asked: The parameters, without the token.
            page: Returns the entries of an answer.
            about: How many entries there will likely be; 0 if nobody knows.
        """
        known = self._journal.known(name)
        found, token = (list(known.items), known.token) if known else ([], None)
        is_complete, shown = bool(known) and token is None, len(found)
        is_known_token = bool(token)
        while not is_complete:
            if len(found) >= shown + _PROGRESS:
                of = f" of about {about:,}" if about else ""
                self._report(f"{name}: {len(found):,}{of}")
                shown = len(found)
            request = {**asked, **({"NextToken": token} if token else {})}
            try:
                answer = ask(request)
            except ClientError as error:
                if not is_known_token or not is_code(error, *_REJECTED):
                    raise
                # AWS does not say how long a token is valid: the list has to be read again.
                self._journal.forget(name)
                found, token, is_known_token = [], None, False
                continue
            is_known_token = False
            following = answer.get("NextToken")
            if following and following == token:
                raise MalformedAnswer(name, "two pages have the same NextToken")
            entries, token = page(answer), following or None
            self._journal.add(name, Page(entries, token, self._now()))
            found += entries
            is_complete = token is None
        return found

    def _ask_sets(self, method: str, asked: Mapping[str, Any]) -> dict[str, Any]:
        return self._ask(self._pacers[0], getattr(self._stack_sets, method), asked)

    def _ask_organizations(self, method: str, asked: Mapping[str, Any]) -> dict[str, Any]:
        return self._ask(self._pacers[1], getattr(self._organizations, method), asked)

    def _ask(
        self, pacer: Pacer, method: Callable[..., Any], asked: Mapping[str, Any]
    ) -> dict[str, Any]:
        self._calls += 1
        return pacer.call(lambda: dict(method(**asked)))


def _unit_ids(answer: Mapping[str, Any]) -> list[Any]:
    operation = "ListOrganizationalUnitsForParent"
    entries = items_of(operation, answer, "OrganizationalUnits")
    if not all(isinstance(each, Mapping) and each.get("Id") for each in entries):
        raise MalformedAnswer(operation, "a unit has no Id")
    return [each["Id"] for each in entries]
