"""The command `reprieve threats`."""

import json
from dataclasses import asdict, fields
from typing import Annotated

import typer

from reprieve.cli.common import AsJson, Format, OutputFormat, chosen, console, print_json
from reprieve.cli.views.csv_output import csv_text
from reprieve.cli.views.threats import show
from reprieve.guard.watched_events import WatchedEvent, list_events
from reprieve.settings.loader import load


def threats(
    patterns: Annotated[
        bool, typer.Option("--patterns", help="Show the event patterns in the table too.")
    ] = False,
    format: Format = OutputFormat.TABLE,
    as_json: AsJson = False,
) -> None:
    """List what endangers keys, and what is watched."""
    format = chosen(format, as_json)
    events = list_events(load().only)
    if format is OutputFormat.JSON:
        print_json([asdict(event) for event in events])
    elif format is OutputFormat.CSV:
        rows = [{**asdict(event), "pattern": json.dumps(event.pattern)} for event in events]
        print(csv_text([each.name for each in fields(WatchedEvent)], rows), end="")
    else:
        show(events, console(), patterns=patterns)
