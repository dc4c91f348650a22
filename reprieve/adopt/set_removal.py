"""The commands that remove stack sets of the pattern, in the accounts that administer them."""

import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from reprieve.adopt.adopt import Administrator, Adoption
from reprieve.adopt.commands import Command, aws
from reprieve.adopt.found import Instance, Stack, StackSet
from reprieve.aws.account import Account
from reprieve.text import counted, printable

_WAIT: Final = (
    "After each delete-stack-instances, repeat the command after it until it prints SUCCEEDED: a "
    "stack set has one operation at a time."
)


_FEW: Final = 10
"""For how many accounts the default of one at a time does."""


@dataclass(frozen=True)
class Orphan:
    """A stack of a stack set in an account that does not administer it, and its Region."""

    adoption: Adoption
    region: str
    stack: Stack


def set_commands(adoptions: Sequence[Adoption]) -> Iterator[Command]:
    """Yield what removes the stack instances that Reprieve replaces, and sets that are then empty.

    A stack set is deleted only without instances (CloudFormation API reference, DeleteStackSet).
    """
    guarded = guarded_places(adoptions)
    for adoption in adoptions:
        for each in adoption.stack_sets:
            gone = [one for one in each.instances if (one.account, one.region) in guarded]
            everything = len(gone) == len(each.instances)
            for where, regions in _targets(each, gone, everything=everything):
                yield _of(
                    adoption.account,
                    each,
                    "delete-stack-instances",
                    *where,
                    *("--regions", *regions),
                    "--no-retain-stacks",
                    *_preferences(gone),
                )
                shown = ("--query", "Summaries[0].[Action,Status]", "--output", "text")
                yield _of(adoption.account, each, "list-stack-set-operations", *shown)
            if everything:
                yield _of(adoption.account, each, "delete-stack-set")


def guarded_places(adoptions: Sequence[Adoption]) -> set[tuple[str, str]]:
    """Return the accounts and Regions that Reprieve guards, once the plan deployed the settings."""
    watched = {
        (each.account.id, region) for each in adoptions for region in each.settings.regions.watched
    }
    return watched.union(*(each.members for each in adoptions))


def _preferences(gone: Sequence[Instance]) -> tuple[str, ...]:
    """Return how many accounts at once: by default it is one, and the first failure stops all."""
    if len({each.account for each in gone}) <= _FEW:
        return ()
    return (
        "--operation-preferences",
        "FailureTolerancePercentage=25,MaxConcurrentPercentage=25",
    )


def _of(account: Account, stack_set: StackSet, operation: str, *words: str) -> Command:
    named = ("--stack-set-name", stack_set.name)
    as_admin = ("--call-as", stack_set.call_as) if stack_set.call_as != "SELF" else ()
    return aws(account, stack_set.region, "cloudformation", operation, *named, *words, *as_admin)


def _targets(
    stack_set: StackSet, gone: Sequence[Instance], *, everything: bool
) -> Iterator[tuple[tuple[str, ...], tuple[str, ...]]]:
    """Yield options that name accounts, and their Regions."""
    if not gone:
        return
    if not stack_set.is_service_managed:
        for accounts, regions in _grouped(gone):
            yield ("--accounts", *accounts), regions
        return
    units = _units(stack_set, gone)
    if everything:
        by_unit = f"OrganizationalUnitIds={','.join(units)}"
        yield ("--deployment-targets", by_unit), tuple(sorted({each.region for each in gone}))
        return
    for accounts, regions in _grouped(gone):
        yield ("--deployment-targets", _filtered(units, accounts)), regions


def _grouped(instances: Sequence[Instance]) -> list[tuple[tuple[str, ...], tuple[str, ...]]]:
    """Return groups of accounts that have instances in the same Regions, with these Regions."""
    regions: dict[str, list[str]] = {}
    for each in instances:
        regions.setdefault(each.account, []).append(each.region)
    groups: dict[tuple[str, ...], list[str]] = {}
    for account, found in regions.items():
        groups.setdefault(tuple(sorted(found)), []).append(account)
    return [(tuple(accounts), found) for found, accounts in groups.items()]


def set_notes(adoptions: Sequence[Adoption]) -> Iterator[str]:
    """Yield what people have to know to remove these stack sets."""
    guarded = guarded_places(adoptions)
    for adoption in adoptions:
        for each in adoption.stack_sets:
            yield (
                f"Remove {printable(each.name)} in {each.region} of {each.account}, which "
                "administers it. Do not delete its stacks in their own accounts: the stack "
                "instances would then fail."
            )
            yield _WAIT
            stays = [one for one in each.instances if (one.account, one.region) not in guarded]
            if stays:
                instances = counted(len(stays), "stack instance")
                accounts = counted(len({one.account for one in stays}), "account")
                yield (
                    f"{instances} in {accounts}, and the stack set, must stay until Reprieve "
                    "guards there. Run `reprieve adopt` again then."
                )
            if each.is_automatic:
                yield from _automatic_notes(adoption, each, everything=not stays)


def _automatic_notes(adoption: Adoption, stack_set: StackSet, *, everything: bool) -> Iterator[str]:
    """Yield what happens to accounts that join, and how to turn the automatic deployment off.

    An update that names no value of a parameter would use the default (CloudFormation API
    reference, Parameter), and `Enabled=false` allows no RetainStacksOnAccountRemoval.
    """
    yield (
        "Its automatic deployment is on: until its stack instances are deleted, an account that "
        "joins one of its OUs gets the old stack too. Both then react, which does no harm."
    )
    if everything:
        yield (
            "These commands name OUs, so they also remove the old stacks of accounts that joined "
            "since. Run `reprieve adopt` right before, to see whether Reprieve guards them."
        )
    parameters = [f"ParameterKey={each},UsePreviousValue=true" for each in stack_set.parameters]
    update = _of(
        adoption.account,
        stack_set,
        "update-stack-set",
        "--use-previous-template",
        *(["--parameters", *parameters] if parameters else []),
        *(["--capabilities", *stack_set.capabilities] if stack_set.capabilities else []),
        *("--auto-deployment", "Enabled=false"),
    )
    yield (
        "You can turn it off as soon as Reprieve's stack sets deploy to all of its OUs: "
        f"`{printable(update.text)}`. This changes no stack, but it is an operation over all "
        "stack instances."
    )


def member_notes(adoptions: Sequence[Adoption]) -> Iterator[str]:
    """Yield how to test accounts that have no table in the settings, before anything is deleted.

    Reprieve's own stack set guards them. No credentials for them are known.
    """
    opened = {each.account.id for each in adoptions}
    members = {place for each in adoptions for place in each.members if place[0] not in opened}
    accounts: set[str] = set()
    commands = []
    for adoption in adoptions:
        for stack_set in adoption.stack_sets:
            gone = [one for one in stack_set.instances if (one.account, one.region) in members]
            if gone:
                accounts |= {one.account for one in gone}
                commands.append(_of_one_account(adoption.account, stack_set, gone))
    if not accounts:
        return
    yield (
        f"{counted(len(accounts), 'account')} of the old stack sets, guarded by Reprieve's own, "
        "cannot be opened by the settings. The drill does not test them, and their old rules "
        "stay enabled: deleting their old stacks is the first change there, and it cannot be "
        "undone at once."
    )
    yield (
        "Choose a test account among them. In each Region, schedule the deletion of a test key by "
        "its id. It has to be cancelled, and Reprieve's alert and result have to arrive."
    )
    yield (
        "Then delete the old stack instances of this account alone, and repeat the test: now "
        "Reprieve rescues alone. Write the id of the account for ACCOUNT: "
        f"{', '.join(f'`{printable(each.text)}`' for each in commands)}."
    )
    yield (
        "If the test fails, create-stack-instances with the same accounts and Regions brings the "
        "old stacks back; their addresses have to confirm again."
    )


def _of_one_account(account: Account, stack_set: StackSet, gone: Sequence[Instance]) -> Command:
    where = ("--accounts", "ACCOUNT")
    if stack_set.is_service_managed:
        where = ("--deployment-targets", _filtered(_units(stack_set, gone), ("ACCOUNT",)))
    regions = sorted({each.region for each in gone})
    words = (*where, "--regions", *regions, "--no-retain-stacks")
    return _of(account, stack_set, "delete-stack-instances", *words)


def _units(stack_set: StackSet, gone: Sequence[Instance]) -> tuple[str, ...]:
    return stack_set.units or tuple(dict.fromkeys(each.unit for each in gone if each.unit))


def _filtered(units: Sequence[str], accounts: Sequence[str]) -> str:
    named = f"OrganizationalUnitIds={','.join(units)},Accounts={','.join(accounts)}"
    return f"{named},AccountFilterType=INTERSECTION"


def orphans_of(
    adoptions: Sequence[Adoption], candidates: Sequence[Orphan]
) -> dict[str, list[Orphan]]:
    """Return those whose stack set no account here administers, by the name of their set."""
    known = {
        each.stack_id
        for adoption in adoptions
        for one in adoption.stack_sets
        for each in one.instances
    }
    found: dict[str, list[Orphan]] = {}
    for each in candidates:
        if each.stack.id not in known:
            found.setdefault(str(each.stack.set_name), []).append(each)
    return found


def orphan_notes(orphans: dict[str, list[Orphan]]) -> Iterator[str]:
    """Yield in which account such a stack set has to be removed, and how."""
    for name, stacks in orphans.items():
        by_account: dict[str, list[str]] = {}
        for each in stacks:
            by_account.setdefault(each.adoption.account.id, []).append(each.region)
        administrator = next(
            (each.adoption.administrator for each in stacks if each.adoption.administrator), None
        )
        yield (
            f"The stacks of the stack set {printable(name)} come from another account. Do not "
            f"delete them here. Remove their stack instances in {_who(administrator)}: "
            f"`{_instances_command(name, by_account, administrator)}`."
        )


def _who(administrator: Administrator | None) -> str:
    if administrator is None:
        return (
            "the account that administers it, which is not known: the management account of the "
            "organization, a delegated administrator, or the account that created it"
        )
    if administrator.is_service_managed:
        return (
            f"the management account {administrator.account}, or in the delegated administrator "
            "of CloudFormation that created it"
        )
    return f"the account {administrator.account}, which its role trusts"


def _instances_command(
    name: str, by_account: Mapping[str, Sequence[str]], administrator: Administrator | None
) -> str:
    """Return the command without its Region, and without OUs: nobody here knows them."""
    accounts = tuple(by_account)
    where = ("--accounts", *accounts)
    if administrator and administrator.is_service_managed:
        filtered = f"Accounts={','.join(accounts)},AccountFilterType=INTERSECTION"
        where = ("--deployment-targets", f"OrganizationalUnitIds=OU,{filtered}")
    regions = sorted({each for found in by_account.values() for each in found})
    words = ["aws", "cloudformation", "delete-stack-instances", "--stack-set-name", name, *where]
    return printable(shlex.join([*words, "--regions", *regions, "--no-retain-stacks"]))
