"""Print a view as it is on a terminal of some width, or in a pipe."""

import io
from collections.abc import Callable

from rich.console import Console

from reprieve.cli.common import console

WIDTHS = (80, 100, 120, 200, None)
"""In columns; None is a pipe."""


def printed(show: Callable[[Console], object], width: int | None, *, wraps: bool = False) -> str:
    """Return what `show` prints, without colours and without spaces at the ends of lines.

    A terminal breaks a line that is longer than its width. A view has to do it better, unless with
    `wraps`: a command that can be copied is one line.
    """
    file = io.StringIO()
    out = console()
    out.file = file
    if width:
        out = Console(
            file=file,
            width=width,
            force_terminal=True,
            color_system=None,
            highlight=False,
            emoji=False,
            markup=False,
        )
    show(out)
    lines = file.getvalue().splitlines()
    assert width or [line for line in lines if line.endswith(" ")] == []
    lines = [line.rstrip() for line in lines]
    assert wraps or not width or max(map(len, lines), default=0) <= width
    return "\n".join(lines)
