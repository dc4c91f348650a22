"""The view of `reprieve policy`: a row for each statement."""

from typing import Any

from rich.console import Console

from reprieve.cli.views.layout import table
from reprieve.guard.protection import Protection
from reprieve.text import printable


def show(document: dict[str, Any], out: Console) -> None:
    """Print a row for each statement."""
    rows = table("STATEMENT", "ACTIONS", "RESOURCES", folded=["ACTIONS", "RESOURCES"])
    for statement in document["Statement"]:
        rows.add_row(
            statement["Sid"],
            "\n".join(statement["Action"]),
            "\n".join(map(printable, statement["Resource"])),
        )
    out.print(rows)


def show_protection(protection: Protection, out: Console) -> None:
    """Print a sentence for each statement."""
    rows = table("STATEMENT", "WHAT IT DENIES", folded=["WHAT IT DENIES"])
    for statement in protection.statements:
        rows.add_row(statement.sid, statement.explanation)
    out.print(rows)
