"""Terminal output and e-mails as SVG files, which are legible in light and in dark mode.

They load nothing: no font, no style sheet. A reader's own monospaced font shows the text.
"""

import io
import re
import textwrap
from collections.abc import Iterable, Mapping
from html import escape
from typing import Final

from rich.console import Console
from rich.terminal_theme import TerminalTheme
from rich.text import Text

_LIGHT: Final = TerminalTheme(
    (255, 255, 255),
    (31, 35, 40),
    [
        (36, 41, 47),
        (207, 34, 46),
        (26, 127, 55),
        (154, 103, 0),
        (9, 105, 218),
        (130, 80, 223),
        (27, 124, 131),
        (110, 119, 129),
    ],
)
_DARK: Final = TerminalTheme(
    (13, 17, 23),
    (230, 237, 243),
    [
        (72, 79, 88),
        (255, 123, 114),
        (63, 185, 80),
        (210, 153, 34),
        (88, 166, 255),
        (188, 140, 255),
        (57, 197, 207),
        (177, 186, 196),
    ],
)
_FRAMES: Final = (
    (_LIGHT, {"page": "#ffffff", "edge": "#d1d9e0", "quiet": "#59636e"}),
    (_DARK, {"page": "#0d1117", "edge": "#3d444d", "quiet": "#9198a1"}),
)
"""The colours of the window around the text, in light and in dark mode."""

_ID: Final = "t"
_SVG: Final = """\
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height:.0f}" \
width="{width:.0f}" height="{height:.0f}" role="img" aria-label="$title">
<title>$title</title>
<style>
text {{ font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace;
  font-size: {char_height}px; }}
$light
@media (prefers-color-scheme: dark) {{
$dark
}}
</style>
<rect class="page" width="100%" height="100%" rx="10"/>
<g class="edge"><circle cx="22" cy="22" r="6"/><circle cx="41" cy="22" r="6"/>\
<circle cx="60" cy="22" r="6"/></g>
<text class="quiet" x="84" y="28">$title</text>
<g transform="translate({terminal_x}, {terminal_y})">
{backgrounds}{matrix}
</g>
</svg>
"""


def terminal(title: str, ansi: str, columns: int) -> str:
    """Return an SVG of what a terminal shows.

    Args:
        title: What was done, for the title bar, and for readers who do not see the picture.
        ansi: The commands and their output, with the escape sequences for colours.
        columns: The width of the terminal.
    """
    lines = [Text.from_ansi(line) for line in ansi.splitlines()]
    # A terminal begins a new line where the text reaches its edge.
    return _window(
        title,
        [part for line in lines for part in line.divide(range(columns, len(line), columns))],
        columns,
    )


def mail(heads: Mapping[str, str], body: str, columns: int) -> str:
    """Return an SVG of an e-mail as a mailbox shows it.

    Args:
        heads: The headers by name. "Subject" is the title too.
        body: The text as it was delivered. Long lines are wrapped, as in a mailbox.
        columns: How many characters a line has.
    """
    width = max(map(len, heads)) + 2
    lines = [
        Text.assemble((f"{name:<{width}}", "dim"), (value, "bold" if name == "Subject" else ""))
        for name, value in heads.items()
    ]
    lines.append(Text("─" * columns, style="dim"))
    for line in body.strip().splitlines():
        lines.extend(map(Text, textwrap.wrap(line, columns, break_on_hyphens=False) or [""]))
    return _window(heads["Subject"], lines, columns)


def _window(title: str, lines: Iterable[Text], columns: int) -> str:
    console = Console(
        record=True, file=io.StringIO(), width=columns, force_terminal=True, highlight=False
    )
    for line in lines:
        console.print(line, soft_wrap=True)

    def exported(theme: TerminalTheme, template: str) -> str:
        return console.export_svg(theme=theme, code_format=template, clear=False, unique_id=_ID)

    light, dark = (
        f".page {{ fill: {colours['page']}; stroke: {colours['edge']}; stroke-width: 2px; }}\n"
        f".edge {{ fill: {colours['edge']}; }}\n"
        f".quiet {{ fill: {colours['quiet']}; }}\n" + exported(theme, "{styles}")
        for theme, colours in _FRAMES
    )
    svg = exported(_LIGHT, _SVG)
    # Rich clips each line, and draws line ends. Nothing here is longer than the window.
    svg = re.sub(r' clip-path="[^"]*"|<text[^>]*>\n</text>', "", svg).replace(
        "</text><text", "</text>\n<text"
    )
    return svg.replace("$title", escape(title)).replace("$light", light).replace("$dark", dark)
