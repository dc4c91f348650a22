"""The demo's output: progress on stderr; the table of rescues and an alert on stdout."""

import re
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from threading import Event, Thread
from typing import Any, Final

from rich.console import Console
from rich.live import Live
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from demo.rescue import Rescue

# terraform's output, which cdktf prints
_TOTAL = re.compile(r"Plan: (\d+) to add, \d+ to change, (\d+) to destroy")
_ONE_DONE = re.compile(r": (Creation|Destruction) complete after")

_SECONDS: Final = 10.0
"""How often progress is a new line where there is no terminal."""


class _Step:
    """How far a cdktf command is, counted in the lines that it prints."""

    def __init__(self) -> None:
        self._started = time.monotonic()
        self.total = 0
        self.done = 0

    def read(self, line: str) -> None:
        """Count the resources in a line."""
        if found := _TOTAL.search(line):
            self.total = max(int(found[1]), int(found[2]))
        self.done += len(_ONE_DONE.findall(line))

    @property
    def note(self) -> str:
        """What is known so far."""
        return f"{self.done} of {self.total} resources" if self.total else "synth, init, plan"

    @property
    def result(self) -> str:
        """What was done."""
        return f"{self.done} resources" if self.total else "done"

    @property
    def elapsed(self) -> str:
        """The time since the step began."""
        minutes, seconds = divmod(int(time.monotonic() - self._started), 60)
        return f"{minutes}:{seconds:02}"


class Screen:
    """Two streams: stdout gets what stays; stderr gets progress, and errors.

    On a terminal, progress moves and disappears at the end. Without one, it is a line for each
    step, and another every ten seconds.
    """

    def __init__(self, out: Console | None = None, err: Console | None = None) -> None:
        self._out = out or _console()
        self._err = err or _console(stderr=True)

    def print(self, text: str = "", style: str = "") -> None:
        """Print text as it is, without wrapping lines."""
        self._out.print(Text(text, style=style), soft_wrap=True)

    def complain(self, text: str) -> None:
        """Print an error."""
        self._err.print(Text(text, style="red"), soft_wrap=True)

    def print_mail(self, title: str, text: str) -> None:
        """Print an e-mail's text exactly as the topic delivered it."""
        self.print(f"\n{title}:\n", style="bold")
        for line in text.splitlines():
            self.print(f"  {line}")

    @contextmanager
    def progress(self, title: str) -> Iterator[Callable[[str], None]]:
        """Show a cdktf command; yield the function that takes the lines that it prints."""
        step = _Step()
        shown = (
            self._bar(title, step)
            if self._err.is_terminal
            else self._lines(title, lambda: f"{step.note}, {step.elapsed}")
        )
        with shown as update:

            def on_line(line: str) -> None:
                step.read(line)
                update()

            yield on_line
        done = Text.assemble(("✔", "green"), f" {title:<13} ", (f"{step.result:<13} ", "dim"))
        self._out.print(done + Text(step.elapsed))

    @contextmanager
    def _bar(self, title: str, step: _Step) -> Iterator[Callable[[], None]]:
        with Progress(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(bar_width=24),
            TextColumn("{task.fields[note]}", style="dim"),
            TimeElapsedColumn(),
            console=self._err,
            transient=True,
        ) as bar:
            task = bar.add_task(f"{title:<13}", total=None, note=step.note)
            yield lambda: bar.update(
                task, total=step.total or None, completed=step.done, note=step.note
            )

    @contextmanager
    def rescues(self, rows: Sequence[Rescue]) -> Iterator[Callable[[], None]]:
        """Show the table of rescues; yield the function that renews it."""

        def note() -> str:
            return f"{sum(row.seconds is not None for row in rows)} of {len(rows)} keys"

        with self._table(rows) if self._err.is_terminal else self._lines("rescues", note) as update:
            yield update
        self._out.print(rescue_table(rows))

    @contextmanager
    def _table(self, rows: Sequence[Rescue]) -> Iterator[Callable[[], None]]:
        with Live(
            rescue_table(rows), console=self._err, refresh_per_second=8, transient=True
        ) as live:
            yield lambda: live.update(rescue_table(rows))

    @contextmanager
    def _lines(self, title: str, note: Callable[[], str]) -> Iterator[Callable[[], None]]:
        """Print a line at the start, and another every ten seconds. There is nothing to renew."""
        ended = Event()

        def print_lines() -> None:
            while True:
                self._err.print(Text(f"{title}: {note()}"), soft_wrap=True)
                if ended.wait(_SECONDS):
                    return

        thread = Thread(target=print_lines, daemon=True)
        thread.start()
        try:
            yield lambda: None
        finally:
            ended.set()
            thread.join()


def _console(*, stderr: bool = False) -> Console:
    """Return a stream's console. Without a terminal it is wide enough for the table."""
    plain: dict[str, Any] = {"highlight": False, "emoji": False, "markup": False}
    found = Console(stderr=stderr, **plain)
    if found.is_terminal:
        return found
    return Console(stderr=stderr, width=100, no_color=True, **plain)


def rescue_table(rows: Sequence[Rescue]) -> Table:
    """Return a table with a row for each key; a problem is in its key's row."""
    as_expected = sum(row.as_expected for row in rows)
    exemptions = any(row.by for row in rows)
    how = "handled as the settings say" if exemptions else "rescued"
    table = Table(
        box=None,
        pad_edge=False,
        padding=(0, 2, 0, 0),
        header_style="bold",
        title=f"{as_expected} of {len(rows)} keys {how}",
        title_style="bold green" if as_expected == len(rows) else "bold",
        title_justify="left",
    )
    table.add_column("Region", no_wrap=True)
    if exemptions:
        table.add_column("Scheduled by", no_wrap=True)
    table.add_column("Alerted" if exemptions else "Alert delivered to", overflow="fold")
    table.add_column("Automation")
    table.add_column("Key, before → after", overflow="fold")
    table.add_column("Seconds", justify="right")
    for row in rows:
        style = "red" if row.problem else "green" if row.as_expected else "dim"
        states = Text(" → ".join(row.before_and_after) or "…")
        if row.problem:
            states.append(f"\n{row.problem}", style="red")
        table.add_row(
            Text(row.region, style=style),
            *([row.by] if exemptions else []),
            ("yes" if exemptions and row.alerted else ", ".join(row.alerted)) or "…",
            row.automation or ("none" if row.exempt else "…"),
            states,
            f"{row.seconds:.1f}" if row.seconds is not None else "…",
        )
    return table
