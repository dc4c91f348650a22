"""The view of `reprieve status --organization`: a summary, then only what needs attention."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from enum import StrEnum
from typing import Final, TypeVar

from rich.console import Console
from rich.table import Table
from rich.text import Text

from reprieve.cli.views.layout import (
    escaped,
    marked,
    show_hint,
    show_problem,
    show_table,
    table,
)
from reprieve.organization.grouping import Group, grouped
from reprieve.organization.reasons import RETRY_STATES
from reprieve.organization.records import Drift
from reprieve.organization.result import (
    Membership,
    Overview,
    Row,
    SetStatus,
    State,
    row_json,
)
from reprieve.text import iso

COLUMNS: Final = (
    *("account", "name", "membership", "stack_set", "region", "state", "healthy"),
    *("problem", "reason", "hint", "unit", "stack", "drift", "drift_checked"),
)
"""The columns of the CSV: those of `row_json`."""

_OF_ACCOUNTS: Final = (None, State.UNEXPECTED)
"""The states of rows whose problem is that of the account as a whole."""
_BAD_STATES: Final = tuple(each for each in State if each is not State.DEPLOYED)
_Kind = TypeVar("_Kind", bound=StrEnum)
_RETRY: Final = (
    'When the cause is fixed, deploy to these accounts again: docs/stacksets.md, "Troubleshooting".'
)


def show(overview: Overview, out: Console, limit: int) -> None:
    """Print the overview: at most `limit` problems, and `limit` accounts of each."""
    out.print(escaped(f"Organization {overview.organization}, hub {overview.hub}", "bold"))
    out.print(escaped(f"Read {_read(overview)}", "dim"))
    out.print()
    for each in overview.stack_sets:
        out.print(escaped(f"Stack set {each.name} in {overview.region}", "bold"))
        show_table(_facts(each), out)
        out.print()
    wrong = {row.membership for row in overview.rows if row.problem and row.state in _OF_ACCOUNTS}
    wrong -= {Membership.IN_SET}
    show_table(_counts("ACCOUNTS", overview.memberships, Membership, wrong), out)
    out.print()
    show_table(_counts("STACK INSTANCES", overview.states, State, _BAD_STATES), out)
    out.print()
    for notice in overview.notices:
        show_problem(notice.problem, notice.reason, [], out)
        show_hint(notice.hint, out)
        out.print()
    groups = grouped(overview.rows)
    for group in groups[:limit]:
        _show_group(group, overview, out, limit)
    if len(groups) > limit:
        more = sum(len(each.rows) for each in groups[limit:])
        text = (
            f"… and {_many(len(groups) - limit, 'more problem')}, of {_many(more, 'row')}: "
            "--limit shows more, and --format csv shows every row."
        )
        out.print(escaped(text))
        out.print()
    if any(each.first.state in RETRY_STATES for each in groups):
        out.print(marked("→ ", escaped(_RETRY)))
        out.print()
    mark, text, style = _verdict(overview)
    out.print(marked(mark, Text(text, style), style))


def rows_of(rows: Iterable[Row]) -> Iterator[dict[str, object]]:
    """Yield the rows of the CSV."""
    return map(row_json, rows)


def _facts(status: SetStatus) -> Table:
    """Return what is known of a stack set, a line for each."""
    facts = table("", "", folded=[""])
    facts.show_header = False
    template = status.template
    verdict = (
        "as the settings make it"
        if template.is_current
        else f"✘ the settings make {template.expected}"
    )
    automatic = (
        "automatic deployment on" if status.auto_deployment else "✘ automatic deployment off"
    )
    facts.add_row("template", escaped(f"{template.deployed}, {verdict}; {automatic}"))
    if last := status.operation:
        when = last.ended or last.began or ""
        facts.add_row("last operation", escaped(f"{last.action} {last.status} {when}".strip()))
    facts.add_row("drift detection", escaped(_drift(status.drift)))
    return facts


def _drift(drift: Drift | None) -> str:
    if drift is None:
        return "never run"
    text = f"{drift.status} {drift.checked or ''}".strip()
    many = f"{drift.drifted:,} of {_many(drift.total, 'stack instance')} drifted"
    failed = f", {drift.failed:,} could not be checked" if drift.failed else ""
    return f"{text}: {many}{failed}"


def _read(overview: Overview) -> str:
    text = f"{iso(overview.since)} to {iso(overview.until)}, {_many(overview.calls, 'call')}"
    if overview.throttled:
        text += f", {overview.throttled:,} throttled"
    if not overview.resumed:
        return text
    ages = ", ".join(f"{name} {iso(read)}" for name, read in overview.lists.items())
    return f"{text}, continued ({ages})"


def _counts(
    head: str, counts: Mapping[_Kind, int], kinds: Iterable[_Kind], bad: Collection[_Kind]
) -> Table:
    """Return a row for each kind that there is."""
    total = f"{sum(counts.values()):,}"
    rows = table(head, total, right=[total])
    for each in kinds:
        if number := counts[each]:
            style = "bold red" if each in bad else ""
            mark = "✘ " if each in bad else ""
            rows.add_row(Text(f"{mark}{each}", style), Text(f"{number:,}", style))
    return rows


def _show_group(group: Group, overview: Overview, out: Console, limit: int) -> None:
    first = group.first
    many = _many(len(group.accounts), "account")
    if regions := group.regions:
        what = "Region" if first.state is State.MISSING else "stack instance"
        many = f"{_many(len(group.rows), what)} of {many}"
    state = first.state or first.membership
    several = len(overview.stack_sets) > 1 and first.stack_set
    many += f" in {first.stack_set}" if several else ""
    places = [_regions(regions, group, overview)] if regions else []
    title = f"{str(state).capitalize()}: {many}. {first.problem}"
    show_problem(title, first.reason, [*places, _accounts(group, limit)], out)
    show_hint(first.hint, out)
    out.print()


def _regions(regions: Mapping[str, int], group: Group, overview: Overview) -> str:
    name = group.first.stack_set
    every = {region for each in overview.stack_sets if each.name == name for region in each.regions}
    if len(every) > 1 and set(regions) == every:
        fewest, most = min(regions.values()), max(regions.values())
        if fewest == most:
            return f"all {len(regions)} Regions"
    return ", ".join(f"{name} ({count:,})" for name, count in sorted(regions.items()))


def _accounts(group: Group, limit: int) -> str:
    named = [f"{id} ({name})" if name else id for id, name in list(group.accounts.items())[:limit]]
    more = len(group.accounts) - len(named)
    return ", ".join(named) + (f" and {more:,} more" if more else "")


def _verdict(overview: Overview) -> tuple[str, str, str]:
    """Return the mark, the sentence, and its style."""
    deployed = _many(overview.states[State.DEPLOYED], "stack instance")
    if overview.is_healthy:
        return "✔ ", f"{deployed} deployed, and nothing needs attention.", "bold green"
    rows = sum(not each.is_healthy for each in overview.rows)
    ids = len({each.account for each in overview.rows if not each.is_healthy})
    if rows:
        many = f"{ids:,} account needs" if ids == 1 else f"{ids:,} accounts need"
        return "✘ ", f"{many} attention.", "bold red"
    return "✘ ", "The stack sets need attention: see above.", "bold red"


def _many(number: int, one: str) -> str:
    return f"{number:,} {one if number == 1 else f'{one}s'}"
