"""The command `reprieve threats`."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Annotated, Any

import typer
from rich.console import Console

from reprieve.cli.common import AsJson, Format, OutputFormat, console, escaped, print_json, table
from reprieve.events.threats import CATALOGUE, KEY_DELETION_SCHEDULED, KEY_DISABLED
from reprieve.settings.loader import load
from reprieve.settings.schema import Settings


@dataclass(frozen=True)
class WatchedEvent:
    """A threat of the catalogue, or a `[[watch]]` of the settings.

    `undone` says whether the settings have a runbook undo it.
    """

    name: str
    severity: str
    watched: bool
    undone: bool
    summary: str
    pattern: dict[str, Any]


def threats(
    patterns: Annotated[
        bool, typer.Option("--patterns", help="Show the event patterns in the table too.")
    ] = False,
    format: Format = OutputFormat.TABLE,
    as_json: AsJson = False,
) -> None:
    """List what endangers keys, and what is watched."""
    events = list_events(load())
    if as_json or format is OutputFormat.JSON:
        print_json([asdict(event) for event in events])
    else:
        show(events, console(), patterns=patterns)


def list_events(settings: Settings) -> list[WatchedEvent]:
    """Return each threat of the catalogue, then each `[[watch]]`."""
    remediation = settings.remediation
    undone = {
        KEY_DELETION_SCHEDULED.name: remediation.enabled,
        KEY_DISABLED.name: remediation.enabled and remediation.enable_disabled,
    }
    catalogue = [
        WatchedEvent(
            name=threat.name,
            severity=threat.severity.lower(),
            watched=threat.name in settings.notify.threats,
            undone=undone.get(threat.name, False),
            summary=threat.summary,
            pattern=threat.event_pattern,
        )
        for threat in CATALOGUE
    ]
    watches = [
        WatchedEvent(
            name=f"watch-{watch.name}",
            severity="",
            watched=True,
            undone=False,
            summary=watch.summary,
            pattern=json.loads(watch.pattern),
        )
        for watch in settings.watch
    ]
    return catalogue + watches


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
    out.print(rows)
    if patterns:
        for event in events:
            out.print(f"\n{event.name}", style="bold")
            print_json(event.pattern)
