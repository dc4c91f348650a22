"""The view of `reprieve move-state`: the states, with their resources before and after."""

from collections.abc import Iterable

from rich.console import Console

from reprieve.cli.views.layout import escaped, show_table, table
from reprieve.move.assignment import Move


def show(moves: Iterable[Move], out: Console) -> None:
    """Print a row for each state."""
    rows = table("STACK", "RESOURCES", "AFTERWARDS", right=["RESOURCES", "AFTERWARDS"])
    for each in moves:
        before, after = each.counts
        rows.add_row(escaped(each.stack), str(before), str(after))
    show_table(rows, out)
