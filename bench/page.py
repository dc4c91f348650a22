"""docs/performance.md, from docs/performance.json: `python -m bench.page` renders it again."""

import json
from pathlib import Path
from typing import Any, Final

from bench.parts import PARTS, Part
from bench.ways import PROJECT

FIGURES: Final = PROJECT / "docs" / "performance.json"
PAGE: Final = PROJECT / "docs" / "performance.md"

_HEAD: Final = """\
# Performance

<!-- made by `make bench-docs` from performance.json -->

How long Reprieve takes, and how much memory it needs. `make bench` measures all of it, on any
machine and without an AWS account: it prints these tables and writes `build/bench.json`.

```console
$ make bench                    # everything, in about {minutes} minutes
$ make bench ONLY=synth,plan    # some parts: {names}
$ make bench BENCH_QUICK=1      # with small sizes, to test the measurements themselves
$ make bench-docs               # copy the figures to this page
```

The machine should be idle. Other machines have other times: compare the ratios, and how the figures
grow. Memory is the peak of the proportional set size (PSS) of all processes that a command starts,
in which a page that several processes share counts once. MB are millions of bytes.
"""


def render(figures: dict[str, Any]) -> str:
    """Return the page with these figures. A part that was not measured has no tables."""
    head = _HEAD.format(
        minutes=sum(each.minutes for each in PARTS.values()),
        names=", ".join(f"`{name}`" for name in PARTS),
    )
    return "\n".join([head, *(_section(each, figures.get(name)) for name, each in PARTS.items())])


def _section(part: Part, figures: dict[str, Any] | None) -> str:
    lines = [f"## {part.title}", "", part.text, ""]
    if figures is None:
        return "\n".join([*lines, "Not measured yet.", ""])
    lines += [measured_on(figures), ""]
    lines += [each.markdown() for each in part.tables(figures["figures"])]
    notes = part.notes(figures["figures"])
    return "\n".join([*lines, *([" ".join(notes), ""] if notes else [])])


def measured_on(figures: dict[str, Any]) -> str:
    """Return the sentence that says when a part was measured, and on which machine."""
    machine = figures["machine"]
    # What ran beside it: the measurement itself has a load of one to three at its end.
    end = f" and {figures['load_at_end']} at the end" if "load_at_end" in figures else ""
    provider = figures["figures"].get("provider")
    programs = [
        f"Python {machine['python']}",
        f"Node.js {machine['node']}",
        f"Terraform {machine['terraform']}",
        *([f"AWS provider {provider}"] if provider else []),
    ]
    return (
        f"Measured on {figures['date']} in {figures['minutes']} minutes: {machine['processor']}, "
        f"{machine['cores']} cores, {machine['memory'] / 1e9:.0f} GB, {machine['system']}; "
        f"{', '.join(programs)}. The load average was {machine['load']} at the beginning{end}."
    )


def publish(measured: dict[str, Any], figures: Path = FIGURES, page: Path = PAGE) -> None:
    """Copy the parts that were measured to docs/, and render the page.

    Parts that were not measured keep their former figures.

    Raises:
        ValueError: A part was measured with small sizes.
    """
    quick = [name for name, part in measured.items() if part["quick"]]
    if quick:
        raise ValueError(
            f"These parts were measured with small sizes: {', '.join(quick)}. Run "
            f"`make bench ONLY={','.join(quick)}`."
        )
    known = json.loads(figures.read_text(encoding="utf-8")) if figures.is_file() else {}
    known |= measured
    figures.write_text(json.dumps(known, indent=2) + "\n", encoding="utf-8")
    page.write_text(render(known), encoding="utf-8")


if __name__ == "__main__":
    publish({})
