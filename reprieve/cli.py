"""The command `reprieve`."""

import json
import sys
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from reprieve.diff import diff
from reprieve.faults import SettingsError
from reprieve.settings import Settings, load
from reprieve.threats import CATALOGUE, KEY_DELETION_SCHEDULED, KEY_DISABLED

WRONG_USE = 2

app = typer.Typer(
    name="reprieve",
    help="The guard over AWS KMS keys.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.command()(diff)
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.callback()
def _all() -> None:
    """Read the settings of reprieve.toml in the current directory, and the environment."""


@app.command()
def threats(
    patterns: Annotated[
        bool, typer.Option("--patterns", help="Print each one's event pattern too.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """List the kinds of events that endanger keys, and which of them the settings watch."""
    described = _described(read_settings())
    if as_json:
        print(json.dumps(described, indent=2))
        return
    console = Console(highlight=False)
    table = Table(box=None, pad_edge=False, header_style="bold")
    for head in ("THREAT", "SEVERITY", "WATCHED", "UNDONE", "WHAT IT IS"):
        table.add_column(head, overflow="fold", no_wrap=head != "WHAT IT IS")
    for each in described:
        table.add_row(
            each["name"],
            each["severity"],
            "yes" if each["watched"] else "no",
            "yes" if each["undone"] else "",
            each["summary"],
            style=None if each["watched"] else "dim",
        )
    console.print(table)
    if patterns:
        for each in described:
            console.print(f"\n{each['name']}", style="bold")
            print(json.dumps(each["pattern"], indent=2))


def read_settings() -> Settings:
    """Return the settings; where they are at fault, say so and exit with 2."""
    try:
        return load()
    except SettingsError as error:
        print(error, file=sys.stderr)
        raise typer.Exit(WRONG_USE) from None


def _described(settings: Settings) -> list[dict[str, Any]]:
    """Return each threat, and each watch, as `--json` has it."""
    remediation = settings.remediation
    undone = {
        KEY_DELETION_SCHEDULED.name: remediation.enabled,
        KEY_DISABLED.name: remediation.enabled and remediation.enable_disabled,
    }
    threats = [
        {
            "name": threat.name,
            "severity": threat.severity.lower(),
            "watched": threat.name in settings.notify.threats,
            "undone": undone.get(threat.name, False),
            "summary": threat.summary,
            "pattern": threat.event_pattern,
        }
        for threat in CATALOGUE
    ]
    watches = [
        {
            "name": f"watch-{watch.name}",
            "severity": "",
            "watched": True,
            "undone": False,
            "summary": watch.summary,
            "pattern": json.loads(watch.pattern),
        }
        for watch in settings.watch
    ]
    return threats + watches
