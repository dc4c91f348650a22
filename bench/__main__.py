"""`make bench`: measure, print tables, and write build/bench.json; `make bench-docs`: docs/."""

import argparse
import json
import os
import signal
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from rich.console import Console

from bench.machine import load_average, machine
from bench.page import measured_on, publish
from bench.parts import PARTS, Part
from bench.ways import PROJECT
from sandbox.processes import CommandFailed

OUTPUT: Final = PROJECT / "build" / "bench.json"
_QUICK: Final = "BENCH_QUICK"
_WIDTH: Final = 80
_LINES: Final = 40
"""How much of the output of a command that failed is printed."""


def main(arguments: Sequence[str]) -> int:
    """Run what the arguments say; return 1 if a limit is exceeded or a measurement failed."""
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument(
        "--only", type=_names, default=list(PARTS), help=f"parts: {','.join(PARTS)}"
    )
    parser.add_argument("--output", type=Path, default=OUTPUT, help="the JSON to write")
    parser.add_argument("--docs", action="store_true", help="copy the JSON to docs/, as a page")
    options = parser.parse_args(arguments)
    try:
        if options.docs:
            publish(_read(options.output))
            return 0
        return measure_parts(options.only, options.output, quick=bool(os.environ.get(_QUICK)))
    except (CommandFailed, ValueError) as error:
        print(_shortened(str(error)), file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Interrupted. The parts that were complete are in the JSON.", file=sys.stderr)
        return 130


def measure_parts(names: Sequence[str], output: Path, *, quick: bool) -> int:
    """Measure parts, one after the other; return 1 if one exceeds its limit.

    The JSON keeps the parts that are not measured now.
    """
    console = Console(width=_WIDTH)
    if not quick:
        minutes = {name: PARTS[name].minutes for name in names}
        each = ", ".join(f"{name} {minutes[name]}" for name in names)
        console.print(f"This takes about {sum(minutes.values())} minutes ({each}).")
    failed = []
    for name in names:
        part = PARTS[name]
        measured = _measure(part, quick=quick)
        _write(output, {**_read(output), name: measured})
        show(console, part, measured)
        if part.is_failed(measured["figures"]):
            failed.append(name)
    console.print(f"Written to {output}.", soft_wrap=True)
    if failed:
        print(f"A limit is exceeded: {', '.join(failed)}.", file=sys.stderr)
    return 1 if failed else 0


def show(console: Console, part: Part, measured: dict[str, Any]) -> None:
    """Print the tables of a part."""
    console.print(f"\n[bold]{part.title}[/bold]\n{measured_on(measured)}\n", highlight=False)
    for table in part.tables(measured["figures"]):
        console.print(table.rich(), "", highlight=False)
    for note in part.notes(measured["figures"]):
        console.print(note.replace("`", ""), highlight=False)


def _measure(part: Part, *, quick: bool) -> dict[str, Any]:
    """Measure a part in a directory of its own; return it as the JSON holds it."""
    found, date, began = machine(), datetime.now(UTC), time.monotonic()

    def report(text: str) -> None:
        minutes, seconds = divmod(int(time.monotonic() - began), 60)
        print(f"  {minutes:3}:{seconds:02}  {text}", file=sys.stderr, flush=True)

    with tempfile.TemporaryDirectory() as directory:
        figures = (part.quick if quick else part.full)(Path(directory), report)
    return {
        "date": f"{date:%Y-%m-%d}",
        "minutes": round((time.monotonic() - began) / 60, 1),
        "quick": quick,
        "machine": found,
        "load_at_end": load_average(),
        "figures": figures,
    }


def _names(text: str) -> list[str]:
    names = [each.strip() for each in text.split(",") if each.strip()]
    unknown = [each for each in names if each not in PARTS]
    if unknown or not names:
        raise argparse.ArgumentTypeError(
            f"{', '.join(unknown) or 'nothing'} is not a part: write some of {', '.join(PARTS)}"
        )
    return names


def _shortened(text: str) -> str:
    """Return the first and the last lines: a plan that terraform printed has very many."""
    lines = text.splitlines()
    return "\n".join(lines if len(lines) <= _LINES else [lines[0], "…", *lines[-_LINES:]])


def _read(file: Path) -> dict[str, Any]:
    known: dict[str, Any] = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
    return known


def _write(file: Path, parts: dict[str, Any]) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(parts, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    # Both end what is measured, which runs in sessions of its own. A shell starts background jobs
    # without Ctrl-C, so that is set too.
    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, signal.default_int_handler)
    sys.exit(main(sys.argv[1:]))
