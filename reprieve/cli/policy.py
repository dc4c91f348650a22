"""The command `reprieve policy`."""

from collections.abc import Sequence
from typing import Annotated, Final

import typer

from reprieve.aws.permissions import COMMANDS, policy_of
from reprieve.cli.common import (
    AsJson,
    Format,
    OutputFormat,
    chosen,
    console,
)
from reprieve.cli.options.run import OptionError
from reprieve.cli.output import print_as
from reprieve.cli.views.csv_rows import POLICY_COLUMNS, policy_rows
from reprieve.cli.views.policy import show, show_protection
from reprieve.guard.protection import DEFAULT_WAITING_DAYS, WAITING_DAYS, protection_of
from reprieve.settings.loader import load
from reprieve.settings.schema import Settings
from reprieve.text import nearest

PROTECT: Final = "protect"
"""Not a command of its own: its policy is no identity policy, but one for the organization."""

_POLICIES: Final = (*(each for each in COMMANDS if " " not in each), PROTECT)


def _complete(incomplete: str) -> list[str]:
    return [each for each in _POLICIES if each.startswith(incomplete)]


def policy(
    command: Annotated[
        str | None,
        typer.Argument(
            metavar="COMMAND",
            help=f"Required. One of: {', '.join(_POLICIES)}.",
            autocompletion=_complete,
        ),
    ] = None,
    cancels: Annotated[
        bool, typer.Option("--cancel", help="With sweep: what `sweep --cancel` needs too.")
    ] = False,
    enables: Annotated[
        bool, typer.Option("--enable", help="With sweep: what `sweep --enable` needs too.")
    ] = False,
    minimum_waiting_days: Annotated[
        int | None,
        typer.Option(
            "--minimum-waiting-days",
            metavar="DAYS",
            help="With protect: the shortest waiting period of a key's deletion. "
            f"Default: {DEFAULT_WAITING_DAYS}.",
            min=WAITING_DAYS[0],
            max=WAITING_DAYS[1],
        ),
    ] = None,
    members: Annotated[
        bool,
        typer.Option(
            "--members",
            help="With protect: for the accounts that stack sets deploy to, not for those of the "
            "settings.",
        ),
    ] = False,
    format: Format = OutputFormat.JSON,
    as_json: AsJson = False,
) -> None:
    """Print the IAM policy that a command needs.

    With protect, print a service control policy for AWS Organizations: only exempt.deployers may
    then change the guard. With --members, StackSets' role may do so too, and no deployer is needed.
    It is one line, since white space counts against its size.

    With assume, print what the credentials need that assume the roles of the accounts.
    """
    format = chosen(format, as_json)
    # "sweep --cancel" as one word was the only form once.
    command, *quoted = (command or "").split() or [""]
    if not command:
        raise OptionError(f"Name the command whose policy you want: {', '.join(_POLICIES)}.")
    options = [*quoted, *(["--cancel"] if cancels else []), *(["--enable"] if enables else [])]
    names = [f"{command} {each}" for each in dict.fromkeys(options)] or [command]
    for name in names:
        if name not in (*COMMANDS, PROTECT):
            near = nearest(name, (*COMMANDS, PROTECT))
            raise OptionError(
                f"{name}: there is no policy for this command, only for {', '.join(_POLICIES)}.",
                f"Did you mean {near}?" if near else "",
            )
    if command == PROTECT:
        accounts = _members() if members else load().accounts
        _print_protection(accounts, minimum_waiting_days or DEFAULT_WAITING_DAYS, format)
        return
    if members:
        raise OptionError(f"--members is for {PROTECT} only.")
    if minimum_waiting_days is not None:
        raise OptionError(f"--minimum-waiting-days is for {PROTECT} only.")
    document = policy_of(names, _of_one_partition(load().accounts))
    print_as(
        format,
        as_json=lambda: document,
        columns=POLICY_COLUMNS,
        rows=lambda: policy_rows(document),
        view=lambda: show(document, console()),
    )


def _of_one_partition(accounts: Sequence[Settings]) -> Sequence[Settings]:
    """Refuse what IAM refuses: ARNs of another partition in a policy."""
    partitions = {each.regions.partition for each in accounts}
    if len(partitions) > 1:
        raise OptionError(
            f"The accounts are in the partitions {' and '.join(sorted(partitions))}, and a policy "
            "is for one of them.",
            "Select accounts of one partition with --account.",
        )
    return accounts


def _members() -> Sequence[Settings]:
    """Return the settings of the accounts that stack sets deploy to."""
    try:
        return [load().accounts[0].members]
    except ValueError as error:
        hint = 'Set organization.engine = "stacksets", or leave out --members.'
        raise OptionError(f"{error}: no stack set deploys to any account.", hint) from error


def _print_protection(
    accounts: Sequence[Settings], minimum_waiting_days: int, format: OutputFormat
) -> None:
    policies = {
        found.text: found
        for each in accounts
        for found in [protection_of(each, minimum_waiting_days)]
    }
    if len(policies) > 1:
        raise OptionError(
            "The accounts need different service control policies: their settings differ.",
            "Select accounts that share one with --account.",
        )
    (protection,) = policies.values()
    if format is OutputFormat.JSON:
        print(protection.text)
        return
    print_as(
        format,
        as_json=lambda: None,
        columns=("sid", "denies"),
        rows=lambda: (
            {"sid": each.sid, "denies": each.explanation} for each in protection.statements
        ),
        view=lambda: show_protection(protection, console()),
    )
