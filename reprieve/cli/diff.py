"""The command `reprieve diff`: a plan that a reviewer can read."""

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.text import Text

from reprieve.diff.json_report import as_json
from reprieve.diff.markdown_report import markdown
from reprieve.diff.plan import Plan, PlanError, parse, read
from reprieve.diff.review import FAILED, WRONG_USE, Review, code_of
from reprieve.diff.terraform import PlanningFailed, SettingsAtFault, plan_all
from reprieve.diff.text_report import laid_out, text_lines

_STDIN = "-"


class Format(StrEnum):
    """What is printed."""

    TEXT = "text"
    MARKDOWN = "markdown"
    JSON = "json"


def diff(
    plans: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[PLAN.json]...",
            help="What `terraform show -json PLANFILE` printed; - is standard input.",
            show_default=False,
        ),
    ] = None,
    format: Annotated[
        Format,
        typer.Option(help="text for people, markdown for a pull request, json for programs."),
    ] = Format.TEXT,
) -> None:
    """Show a plan so that people can review it.

    What weakens protection comes first, and what is alike in many Regions is shown once.

    Without an argument every stack is planned: main.py of the current directory is run, and then
    terraform (or what TERRAFORM_BINARY_NAME names) in each stack. Nothing is applied.

    \b
    Exit codes:
      0  no changes
      3  changes
      4  protection is weakened, or may be: what cannot be judged before the apply counts
      1  a plan failed, or could not be made
      2  wrong use: what was given is no plan's JSON
    """  # noqa: D301 - click reads the \b: what follows keeps its lines
    try:
        found = _read(plans) if plans else _made()
    except (PlanError, SettingsAtFault) as fault:
        print(fault, file=sys.stderr)
        raise typer.Exit(WRONG_USE) from None
    except PlanningFailed as failure:
        print(failure, file=sys.stderr)
        raise typer.Exit(FAILED) from None
    reviews = [Review(plan) for plan in found]
    for review in reviews:
        _judge(review)
    _print(reviews, format)
    raise typer.Exit(code_of(reviews))


def _judge(review: Review) -> None:
    """Take a plan apart before anything of it is printed; where that fails, say so and exit."""
    try:
        as_json([review])
    except (AttributeError, IndexError, KeyError, TypeError, ValueError) as fault:
        print(
            f"{review.plan.label} has attributes that are not as the AWS provider writes them "
            f"({type(fault).__name__}: {fault}): nothing of it can be judged.",
            file=sys.stderr,
        )
        raise typer.Exit(WRONG_USE) from None


def _read(paths: list[str]) -> list[Plan]:
    """Read all that can be read before the first fault is told."""
    return [
        parse(sys.stdin.buffer.read(), "standard input") if path == _STDIN else read(Path(path))
        for path in paths
    ]


def _made() -> list[Plan]:
    with _progress() as tell:
        return plan_all(Path.cwd(), tell)


@contextmanager
def _progress() -> Iterator[Callable[[str], None]]:
    """Show on a terminal what is being done and for how long; elsewhere nothing."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield lambda text: None
        return
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("", total=None)
        yield lambda text: progress.update(task, description=text)


def _print(reviews: list[Review], format: Format) -> None:
    labels = len(reviews) > 1
    if format is Format.JSON:
        print(json.dumps(as_json(reviews), indent=2, ensure_ascii=False))
    elif format is Format.MARKDOWN:
        print(markdown(reviews, labels=labels), end="")
    else:
        console = Console(highlight=False)
        width = console.width if console.is_terminal else None
        for line in text_lines(reviews, labels=labels):
            for part in laid_out(line, width):
                console.print(Text(part, style=line.style), soft_wrap=True)
