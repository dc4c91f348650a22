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
    units = stack_set.units or tuple(dict.fromkeys(each.unit for each in gone if each.unit))
    by_unit = f"OrganizationalUnitIds={','.join(units)}"
    if everything:
        yield ("--deployment-targets", by_unit), tuple(sorted({each.region for each in gone}))
        return
    for accounts, regions in _grouped(gone):
        some = f"{by_unit},Accounts={','.join(accounts)},AccountFilterType=INTERSECTION"
        yield ("--deployment-targets", some), regions


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
            if stays := [one for one in each.instances if (one.account, one.region) not in guarded]:
                instances = counted(len(stays), "stack instance")
                accounts = counted(len({one.account for one in stays}), "account")
                yield (
                    f"{instances} in {accounts}, and the stack set, must stay until Reprieve "
                    "guards there. Run `reprieve adopt` again then."
                )
            if each.is_service_managed:
                yield (
                    "With automatic deployment, an account that joins an OU of the stack set gets "
                    "the old stack until then."
                )


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
