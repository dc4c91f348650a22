"""How far a command is, on stderr: a bar on a terminal, elsewhere a few lines."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from math import ceil
from typing import Any, Final

from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
)

from reprieve.cli.common import console, note
from reprieve.cli.options.run import current_run

_LINES: Final = 5
"""How many lines a file or a pipe gets at most."""


@contextmanager
def progress(what: str, total: int) -> Iterator[Callable[[str], None]]:
    """Show how many items are done; yield what to call for each, with its name."""
    if _is_plain():
        numbers = count(1)
        step = max(ceil(total / _LINES), 1)

        def show(name: str) -> None:
            number = next(numbers)
            if number % step == 0 or number == total:
                note(f"{what}: {name} ({number} of {total})")

        yield show
        return
    with _bar(
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=24),
        MofNCompleteColumn(),
    ) as bar:
        task = bar.add_task(what, total=total)
        yield lambda _: bar.advance(task)


@contextmanager
def spinner() -> Iterator[Callable[[str], None]]:
    """Show what is being done, and for how long on a terminal; yield what names it."""
    if _is_plain():
        yield note
        return
    with _bar(
        SpinnerColumn(), TextColumn("{task.description}", markup=False), TimeElapsedColumn()
    ) as bar:
        task = bar.add_task("", total=None)
        yield lambda what: bar.update(task, description=what)


def _is_plain() -> bool:
    """Whether stderr is a file or a pipe, where a bar would be control characters."""
    return not current_run().quiet and not console(stderr=True).is_terminal


def _bar(*columns: Any) -> Progress:
    out = console(stderr=True)
    hidden = current_run().quiet or not out.is_terminal
    return Progress(*columns, console=out, transient=True, disable=hidden)
