"""The view of `reprieve drill`: a line for each Region, then what failed and what was left."""

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from reprieve.cli.views.layout import escaped, table
from reprieve.drill.result import AccountDrill, Drill


def show(found: AccountDrill, out: Console) -> None:
    """Print the results of the drill in one account."""
    drills = found.regions
    out.print(f"Account {found.account}", style="bold")
    out.print(_table(drills))
    out.print()
    problems: dict[str, list[str]] = {}
    for each in drills:
        if each.problem:
            problems.setdefault(each.problem, []).append(each.region)
    for problem, regions in problems.items():
        out.print(escaped(f"✘ {problem}", "bold red"))
        out.print(f"  {', '.join(regions)}\n")
    for each in drills:
        _show_keys_and_leftovers(each, out)
    if removed := sum(each.removed for each in drills):
        out.print(f"Removed {removed} queues and subscriptions of an earlier drill.", style="dim")
    passed = sum(each.passed for each in drills)
    out.print(
        f"{'✔' if found.passed else '✘'} {passed} of {len(drills)} Regions passed.",
        style="bold green" if found.passed else "bold red",
    )


def _table(drills: Sequence[Drill]) -> Table:
    seconds = ("ALERT", "CANCELLED", "RESULT SENT")
    rows = table("REGION", "RESULT", *seconds, "DRILL KEY", right=seconds, folded=["DRILL KEY"])
    for each in drills:
        rows.add_row(
            each.region,
            _verdict(each),
            *(_seconds(value) for value in (each.alert, each.cancelled, each.result_sent)),
            escaped(each.key_state or "none"),
        )
    return rows


def _verdict(found: Drill) -> Text:
    if found.passed:
        return escaped("passed", "green")
    return escaped("✘ FAILED" if found.problem else "✘ NOT CLEANED UP", "bold red")


def _show_keys_and_leftovers(found: Drill, out: Console) -> None:
    for key in found.rejected_keys:
        out.print(escaped(f"Not used in {found.region}: {key.key} looks like a drill's key."))
        out.print(escaped(f"  The check {key.check} failed: {key.reason}"))
    for left in found.leftovers:
        out.print(escaped(f"✘ Not cleaned up in {found.region}: {left.resource}", "bold red"))
        out.print(escaped(f"  {left.problem}"))
        out.print(escaped(f"  → {left.command}"))
    if found.kept:
        out.print(escaped(f"Kept in {found.region}: {found.kept} and {found.key}"))


def _seconds(value: float | None) -> str:
    return "–" if value is None else f"{value:.1f} s"
