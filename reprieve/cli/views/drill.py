"""The view of `reprieve drill`: a line for each Region, then what failed and what was left."""

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from reprieve.cli.views.layout import escaped, fits, heading, marked, show_closed, show_table, table
from reprieve.drill.result import AccountDrill, Drill
from reprieve.text import counted

_SECONDS = ("ALERT", "CANCELLED", "RESULT SENT")
# The narrowest that the column of the key's state may be.
_FOLDED_WIDTH = 12


def show(accounts: Sequence[AccountDrill], out: Console, *, closed: int = 0) -> None:
    """Print the results of each account, and how many could not be opened (`closed`)."""
    for each in accounts:
        _show_account(each, out)
    show_closed(closed, len(accounts), out, "drilled")


def _show_account(found: AccountDrill, out: Console) -> None:
    drills = found.regions
    out.print(heading(found.account, found.name), style="bold")
    rows = _table(drills)
    if fits(rows, out, folded=_FOLDED_WIDTH):
        show_table(rows, out)
    else:
        for each in drills:
            _show_block(each, out)
    out.print()
    problems: dict[str, list[str]] = {}
    for each in drills:
        if each.problem:
            problems.setdefault(each.problem, []).append(each.region)
    for problem, regions in problems.items():
        out.print(marked("✘ ", escaped(problem, "bold red"), "bold red"))
        out.print(marked("  ", Text(", ".join(regions))))
        out.print()
    for each in drills:
        _show_keys_and_leftovers(each, out)
    if removed := sum(each.removed for each in drills):
        many = counted(removed, "queue or subscription", "queues and subscriptions")
        out.print(f"Removed {many} of earlier drills.", style="dim")
    passed = sum(each.passed for each in drills)
    out.print(
        f"{'✔' if found.passed else '✘'} {passed} of {len(drills)} Regions passed.",
        style="bold green" if found.passed else "bold red",
    )


def _table(drills: Sequence[Drill]) -> Table:
    rows = table("REGION", "RESULT", *_SECONDS, "DRILL KEY", right=_SECONDS, folded=["DRILL KEY"])
    for each in drills:
        rows.add_row(each.region, _verdict(each), *_times(each), escaped(each.key_state or "none"))
    return rows


def _show_block(found: Drill, out: Console) -> None:
    """Print a Region and its result, and below them when what happened."""
    out.print(Text("  ").join([Text(found.region, style="bold"), _verdict(found)]))
    times = [
        f"{head.lower()} {seconds}" for head, seconds in zip(_SECONDS, _times(found), strict=True)
    ]
    state = f"drill key {found.key_state}" if found.key_state else "no drill key"
    out.print(marked("    ", escaped(", ".join([*times, state]))))


def _verdict(found: Drill) -> Text:
    if found.passed:
        return escaped("passed", "green")
    return escaped("✘ FAILED" if found.problem else "✘ NOT CLEANED UP", "bold red")


def _show_keys_and_leftovers(found: Drill, out: Console) -> None:
    for key in found.rejected_keys:
        text = f"Not used in {found.region}: {key.key} looks like a drill's key."
        out.print(marked("", escaped(text)))
        out.print(marked("  ", escaped(f"The check {key.check} failed: {key.reason}")))
    for left in found.leftovers:
        text = f"Not cleaned up in {found.region}: {left.resource}"
        out.print(marked("✘ ", escaped(text, "bold red"), "bold red"))
        out.print(marked("  ", escaped(left.problem)))
        # The terminal wraps it, so that it can be copied.
        out.print(escaped(f"  → {left.command}"), soft_wrap=True)
    if found.kept:
        out.print(marked("", escaped(f"Kept in {found.region}: {found.kept} and {found.key}")))


def _times(found: Drill) -> list[str]:
    """Return how long it took until each thing happened."""
    times = (found.alert, found.cancelled, found.result_sent)
    return ["–" if each is None else f"{each:.1f} s" for each in times]
