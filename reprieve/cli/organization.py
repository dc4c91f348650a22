"""`reprieve status --organization`: opens the account, reads, and prints the overview."""

import os
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final, NoReturn

from botocore.exceptions import BotoCoreError, ClientError

from reprieve.aws.account import Account, AccountError, reason_and_hint
from reprieve.aws.opening import Access, NoAccountError, open_accounts
from reprieve.aws.organization import OrganizationError
from reprieve.cli.common import OutputFormat, console, exit_with, note, warn
from reprieve.cli.options.run import OptionError
from reprieve.cli.output import print_as
from reprieve.cli.views.organization import COLUMNS, rows_of, show
from reprieve.cli.views.progress import spinner
from reprieve.organization.expected import administrator_of, caller_settings, expected_of
from reprieve.organization.journal import open_journal
from reprieve.organization.overview import Expected, overview_of
from reprieve.organization.pacing import (
    ORGANIZATIONS_PER_SECOND,
    STACK_SETS_PER_SECOND,
    Pacer,
)
from reprieve.organization.reading import Reader
from reprieve.organization.result import Overview
from reprieve.settings.loader import load
from reprieve.settings.organization import STACK_SETS
from reprieve.settings.schema import Settings
from reprieve.settings.sources import ACCOUNT_VARIABLE

LIMIT: Final = 10
"""How many problems are shown, and how many accounts of each, without --limit."""


def show_organization(
    access: Access, *, resume: bool, only_failed: bool, limit: int, format: OutputFormat
) -> NoReturn:
    """Print the overview, and end the command.

    Raises:
        OptionError: The settings have no [organization].
        OrganizationError: AWS refused something.
        AccountError: The account cannot be opened.
    """
    deployment = load()
    accounts = deployment.accounts
    administrator = administrator_of(accounts)
    if administrator is None:
        raise OptionError(*_no_stack_sets(accounts))
    warn(deployment)
    account = _opened(access, administrator)
    overview = _read(account, expected_of(administrator, accounts), resume=resume)
    rows = [each for each in overview.rows if not only_failed or not each.is_healthy]
    print_as(
        format,
        as_json=lambda: overview.as_json(rows),
        columns=COLUMNS,
        rows=lambda: rows_of(rows),
        view=lambda: show(overview, console(), limit),
    )
    exit_with(overview.is_healthy)


def _no_stack_sets(accounts: Sequence[Settings]) -> tuple[str, str]:
    """Return why there is nothing to show, and what to do."""
    if accounts[0].organization.engine == STACK_SETS:
        hub = accounts[0].notify.hub.account
        every = load({key: each for key, each in os.environ.items() if key != ACCOUNT_VARIABLE})
        name = next(each.account.name for each in every.accounts if each.account.id == hub)
        return (
            f"The stack sets are in the account {name} ({hub}), which is not one of the selected "
            "accounts.",
            f"Select it with --account {name}, or select no account.",
        )
    return (
        "--organization is for the stack sets of an organization, and the settings have none: "
        'organization.engine is not "stacksets".',
        "docs/stacksets.md describes them. Without them, `reprieve status` checks each account of "
        "the settings.",
    )


def _opened(access: Access, administrator: Settings) -> Account:
    try:
        opened, closed = open_accounts(access, [caller_settings(administrator)])
    except NoAccountError as error:
        own = administrator.account
        name = f"{own.name} ({own.id})" if own.name else own.id
        wanted = f"Use credentials of the account {name}, or of the management account."
        raise AccountError(str(error), f"{wanted} {error.hint}".rstrip()) from error
    if len(opened) + len(closed) > 1:
        raise AccountError("An organization is read with the credentials of one account.")
    return opened[0].account


def _read(account: Account, expected: Expected, *, resume: bool) -> Overview:
    now = datetime.now(UTC)
    names = [each.name for each in expected.sets]
    key = f"{account.id} {expected.region} {' '.join(names)}"
    journal = open_journal(key, resume=resume, now=now)
    if resume and not journal.resumed:
        note("There is no run to continue: this one reads everything again.")
    pacers = Pacer(STACK_SETS_PER_SECOND), Pacer(ORGANIZATIONS_PER_SECOND)
    with spinner() as report:

        def reading(what: str) -> None:
            report(f"Reading {what}")

        try:
            reader = Reader(account, expected.region, journal, pacers, reading)
            found = reader.read(names)
        except (ClientError, BotoCoreError) as error:
            reason, hint = reason_and_hint(error)
            raise OrganizationError(
                f"The organization cannot be read. {reason}",
                hint
                or "Use the delegated administrator's or the management account. --resume "
                "continues this run.",
            ) from error
        except KeyboardInterrupt:
            if not journal.path:
                raise
            note(
                "Interrupted. `reprieve status --organization --resume` continues this run within "
                "an hour."
            )
            raise
    journal.done()
    return overview_of(account.id, expected, found, resumed=journal.resumed)
