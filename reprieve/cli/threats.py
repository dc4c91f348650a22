"""The command `reprieve threats`."""

from dataclasses import asdict
from typing import Annotated

import typer

from reprieve.cli.common import AsJson, Format, OutputFormat, console, print_json
from reprieve.cli.views.threats import show
from reprieve.guard.watched_events import list_events
from reprieve.settings.loader import load


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
