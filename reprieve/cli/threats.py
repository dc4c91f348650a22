"""The command `reprieve threats`."""

import json
from collections.abc import Sequence
from dataclasses import asdict, fields
from typing import Annotated, Any

import typer

from reprieve.cli.common import AsJson, Format, OutputFormat, chosen, console
from reprieve.cli.output import print_as
from reprieve.cli.views.threats import show
from reprieve.guard.watched_events import WatchedEvent, list_events
from reprieve.settings.loader import load
from reprieve.settings.schema import Settings


def threats(
    patterns: Annotated[
        bool, typer.Option("--patterns", help="Show the event patterns in the table too.")
    ] = False,
    format: Format = OutputFormat.TABLE,
    as_json: AsJson = False,
) -> None:
    """List what endangers keys, and what is watched."""
    format = chosen(format, as_json)
    events = _events(load().accounts)
    columns = [each.name for each in fields(WatchedEvent)]
    print_as(
        format,
        as_json=lambda: [_row(event, names) for event, names in events],
        columns=[*columns, "accounts"] if any(names for _, names in events) else columns,
        rows=lambda: (
            {**_row(event, names), "pattern": json.dumps(event.pattern)} for event, names in events
        ),
        view=lambda: show(events, console(), patterns=patterns),
    )


def _events(accounts: Sequence[Settings]) -> list[tuple[WatchedEvent, list[str]]]:
    """Return each event with the names of its accounts, where the settings of some differ.

    The names are empty where every account has the event, alike. Rows of the same name are
    together.
    """
    found: list[tuple[WatchedEvent, list[str]]] = []
    for each in accounts:
        for event in list_events(each):
            names = next((names for other, names in found if other == event), None)
            if names is None:
                found.append((event, names := []))
            names.append(each.account.name or "")
    order = list(dict.fromkeys(event.name for event, _ in found))
    found.sort(key=lambda each: order.index(each[0].name))
    return [(event, [] if len(names) == len(accounts) else names) for event, names in found]


def _row(event: WatchedEvent, names: list[str]) -> dict[str, Any]:
    return asdict(event) | ({"accounts": names} if names else {})
