"""Where long lines are broken: never within a command or an ARN that fits on a line."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderResult
from rich.measure import Measurement
from rich.segment import Segment
from rich.table import Table
from rich.text import Text

_PIECES: Final = (
    re.compile(r"\s*(?:`[^`]*`|\S)+\s*"),  # a command in backquotes, or a word
    re.compile(r"\s*\S+\s*"),
    re.compile(r"[^/]+/*\s*|/+\s*"),  # of an ARN or a URL: what ends with a slash
    re.compile(r"[^:,]+[:,]*\s*|[:,]+\s*"),
    re.compile(r"[^-._]+[-._]*\s*|[-._]+\s*"),
    re.compile(r"(?s)."),
)
"""What is kept together. What does not fit on a line is broken into pieces of the next kind."""


def breaks(text: str, width: int) -> list[int]:
    """Return the offsets where the second line of a text begins, the third, and so on."""
    found: list[int] = []
    column = 0
    for start, piece in _pieces(text, width):
        if column and column + cell_len(piece.rstrip()) > width:
            found.append(start)
            column = 0
        column += cell_len(piece)
    return found


def _pieces(text: str, width: int, kind: int = 0, start: int = 0) -> Iterator[tuple[int, str]]:
    """Yield the pieces of a text, each with its offset: as large as fits on a line."""
    for found in _PIECES[kind].finditer(text):
        if kind + 1 < len(_PIECES) and cell_len(found[0].rstrip()) > width:
            yield from _pieces(found[0], width, kind + 1, start + found.start())
        else:
            yield start + found.start(), found[0]


@dataclass(frozen=True)
class Marked:
    """A text after a mark; its second line begins below the first."""

    mark: str
    text: Text
    style: str = ""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Yield the lines, none with spaces at its end."""
        indent = cell_len(self.mark)
        width = max(options.max_width - indent, 1)
        mark = Text(self.mark, self.style)
        for line in self.text.divide(breaks(self.text.plain, width)):
            line.rstrip()
            shown = Text.assemble(mark, line)
            shown.rstrip()
            shown.no_wrap, shown.overflow = True, "ignore"
            yield shown
            mark = Text(" " * indent)


@dataclass(frozen=True)
class Trimmed:
    """A table without the spaces that fill its last column."""

    content: Table

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Yield the lines."""
        for line in console.render_lines(self.content, options, pad=False):
            while line and not line[-1].text.strip():
                line.pop()
            if line:
                text, style, control = line.pop()
                line.append(Segment(text.rstrip(), style, control))
            yield from line
            yield Segment.line()

    def __rich_measure__(self, console: Console, options: ConsoleOptions) -> Measurement:
        """Return the table's own measure."""
        return Measurement.get(console, options, self.content)
