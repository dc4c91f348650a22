"""The views of `reprieve accounts`: a row for each account, or tables for the settings."""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from rich.console import Console
from rich.text import Text

from reprieve.aws.organization import Found, Presence
from reprieve.cli.views.layout import escaped, show_table, table
from reprieve.cli.views.stack_sets import stack_sets_text
from reprieve.guard.layout import stacks_of
from reprieve.settings.schema import Settings
from reprieve.text import counted, printable, printable_lines

_UNKNOWN_ID: Final = "not in the settings"


def show(accounts: Sequence[Settings], out: Console) -> None:
    """Print a row for each account, and what stack sets deploy to."""
    rows = table("NAME", "ACCOUNT", "STACK", "STATE", "ROLE", folded=["STATE", "ROLE"])
    for each in accounts:
        rows.add_row(
            each.account.name or "–",
            each.account.id or _UNKNOWN_ID,
            "\n".join(stacks_of(each)),
            Text(printable_lines("\n".join(map(each.state.describe, stacks_of(each))))),
            escaped(each.account.role_arn or "–"),
        )
    show_table(rows, out)
    if text := stack_sets_text(accounts[0]):
        out.print(escaped(text))


def toml(
    found: Sequence[Found], roles_of: Callable[[Found], Mapping[str, str]], *, stack_sets: bool
) -> str:
    """Return tables for the new accounts, and comments about the others, as TOML.

    `roles_of` returns the roles to propose for an account, by setting. With `stack_sets` the
    settings have stack sets, which deploy to most of the new accounts.
    """
    new = [each for each in found if each.presence is Presence.NEW]
    known = [each for each in found if each.presence is Presence.KNOWN]
    lines = [
        f"# {counted(len(new), 'new account')} of the organization; "
        f"{len(known)} are in the settings already."
    ]
    if stack_sets:
        lines += [
            "# Stack sets deploy to the accounts of the organizational units. Add no table for",
            "# such an account: Terraform would create what exists already (docs/stacksets.md).",
        ]
    for each in found:
        which = f"[accounts.{each.name}]" if each.name else "[account]"
        if each.presence is Presence.GONE:
            lines.append(f"# gone: {which}, {each.id}, is not in the organization.")
        if each.presence is Presence.INACTIVE and each.member:
            state = printable(each.member.state)
            lines.append(f"# inactive: {which}, {each.id}, is {state} in the organization.")
    for each in new:
        name = printable(each.member.name) if each.member else ""
        lines += ["", f"# new: {name}", f"[accounts.{each.name}]", f"id = {json.dumps(each.id)}"]
        lines += [f"{key} = {json.dumps(arn)}" for key, arn in roles_of(each).items()]
    return "\n".join([*lines, ""])
