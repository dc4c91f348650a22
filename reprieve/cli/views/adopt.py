"""The view of `reprieve adopt`: what was found, what it does not cover, and the plan."""

from collections.abc import Iterator, Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from reprieve.adopt.adopt import Adoption, OldRegion, Placed
from reprieve.adopt.commands import Command
from reprieve.adopt.found import StackSet
from reprieve.adopt.plan import Step
from reprieve.cli.views.layout import (
    escaped,
    fits,
    heading,
    marked,
    show_closed,
    show_hint,
    show_problem,
    show_table,
    show_unread,
    table,
)
from reprieve.status.findings import Finding, Kind
from reprieve.text import counted, printable

_HEADS = ("REGION", "FOUND", "RULE", "NOTIFIES", "CANCELS", "REPRIEVE", "NAME")
_FOLDED_WIDTH = 24
"""The narrowest that the column of the names may be."""


def show(
    adoptions: Sequence[Adoption], plan: Sequence[Step], out: Console, *, closed: int = 0
) -> None:
    """Print each account, the verdict, then the plan for all of them.

    `closed` is how many accounts could not be opened.
    """
    for each in adoptions:
        out.print(escaped(heading(each.account.id, each.account.name), "bold"))
        _show_account(each, out)
        out.print()
    _show_verdict(adoptions, out, closed=closed)
    show_closed(closed, len(adoptions), out)
    for number, step in enumerate(plan, 1):
        _show_step(number, step, out, several=len(adoptions) > 1)


def _show_account(adoption: Adoption, out: Console) -> None:
    if adoption.regions:
        rows = _table(adoption.regions)
        if fits(rows, out, folded=_FOLDED_WIDTH):
            show_table(rows, out)
        else:
            for region, placed in _placed(adoption.regions):
                _show_block(region, placed, out)
    for each in adoption.stack_sets:
        out.print(marked("- ", escaped(_of_set(each))))
    for finding, places in _merged(adoption):
        _show_finding(finding, places, out)
    show_unread(adoption.problems, out)


def _placed(regions: Sequence[OldRegion]) -> Iterator[tuple[OldRegion, Placed]]:
    return ((region, placed) for region in regions for placed in region.placed)


def _table(regions: Sequence[OldRegion]) -> Table:
    rows = table(*_HEADS, folded=["NAME"])
    for region, placed in _placed(regions):
        cells = _cells(region, placed)
        rows.add_row(*map(escaped, cells))
    return rows


def _cells(region: OldRegion, placed: Placed) -> tuple[str, ...]:
    rules = placed.deployment.rules
    return (
        region.region,
        placed.deployment.made,
        "missing" if not rules else "enabled" if any(r.is_enabled for r in rules) else "disabled",
        _notified(placed),
        "yes" if any(each.cancels for each in rules) else "no",
        "guards" if region.is_guarded else "not yet" if region.is_watched else "not watched",
        placed.deployment.name,
    )


def _notified(placed: Placed) -> str:
    """Return how many subscriptions are confirmed, of all."""
    subscribers = [each for topic in placed.deployment.topics for each in topic.subscribers]
    return f"{sum(each.is_confirmed for each in subscribers)}/{len(subscribers)}"


def _show_block(region: OldRegion, placed: Placed, out: Console) -> None:
    place, made, rule, notified, cancels, guarded, name = _cells(region, placed)
    out.print(marked("- ", Text("  ").join([escaped(place, "bold"), escaped(name)])))
    text = f"{made}; rule {rule}; notifies {notified}; cancels: {cancels}; Reprieve: {guarded}"
    out.print(marked("    ", escaped(text)))


def _of_set(stack_set: StackSet) -> str:
    model = "service-managed" if stack_set.is_service_managed else "self-managed"
    accounts = {each.account for each in stack_set.instances}
    return (
        f"Stack set {stack_set.name} ({model}) in {stack_set.region}: "
        f"{counted(len(stack_set.instances), 'stack instance')} in "
        f"{counted(len(accounts), 'account')}"
    )


def _merged(adoption: Adoption) -> list[tuple[Finding, list[str]]]:
    """Return each finding once, with the Regions where it was found."""
    places: dict[tuple[str, str, str], tuple[Finding, list[str]]] = {}

    def add(finding: Finding, place: str) -> None:
        key = (finding.problem, finding.reason, finding.hint)
        places.setdefault(key, (finding, []))[1].append(place)

    for finding in adoption.findings:
        add(finding, "the account")
    for region in adoption.regions:
        for finding in region.findings:
            add(finding, region.region)
        for placed in region.placed:
            for finding in placed.findings:
                add(finding, region.region)
    return list(places.values())


def _show_finding(finding: Finding, places: Sequence[str], out: Console) -> None:
    if finding.kind is Kind.UNEXPECTED:
        out.print(marked("- ", escaped(finding.problem)))  # it needs no replacement
        return
    show_problem(finding.problem, finding.reason, [", ".join(dict.fromkeys(places))], out)
    show_hint(finding.hint, out)


def _show_verdict(adoptions: Sequence[Adoption], out: Console, *, closed: int) -> None:
    found = sum(len(region.placed) for each in adoptions for region in each.regions)
    sets = sum(len(each.stack_sets) for each in adoptions)
    if found or sets:
        of = [counted(found, "deployment"), *([counted(sets, "stack set")] if sets else [])]
        text = f"{' and '.join(of)} of AWS's pattern. This plan replaces them:"
        out.print(marked("✘ ", escaped(text, "bold red"), "bold red"))
    elif any(each.problems for each in adoptions):
        out.print("✘ Something could not be read.", style="bold red")
    elif not closed:
        out.print("✔ Nothing of AWS's pattern is deployed.", style="bold green")


def _show_step(number: int, step: Step, out: Console, *, several: bool) -> None:
    out.print()
    out.print(escaped(f"{number}. {step.title}", "bold"))
    for text in step.text:
        out.print(marked("   ", escaped(text)))
    account = None
    for command in step.commands:
        if several and command.account and command.account != account:
            out.print(escaped(f"   In {command.account}:", "dim"))
        account = command.account
        _show_command(command, out)


def _show_command(command: Command, out: Console) -> None:
    """Print a command as one line, however long: so it can be copied."""
    out.print(f"   $ {printable(command.text)}", soft_wrap=True)
