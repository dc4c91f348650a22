"""The view of `reprieve threats`: a row for each event."""

from collections.abc import Sequence

from rich.console import Console

from reprieve.cli.common import print_json
from reprieve.cli.views.layout import escaped, show_table, table
from reprieve.guard.watched_events import WatchedEvent


def show(events: Sequence[WatchedEvent], out: Console, *, patterns: bool) -> None:
    """Print a row for each event, and below the table the patterns if they are asked for."""
    rows = table("THREAT", "SEVERITY", "WATCHED", "UNDONE", "WHAT IT IS", folded=["WHAT IT IS"])
    for event in events:
        rows.add_row(
            event.name,
            event.severity,
            "yes" if event.watched else "no",
            "yes" if event.undone else "",
            escaped(event.summary),
            style=None if event.watched else "dim",
        )
    show_table(rows, out)
    if patterns:
        for event in events:
            out.print(f"\n{event.name}", style="bold")
            print_json(event.pattern)
