"""The command `reprieve init`: three answers become a file of settings."""

import os
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Any, Final, NamedTuple

import typer

from reprieve.cli.options.completion import complete_regions
from reprieve.cli.options.run import OptionError
from reprieve.errors import ExitCode, ReprieveError
from reprieve.settings.errors import SettingError, SettingsError
from reprieve.settings.example import EXAMPLE, filled
from reprieve.settings.invalid import split_values
from reprieve.settings.loader import validated
from reprieve.settings.sources import DEFAULT_FILE, FILE_VARIABLE
from reprieve.settings.types import WATCH_WORDS
from reprieve.text import printable


class FileExists(ReprieveError):
    """There are settings already, and they are not to be replaced."""

    exit_code = ExitCode.USAGE


def _regions(text: str) -> object:
    values = split_values(text)
    return values[0] if len(values) == 1 and values[0] in WATCH_WORDS else values


class _Question(NamedTuple):
    """What is asked, the setting that the answer becomes, and how."""

    text: str
    table: str
    key: str
    default: str | None
    value_of: Callable[[str], object]


_QUESTIONS: Final = (
    _Question(
        "1. Who receives the alerts? E-mail addresses, with spaces between them",
        *("notify", "emails", None),
        split_values,
    ),
    _Question(
        "2. Which Regions are watched? default (the 17 that every account has), all, or\n"
        "   Region codes such as eu-west-1 us-east-1",
        *("regions", "watch", "default"),
        _regions,
    ),
    _Question(
        "3. Which IAM role is used only to deploy Reprieve? Write its ARN, or - if there is none",
        *("exempt", "deployers", "-"),
        lambda text: [] if text.strip() == "-" else split_values(text),
    ),
)


def init(
    email: Annotated[
        list[str] | None,
        typer.Option("--email", metavar="ADDRESS", help="Receives the alerts. Repeat it."),
    ] = None,
    region: Annotated[
        list[str] | None,
        typer.Option(
            "--region",
            metavar="REGION",
            help="A Region to watch, default or all. Repeat it for several.",
            autocompletion=complete_regions,
        ),
    ] = None,
    deployer: Annotated[
        list[str] | None,
        typer.Option(
            "--deployer", metavar="ARN", help="An IAM role that deploys Reprieve. Repeat it."
        ),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace a file that exists.")] = False,
) -> None:
    """Write the settings, reprieve.toml.

    Asks who receives the alerts, which Regions to watch, and which IAM role deploys. With --email
    it asks nothing. The file explains all other settings.

    \b
    Exit codes:
      0  the file was written
      2  an answer has an error, or the file exists already
    """  # noqa: D301 - click reads the \b: the lines that follow stay as they are
    target = Path(os.environ.get(FILE_VARIABLE) or DEFAULT_FILE)
    _check_absent(target, force=force)
    if email:
        given: dict[str, dict[str, Any]] = {
            "notify": {"emails": email},
            "regions": {"watch": _regions(" ".join(region or ["default"]))},
            "exempt": {"deployers": deployer or []},
        }
        validated(given)
    elif region or deployer:
        raise OptionError("--email is missing: without it the command asks all questions.")
    elif not sys.stdin.isatty():
        raise OptionError(
            "The command asks three questions, and there is no terminal to answer them.",
            "Use --email; --region and --deployer are optional.",
        )
    else:
        given = _answers()
    text = filled(EXAMPLE.read_text(encoding="utf-8"), given)
    _check_absent(target, force=force)  # again, since people take their time to answer
    _write(target.resolve(), text)
    print(f"Wrote {printable(str(target))}. Read it, then run `reprieve doctor`.")
    if not given["exempt"]["deployers"]:
        print(
            "exempt.deployers is empty: each deployment will send alerts for every change of "
            "the guard."
        )


def _check_absent(target: Path, *, force: bool) -> None:
    if target.exists() and not force:
        raise FileExists(
            f"{target} exists already.", "Edit it, or use --force to replace it with a new one."
        )


def _answers() -> dict[str, dict[str, Any]]:
    """Ask the questions, each until its answer is valid."""
    answers: dict[str, dict[str, Any]] = {}
    for question in _QUESTIONS:
        while True:
            text = typer.prompt(question.text, default=question.default)
            asked = answers | {question.table: {question.key: question.value_of(text)}}
            errors = _errors_of(asked)
            if not errors:
                answers = asked
                break
            for error in errors:
                value = f"{error.value} " if error.value else ""
                print(printable(f"   ✘ {value}{error.rule}"))
                print(printable(f"     → {error.hint}"))
    return answers


def _errors_of(values: dict[str, dict[str, Any]]) -> tuple[SettingError, ...]:
    try:
        validated(values)
    except SettingsError as error:
        return error.errors
    return ()


def _write(target: Path, text: str) -> None:
    """Write a file as a whole: nobody sees a part of it, and a failure leaves what was there."""
    new = target.with_name(f".{target.name}.new")
    try:
        new.write_text(text, encoding="utf-8")
        new.replace(target)
    except OSError as error:
        with suppress(OSError):
            new.unlink(missing_ok=True)
        raise OptionError(f"{target} cannot be written: {error.strerror}.") from error
