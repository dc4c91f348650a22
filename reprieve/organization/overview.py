"""Compares what was read of an organization with what the settings want."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

from reprieve.aws.organization import Member
from reprieve.environment.cdk import deploy_command
from reprieve.organization.reasons import PROBLEMS, hint_for, state_of
from reprieve.organization.records import Instance, Reading, StackSet, template_hash
from reprieve.organization.result import (
    Membership,
    Notice,
    Overview,
    Row,
    SetStatus,
    State,
    Template,
)

_FAILED_OPERATION: Final = ("FAILED", "STOPPED")
_RUNNING_OPERATION: Final = ("RUNNING", "QUEUED", "STOPPING")
_AS_DELEGATED: Final = " --call-as DELEGATED_ADMIN"


@dataclass(frozen=True)
class ExpectedSet:
    """A stack set as the settings make it. `regions` are those of its stacks.

    `template` is the text of its template.
    """

    name: str
    regions: tuple[str, ...]
    template: str


@dataclass(frozen=True)
class Expected:
    """What the settings say of the organization.

    `region` is that of the stack sets. `terraform` has the NAME of the accounts that Terraform
    deploys, by their ids; `units` are the targets of the stack sets, and `excluded` the ids of the
    accounts that these leave out. `hub` is its account and its Region. `target` is what to deploy.
    """

    sets: tuple[ExpectedSet, ...]
    region: str
    units: tuple[str, ...]
    excluded: frozenset[str]
    terraform: Mapping[str, str]
    hub: str
    target: str


def overview_of(account: str, expected: Expected, reading: Reading, *, resumed: bool) -> Overview:
    """Return the result; `account` is the one whose credentials read it."""
    pairs = list(zip(expected.sets, reading.sets, strict=True))
    stack_sets = [
        SetStatus(
            name=wanted.name,
            regions=wanted.regions,
            template=Template(
                template_hash(found.stack_set.template), template_hash(wanted.template)
            ),
            auto_deployment=found.stack_set.auto_deployment,
            operation=found.operation,
            drift=found.stack_set.drift,
        )
        for wanted, found in pairs
    ]
    return Overview(
        account=account,
        organization=reading.organization.id,
        region=expected.region,
        hub=expected.hub,
        stack_sets=tuple(stack_sets),
        rows=tuple(_rows(account, expected, reading)),
        notices=tuple(
            notice
            for status, found in zip(stack_sets, reading.sets, strict=True)
            for notice in _notices(expected, status, found.stack_set)
        ),
        lists=reading.lists,
        since=reading.since,
        until=reading.until,
        calls=reading.calls,
        throttled=reading.throttled,
        resumed=resumed,
    )


def _notices(expected: Expected, status: SetStatus, stack_set: StackSet) -> Iterator[Notice]:
    """Yield what is wrong with a stack set as a whole."""
    deploy = f"Deploy {expected.target}: `{deploy_command(expected.target)}`."
    name, template, last = status.name, status.template, status.operation
    if not template.is_current:
        yield Notice(
            f"The template of {name} ({template.deployed}) is not the one that the settings make "
            f"({template.expected}).",
            f"{deploy} A newer version of Reprieve makes another template, too.",
        )
    if not status.auto_deployment:
        yield Notice(
            f"Automatic deployment of {name} is off: an account that joins gets no guard.", deploy
        )
    if set(stack_set.ous) != set(expected.units):
        yield Notice(
            f"{name} deploys to {_listed(stack_set.ous)}, and the settings name "
            f"{_listed(expected.units)}.",
            deploy,
        )
    if last and last.status in _FAILED_OPERATION:
        when = f" at {last.ended}" if last.ended else ""
        yield Notice(
            f"The last operation of {name}, {last.action}, ended with {last.status}{when}.",
            "The failed stack instances say why.",
            last.reason or "",
        )
    if last and last.status in _RUNNING_OPERATION:
        since = f" since {last.began}" if last.began else ""
        yield Notice(
            f"An operation of {name}, {last.action}, is {last.status}{since}.",
            "Run the command again when it is over.",
        )


def _listed(units: Sequence[str]) -> str:
    return ", ".join(sorted(units)) or "no unit"


_Found = dict[str, dict[str, Instance]]
"""The stack instances of an account: by the name of the stack set, then by the Region."""


def _rows(reader: str, expected: Expected, reading: Reading) -> Iterator[Row]:
    """Yield the rows of all accounts, by their ids; `reader` is that of whose credentials read."""
    is_management = reader == reading.organization.management
    options = f"--region {expected.region}" + ("" if is_management else _AS_DELEGATED)
    members = {each.id: each for each in reading.organization.members}
    found: dict[str, _Found] = {}
    for wanted, given in zip(expected.sets, reading.sets, strict=True):
        for instance in given.instances:
            of_account = found.setdefault(instance.account, {})
            of_account.setdefault(wanted.name, {})[instance.region] = instance
    # An account of the settings that has left the organization is of no interest here.
    for account in sorted({*members, *found}):
        membership = _membership(account, members, expected, reading)
        name = expected.terraform.get(account) or (
            members[account].name if account in members else ""
        )
        make = partial(Row, account, name, membership)
        if membership is Membership.IN_SET:
            yield from _covered_rows(make, expected, found.get(account, {}), options)
        else:
            yield from _other_rows(make, membership, found.get(account, {}))


def _membership(
    account: str, members: Mapping[str, Member], expected: Expected, reading: Reading
) -> Membership:
    if account not in members:
        return Membership.GONE
    if not members[account].is_active:
        return Membership.INACTIVE
    if account in expected.terraform:
        return Membership.TERRAFORM
    if account in expected.excluded:
        return Membership.EXCLUDED
    if account == reading.organization.management:
        return Membership.MANAGEMENT
    if account in reading.organization.covered:
        return Membership.IN_SET
    return Membership.OUTSIDE


_NO_GUARD: Final = {
    Membership.MANAGEMENT: (
        "It has no guard: StackSets never deploys to the management account.",
        "Add a table [accounts.NAME] for it to the settings, and deploy that with Terraform. If it "
        "needs no guard, add it to organization.exclude_accounts.",
    ),
    Membership.OUTSIDE: (
        "It has no guard: it is in no organizational unit of the stack sets.",
        "Move it, add its unit to organization.organizational_units, or add the account to "
        "organization.exclude_accounts.",
    ),
}
_LEFT_OVER: Final = {
    Membership.TERRAFORM: (
        "Terraform and the stack sets both deploy to this account.",
        "Add it to organization.exclude_accounts, or remove its table from the settings.",
    ),
    Membership.EXCLUDED: (
        "The settings exclude the account, and it has stack instances.",
        "Deploy the stack sets, or delete the stack instances of the account: docs/stacksets.md.",
    ),
    Membership.MANAGEMENT: (
        "The management account has a stack instance.",
        "Delete it: a service-managed stack set does not deploy there.",
    ),
    Membership.OUTSIDE: (
        "The account is in no organizational unit of the stack sets any more, and its stack "
        "instances are still there.",
        "Nothing updates this guard. Move the account back, or delete the stack instances.",
    ),
    Membership.GONE: (
        "The account has left the organization, and its stack instances are still there.",
        "Nothing updates this guard. Delete the stack instances with RetainStacks.",
    ),
}


def _covered_rows(
    make: Callable[..., Row], expected: Expected, found: _Found, options: str
) -> Iterator[Row]:
    """Yield a row for each stack set and Region of an account that they deploy to.

    `options` are those of the AWS CLI that its calls about stack sets need.
    """
    for wanted in expected.sets:
        of = f"--stack-set-name {wanted.name} {options}"
        instances = found.get(wanted.name, {})
        for region in sorted({*wanted.regions, *instances}):
            instance = instances.get(region)
            if instance is None:
                state = State.MISSING
                problem, hint = PROBLEMS[state], hint_for(state, "", of)
                yield make(wanted.name, region, state, problem, hint=hint)
            elif region not in wanted.regions:
                problem = "The settings want no stack here, and there is a stack instance."
                hint = f"Deploy {expected.target}, or watch the Region."
                yield _row(make, wanted.name, instance, State.UNEXPECTED, problem, hint)
            else:
                state = state_of(instance)
                problem, hint = PROBLEMS.get(state, ""), hint_for(state, instance.reason or "", of)
                yield _row(make, wanted.name, instance, state, problem, hint)


def _other_rows(make: Callable[..., Row], membership: Membership, found: _Found) -> Iterator[Row]:
    """Yield the rows of an account that the stack sets do not deploy to, one if it is in none."""
    if not found or membership is Membership.INACTIVE:
        # The stacks of an account that is suspended cannot be used, and it changes no key.
        problem, hint = _NO_GUARD.get(membership, ("", ""))
        yield make(None, None, None, problem, hint=hint)
        return
    problem, hint = _LEFT_OVER[membership]
    for name, instances in found.items():
        for region in sorted(instances):
            yield _row(make, name, instances[region], State.UNEXPECTED, problem, hint)


def _row(
    make: Callable[..., Row],
    name: str,
    found: Instance,
    state: State,
    problem: str,
    hint: str,
) -> Row:
    reason = (found.reason or "") if problem else ""
    if state is State.UNKNOWN:
        reason = f"{found.status} {found.detail or ''}: {reason}".strip(": ")
    return make(
        name,
        found.region,
        state,
        problem,
        reason,
        hint,
        found.ou,
        found.stack,
        found.drift,
        found.drift_checked,
    )
