"""Tables of figures: one form for the terminal, one for Markdown."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rich.table import Table as RichTable
from rich.text import Text

LINUX_ONLY = "Memory and numbers of processes are measured on Linux only."
_NONE = "-"


@dataclass(frozen=True)
class Table:
    """A table of texts. The first `labels` columns are aligned to the left, all others right.

    Texts are Markdown, of which only backticks appear.
    """

    title: str
    head: Sequence[str]
    rows: Sequence[Sequence[str]]
    labels: int = 1

    def rich(self) -> RichTable:
        """Return the table for a terminal."""
        shown = RichTable(title=_plain(self.title), title_justify="left", box=None, pad_edge=False)
        for number, text in enumerate(self.head):
            shown.add_column(_plain(text), justify="left" if number < self.labels else "right")
        for row in self.rows:
            shown.add_row(*(Text(_plain(cell)) for cell in row))
        return shown

    def markdown(self) -> str:
        """Return the table as Markdown, below its title in bold."""
        rule = ["---" if number < self.labels else "---:" for number in range(len(self.head))]
        rows = [self.head, rule, *self.rows]
        lines = ["| " + " | ".join(row) + " |" for row in rows]
        return "\n".join([f"**{self.title}**", "", *lines, ""])


def _plain(text: str) -> str:
    return text.replace("`", "")


def seconds(value: float | None) -> str:
    """Return a time with two digits below ten seconds, and fewer above."""
    if value is None:
        return _NONE
    return f"{value:.2f}" if value < 10 else f"{value:.1f}" if value < 100 else f"{value:,.0f}"


def megabytes(value: int | None) -> str:
    """Return a number of bytes in MB, of a million bytes each."""
    return _NONE if value is None else f"{value / 1e6:,.0f}"


def ratio(value: float | None) -> str:
    """Return a ratio with three digits."""
    return _NONE if value is None else f"{value:.3f}"


def whole(value: int | None) -> str:
    """Return a whole number."""
    return _NONE if value is None else f"{value:,}"


def is_known(values: Iterable[object]) -> bool:
    """Return whether any of the values was measured."""
    return any(value is not None for value in values)


def usage_table(
    title: str,
    rows: Sequence[Mapping[str, Any]],
    what: Mapping[str, Callable[[Mapping[str, Any]], str]],
    labels: int = 1,
) -> Table:
    """Return a table of what commands took: time, and memory if it is known.

    `what` are the columns before: the head of each, and its text for a row.
    """
    known = is_known(row["memory"] for row in rows)
    return Table(
        title,
        [*what, "wall time, s", "processors, s", *(["peak, MB"] if known else [])],
        [
            [
                *(text(row) for text in what.values()),
                seconds(row["seconds"]),
                seconds(row["cpu_seconds"]),
                *([megabytes(row["memory"])] if known else []),
            ]
            for row in rows
        ],
        labels,
    )


def usage_notes(rows: Iterable[Mapping[str, Any]]) -> list[str]:
    """Return a sentence about what `usage_table` does not show."""
    return [] if is_known(row["memory"] for row in rows) else [LINUX_ONLY]
