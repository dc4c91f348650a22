"""The command `reprieve validate`: whether the settings have errors."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Final

import typer

from reprieve.cli.common import AsJson, Format, OutputFormat, chosen, warn
from reprieve.cli.output import print_as
from reprieve.cli.views.stack_sets import stack_sets_json, stack_sets_text
from reprieve.errors import ExitCode
from reprieve.guard.topology import hub_of
from reprieve.settings.errors import SettingError, SettingsError
from reprieve.settings.loader import load
from reprieve.settings.schema import Settings
from reprieve.text import counted

_COLUMNS: Final = ("key", "value", "rule", "hint", "origin")


def validate(format: Format = OutputFormat.TABLE, as_json: AsJson = False) -> None:
    """Check the settings, without a synthesis.

    Reads the file and the environment, and reports all errors at once.

    \b
    Exit codes:
      0  the settings are valid
      2  they have errors
    """  # noqa: D301 - click reads the \b: the lines that follow stay as they are
    format = chosen(format, as_json)
    errors: tuple[SettingError, ...] = ()
    accounts: Sequence[Settings] = ()
    try:
        deployment = load()
        accounts = deployment.accounts
        warn(deployment)
    except SettingsError as error:
        if format is OutputFormat.TABLE:
            raise
        errors = error.errors
    rows = [{column: asdict(each)[column] for column in _COLUMNS} for each in errors]
    print_as(
        format,
        as_json=lambda: {
            "valid": not errors,
            "errors": rows,
            "stack_sets": stack_sets_json(accounts[0]) if accounts else None,
        },
        columns=_COLUMNS,
        rows=lambda: rows,
        view=lambda: _show(accounts),
    )
    raise typer.Exit(ExitCode.USAGE if errors else ExitCode.OK)


def _show(accounts: Sequence[Settings]) -> None:
    if len(accounts) == 1 and not accounts[0].account.name:
        print(f"✔ The settings are valid: {_summary(accounts[0])}.")
    else:
        print(f"✔ The settings of {counted(len(accounts), 'account')} are valid:")
        for each in accounts:
            print(f"  {each.account.name} ({each.account.id}): {_summary(each)}")
    if text := stack_sets_text(accounts[0]):
        print(text)


def _summary(settings: Settings) -> str:
    counts = [
        (len(settings.regions.watched), "Region", "Regions"),
        (len(settings.notify.emails), "address", "addresses"),
        (len(settings.channel), "channel", "channels"),
        (len(settings.notify.threats), "threat", "threats"),
        (len(settings.watch), "watch", "watches"),
    ]
    found = [counted(*each) for each in counts if each[0]]
    return ", ".join([*found, *_hub(settings)])


def _hub(settings: Settings) -> Sequence[str]:
    """Return where the hub is; nothing without a hub."""
    hub = hub_of(settings)
    if hub is None:
        return []
    elsewhere = f" of {hub.account}" if hub.account != (settings.account.id or "") else ""
    return [f"the hub in {hub.region}{elsewhere}"]
