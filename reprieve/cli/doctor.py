"""The command `reprieve doctor`."""

import typer

from reprieve.cli.common import (
    AsJson,
    ExternalId,
    Format,
    OutputFormat,
    Profiles,
    Roles,
    Timeout,
    access_of,
    chosen,
    console,
)
from reprieve.cli.output import print_as
from reprieve.cli.views.csv_rows import DOCTOR_COLUMNS, doctor_rows
from reprieve.cli.views.doctor import show
from reprieve.cli.views.progress import spinner
from reprieve.doctor.doctor import diagnose


def doctor(
    profile: Profiles = None,
    role_arn: Roles = None,
    external_id: ExternalId = None,
    timeout: Timeout = 20,
    format: Format = OutputFormat.TABLE,
    as_json: AsJson = False,
) -> None:
    """Check the tools, settings, credentials, trail and state.

    Says what is missing for a deployment, and what to do. It changes nothing, and runs where
    nothing else does: without credentials, settings or Node.js.

    \b
    Exit codes:
      0  every check passed
      1  a check failed
      2  the settings have an error
    """  # noqa: D301 - click reads the \b: the lines that follow stay as they are
    format = chosen(format, as_json)
    access = access_of(profile, role_arn, external_id)
    with spinner() as done:
        found = diagnose(access, timeout=timeout, done=done)
    print_as(
        format,
        as_json=found.as_json,
        columns=DOCTOR_COLUMNS,
        rows=lambda: doctor_rows(found),
        view=lambda: show(found, console()),
    )
    raise typer.Exit(found.exit_code)
