"""The demo's output: progress, the table of rescues, an alert."""

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from demo.rescue import Rescue

# terraform's output, which cdktf prints
_TOTAL = re.compile(r"Plan: (\d+) to add, \d+ to change, (\d+) to destroy")
_ONE_DONE = re.compile(r": (Creation|Destruction) complete after")


@contextmanager
def progress(console: Console, title: str) -> Iterator[Callable[[str], None]]:
    """Show a long step; yield a function that counts resources in the lines that cdktf prints."""
    with Progress(
        SpinnerColumn(finished_text="[green]✔[/]"),
        TextColumn("{task.description}"),
        BarColumn(bar_width=24),
        TextColumn("{task.fields[note]}", style="dim"),
        TimeElapsedColumn(),
        console=console,
    ) as bar:
        task = bar.add_task(title, total=None, note="synth, init, plan …")
        done = 0
        total = 0

        def on_line(line: str) -> None:
            nonlocal done, total
            if found := _TOTAL.search(line):
                total = max(int(found[1]), int(found[2]))
            done += len(_ONE_DONE.findall(line))
            if total:
                note = f"{done} of {total} resources"
                bar.update(task, total=total, completed=done, note=note)

        yield on_line
        note = f"{done} resources" if total else "done"
        bar.update(task, total=1, completed=1, note=note)


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


def print_mail(console: Console, title: str, text: str) -> None:
    """Print an e-mail's text exactly as the topic delivered it, without wrapping lines."""
    console.print(f"\n{title}:\n", style="bold")
    for line in text.splitlines():
        console.print(f"  {line}", markup=False, soft_wrap=True)
