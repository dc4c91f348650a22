"""The command `reprieve diff`: a Terraform plan that people can review."""

import sys
from contextlib import suppress
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.console import Console
from rich.text import Text

from reprieve.aws.topics import existing_topics
from reprieve.cli.common import AsJson, OutputFormat, warn
from reprieve.cli.options.run import OptionError
from reprieve.cli.output import print_as
from reprieve.cli.views.csv_rows import DIFF_COLUMNS, diff_rows
from reprieve.cli.views.progress import spinner
from reprieve.diff.json_report import as_json as json_report
from reprieve.diff.markdown_report import markdown
from reprieve.diff.plan import Plan, created_topics, merge_plans
from reprieve.diff.plan_reader import parse, read
from reprieve.diff.review import Review, code_of, review_plans
from reprieve.diff.terraform import plan_all
from reprieve.diff.text_report import laid_out, text_lines
from reprieve.errors import ReprieveError
from reprieve.guard.layout import stacks_of
from reprieve.settings.loader import load
from reprieve.text import printable_lines

_STDIN: Final = "-"


class Format(StrEnum):
    """What is printed: the formats of every command, and one for pull requests."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"
    MARKDOWN = "markdown"


def diff(
    plans: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="PLAN.json",
            help="The output of `terraform show -json PLANFILE`; - is standard input.",
            show_default=False,
        ),
    ] = None,
    format: Annotated[
        Format,
        typer.Option(
            "--format",
            metavar="FORMAT",
            help="table, json, csv, or markdown for a pull request.",
        ),
    ] = Format.TABLE,
    as_json: AsJson = False,
    together: Annotated[
        bool,
        typer.Option(
            "--together",
            help="Review the given plans as one: those of the stacks of an account whose state is "
            "split.",
        ),
    ] = False,
) -> None:
    """Show a plan so that people can review it.

    Changes that weaken protection come first. A change that is the same in many Regions is shown
    once.

    Without an argument, the command plans every stack: it runs main.py of the current directory,
    and then terraform (or what TERRAFORM_BINARY_NAME names) in each stack, one after the other. It
    applies nothing. The stacks of an account are shown as one plan.

    \b
    Exit codes:
      0    no changes
      1    a plan failed, or could not be created
      2    the input is not the JSON of a plan, or the settings have an error
      3    changes
      4    protection is weakened, or the plan does not show whether it is
      130  Ctrl-C or SIGTERM ended it
    """  # noqa: D301 - click reads the \b: the lines that follow stay as they are
    if as_json and format not in (Format.TABLE, Format.JSON):
        raise OptionError(f"--json and --format {format} do not fit together.")
    if together and not plans:
        raise OptionError("--together is for plans that you pass: PLAN.json.")
    found = _read(plans) if plans else _created()
    if together:
        found = [merge_plans("the plans", found)]
    reviews = review_plans(found)
    _print(reviews, Format.JSON if as_json else format)
    raise typer.Exit(code_of(reviews))


def _read(paths: list[str]) -> list[Plan]:
    return [
        parse(sys.stdin.buffer.read(), "standard input") if path == _STDIN else read(Path(path))
        for path in paths
    ]


def _created() -> list[Plan]:
    with suppress(ReprieveError):  # main.py reports the errors of the settings
        warn(load())
    with spinner() as show:
        plans = plan_all(Path.cwd(), show)
    for plan in plans:
        if plan.error_output:
            print(printable_lines(plan.error_output), file=sys.stderr)
    return [replace(plan, existing=_existing_topics(plan)) for plan in _by_account(plans)]


def _by_account(plans: list[Plan]) -> list[Plan]:
    """Return a plan for each account: those of its stacks as one."""
    if len(plans) == 1:
        return plans
    owner = {stack: each.stack for each in load().accounts for stack in stacks_of(each)}
    found: dict[str, list[Plan]] = {}
    for plan in plans:
        # The app of a single account may give its stack another name.
        found.setdefault(owner.get(plan.label, plan.label), []).append(plan)
    return [merge_plans(label, parts) for label, parts in found.items()]


def _existing_topics(plan: Plan) -> frozenset[str]:
    """Return where the topics exist that a plan creates with a whole guard.

    A plan also creates what is deployed, if the state is the wrong one.
    """
    if not (names := created_topics(plan)):
        return frozenset()
    accounts = load().accounts
    settings = {each.stack: each for each in accounts}.get(plan.label)
    settings = settings or (accounts[0] if len(accounts) == 1 else None)
    return existing_topics(names, settings) if settings else frozenset()


def _print(reviews: list[Review], format: Format) -> None:
    labels = len(reviews) > 1
    if format is Format.MARKDOWN:
        print(markdown(reviews, labels=labels), end="")
        return
    print_as(
        OutputFormat(format),
        as_json=lambda: json_report(reviews),
        columns=DIFF_COLUMNS,
        rows=lambda: diff_rows(json_report(reviews)),
        view=lambda: _show(reviews, labels=labels),
    )


def _show(reviews: list[Review], *, labels: bool) -> None:
    console = Console(highlight=False)
    width = console.width if console.is_terminal else None
    for line in text_lines(reviews, labels=labels):
        for part in laid_out(line, width):
            console.print(Text(part, style=line.style), soft_wrap=True)
