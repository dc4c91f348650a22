"""The command `reprieve template`: the guard for CloudFormation."""

import os
from pathlib import Path
from typing import Annotated, Final

import typer

from reprieve.cli.common import note
from reprieve.cli.options.run import OptionError
from reprieve.errors import ExitCode, ReprieveError
from reprieve.organization.expected import administrator_of
from reprieve.settings.loader import NoSettings, load
from reprieve.settings.organization import STACK_SETS
from reprieve.settings.schema import Settings
from reprieve.template.limits import TemplateError
from reprieve.template.organization import guard_template, roles_template
from reprieve.template.standalone import default_settings, standalone_template
from reprieve.template.template import Template
from reprieve.text import counted, nearest

_STANDALONE: Final = "standalone"
_KINDS: Final = (_STANDALONE, "guard", "roles")


class OutputError(ReprieveError):
    """The file of --output cannot be written."""

    exit_code = ExitCode.USAGE


def _complete(incomplete: str) -> list[str]:
    return [each for each in _KINDS if each.startswith(incomplete)]


def template(
    kind: Annotated[
        str,
        typer.Argument(
            metavar="KIND", help=f"One of: {', '.join(_KINDS)}.", autocompletion=_complete
        ),
    ] = _STANDALONE,
    output: Annotated[
        Path | None,
        typer.Option("--output", metavar="FILE", help="Write the template to this file."),
    ] = None,
) -> None:
    """Print the guard as a CloudFormation template, in JSON.

    standalone is for an account without Terraform. It needs no settings: parameters of the stack
    have the most important ones.

    guard and roles are what the stack sets of [organization] deploy.
    """
    if kind not in _KINDS:
        near = nearest(kind, _KINDS)
        raise OptionError(
            f"{kind}: there is no such template, only {', '.join(_KINDS)}.",
            f"Did you mean {near}?" if near else "",
        )
    found = _template(kind)
    if output is None:
        print(found.pretty, end="")
        return
    try:
        output.write_text(found.pretty, encoding="utf-8")
    except OSError as error:
        raise OutputError(f"--output {output}: {error.strerror}.") from error
    regions = counted(len(found.regions), "Region")
    print(f"Wrote {output}: {len(found.body['Resources'])} resources, for {regions}.")
    if found.needs_bucket:
        note(f"It is larger than 51,200 bytes: {_large(kind)}")


def _large(kind: str) -> str:
    if kind == _STANDALONE:
        return "`aws cloudformation deploy` needs --s3-bucket."
    return (
        "`aws cloudformation create-stack-set` needs it in S3, with --template-url. The deployment "
        "of the stack sets uploads it."
    )


def _template(kind: str) -> Template:
    if kind == _STANDALONE:
        return standalone_template(_of_one_account())
    administrator = administrator_of(load().accounts)
    if administrator is None:
        raise TemplateError(
            "The settings deploy no stack set.",
            'Set organization.engine = "stacksets", or print the template standalone.',
        )
    return guard_template(administrator) if kind == "guard" else roles_template(administrator)


def _of_one_account() -> Settings:
    """Return the settings of the account; the defaults if there are no settings yet."""
    try:
        accounts = load().accounts
    except NoSettings:
        return default_settings(os.environ)
    if accounts[0].organization.engine == STACK_SETS:
        raise OptionError(
            "The template standalone is for an account of its own, and these settings are for an "
            'organization: organization.engine = "stacksets".',
            "Run the command in a folder without reprieve.toml, or name other settings with "
            "--settings FILE. `reprieve template guard` and `reprieve template roles` print what "
            "the stack sets deploy.",
        )
    if len(accounts) > 1:
        names = ", ".join(str(each.account.name) for each in accounts)
        raise OptionError(
            "The template standalone is for one account.", f"Select one with --account: {names}."
        )
    return accounts[0]
