"""The view of `reprieve threats`: a row for each event."""

from collections.abc import Sequence

from rich.console import Console

from reprieve.cli.common import print_json
from reprieve.cli.views.layout import escaped, show_table, table
from reprieve.guard.watched_events import WatchedEvent


def show(
    events: Sequence[tuple[WatchedEvent, Sequence[str]]], out: Console, *, patterns: bool
) -> None:
    """Print a row for each event, and below the table the patterns if they are asked for.

    Each event comes with the names of its accounts, empty where all have it alike.
    """
    accounts = ["ACCOUNTS"] if any(names for _, names in events) else []
    rows = table(
        *("THREAT", "SEVERITY", "WATCHED", "REMEDIATED"),
        *accounts,
        "WHAT IT IS",
        folded=["WHAT IT IS", "ACCOUNTS"],
    )
    for event, names in events:
        rows.add_row(
            event.name,
            event.severity,
            "yes" if event.watched else "no",
            "yes" if event.undone else "",
            *([", ".join(names) or "all"] if accounts else []),
            escaped(event.summary),
            style=None if event.watched else "dim",
        )
    show_table(rows, out)
    if patterns:
        for event, _ in events:
            out.print(f"\n{event.name}", style="bold")
            print_json(event.pattern)
