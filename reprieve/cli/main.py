"""The command `reprieve`."""

import json
from typing import Annotated, Any

import typer
from rich.table import Table

from reprieve.aws.permissions import COMMANDS, policy_for
from reprieve.cli import drill, sweep
from reprieve.cli.common import (
    WRONG,
    AsJson,
    Profiles,
    Regions,
    Seconds,
    check_regions,
    console,
    open_accounts,
    print_json,
    progress,
    read_settings,
    refuse,
)
from reprieve.cli.diff import diff
from reprieve.cli.status_table import show as show_status
from reprieve.events.threats import CATALOGUE, KEY_DELETION_SCHEDULED, KEY_DISABLED
from reprieve.regions import known_regions
from reprieve.settings.schema import Settings
from reprieve.status.status import status_of

app = typer.Typer(
    name="reprieve",
    help="The guard over AWS KMS keys.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


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
    """List what endangers keys, and what is watched."""
    described = _described(read_settings())
    if as_json:
        print_json(described)
        return
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
    out = console()
    out.print(table)
    if patterns:
        for each in described:
            out.print(f"\n{each['name']}", style="bold")
            print(json.dumps(each["pattern"], indent=2))


@app.command()
def status(
    region: Regions = None,
    profile: Profiles = None,
    timeout: Seconds = 60,
    as_json: AsJson = False,
) -> None:
    """Look whether every Region is guarded.

    And whether each guard sees and tells. It changes nothing.

    Exits with 0 if all is well, 1 if something is wrong or could not be looked at, 2 if the
    settings, the options or the credentials are at fault.
    """
    settings = read_settings()
    only = check_regions(region, settings)
    accounts, failed = open_accounts(profile, settings)
    many = len(only) or len(known_regions(settings.regions.partition))
    with progress("Looking at the Regions", many * len(accounts)) as done:
        found = [
            status_of(account, settings, only=only, timeout=timeout, done=done)
            for account in accounts
        ]
    if as_json:
        print_json(
            {
                "healthy": not failed and all(each.is_healthy for each in found),
                "accounts": [each.as_json() for each in found],
                "failed_profiles": failed,
            }
        )
    else:
        for each in found:
            show_status(each, console())
    if failed or not all(each.is_healthy for each in found):
        raise typer.Exit(WRONG)


app.command("drill")(drill.command)
app.command("sweep")(sweep.command)
app.command()(diff)


@app.command()
def policy(
    command: Annotated[
        str, typer.Argument(metavar="COMMAND", help=f"One of: {', '.join(COMMANDS)}.")
    ],
) -> None:
    """Print the IAM policy that a command needs."""
    if command not in COMMANDS:
        refuse(f"{command}: no such command; there are {', '.join(COMMANDS)}.")
    print_json(policy_for(command, read_settings()))


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
