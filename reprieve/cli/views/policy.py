"""The view of `reprieve policy`: a row for each statement, or a block where that is too wide."""

from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.text import Text

from reprieve.cli.views.layout import escaped, fits, marked, show_table, table
from reprieve.guard.protection import Protection


def show(document: Mapping[str, Any], out: Console) -> None:
    """Print each statement with its actions and its resources: none is broken at a line's end."""
    statements = document["Statement"]
    rows = table("STATEMENT", "ACTIONS", "RESOURCES")
    for each in statements:
        actions, resources = each["Action"], each["Resource"]
        rows.add_row(each["Sid"], _lines(actions), _lines(resources))
    if fits(rows, out):
        show_table(rows, out)
        return
    for each in statements:
        out.print(escaped(each["Sid"], "bold"))
        out.print(marked("    ", escaped(", ".join(each["Action"]))))
        out.print(marked("    on ", _lines(each["Resource"])))


def _lines(texts: list[str]) -> Text:
    return Text("\n").join(map(escaped, texts))


def show_protection(protection: Protection, out: Console) -> None:
    """Print a sentence for each statement."""
    rows = table("STATEMENT", "WHAT IT DENIES", folded=["WHAT IT DENIES"])
    for statement in protection.statements:
        rows.add_row(statement.sid, statement.explanation)
    show_table(rows, out)
