"""Load the settings: read the file and the environment, validate them, report every error."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NoReturn

from pydantic import ValidationError
from pydantic_core import ErrorDetails, InitErrorDetails

from reprieve.settings.accounts import (
    AccountTable,
    account_tables,
    member_values,
    read_role_errors,
)
from reprieve.settings.deployment import Deployment
from reprieve.settings.errors import SettingError, SettingsError
from reprieve.settings.merged_errors import merged
from reprieve.settings.origins import MemberOrigins, Origins
from reprieve.settings.schema import LISTS, TABLES, Settings
from reprieve.settings.sources import (
    ACCOUNT_VARIABLE,
    DEFAULT_FILE,
    EXAMPLE_FILE,
    FILE_VARIABLE,
    is_read_only,
    read_environment,
    read_file,
)


class NoSettings(SettingsError):
    """There is no file of settings, and the environment does not have what is required.

    Other errors of the environment are in `errors` as usual; if there are none, the message is
    short, since it is the first that a new user sees.
    """

    def __init__(self, errors: Sequence[SettingError]) -> None:
        super().__init__(errors)
        if len(errors) == 1:
            self.args = (f"There is no {DEFAULT_FILE} in this directory.",)
            self.hint = errors[0].hint[0].upper() + errors[0].hint[1:] + "."


def load(environ: Mapping[str, str] = os.environ, directory: Path = Path(".")) -> Deployment:
    """Return the settings of every account in `reprieve.toml`, with the environment.

    Args:
        environ: REPRIEVE_SETTINGS names another file; REPRIEVE_ACCOUNT selects accounts by their
            names, with commas between; REPRIEVE_READ_ONLY replaces `role_arn` of each account by
            its `read_role_arn`; REPRIEVE_<TABLE>__<KEY> overrides a common key.
        directory: The directory of the file.

    Raises:
        SettingsError: The settings have errors. It lists all of them, in the order of the settings,
            whichever accounts are selected.
        UnknownAccount: REPRIEVE_ACCOUNT names an account that the settings do not have.
    """
    name = environ.get(FILE_VARIABLE, DEFAULT_FILE)
    from_environment, unknown = read_environment(
        environ, {table: keys for table, keys in TABLES.items() if table not in LISTS}
    )
    try:
        from_file = read_file(directory, name, named=FILE_VARIABLE in environ)
    except SettingsError as error:
        raise SettingsError([*error.errors, *unknown]) from None

    file = name if from_file is not None else None
    content = from_file or {}
    tables, form_errors = account_tables(content, from_environment)
    read_only = is_read_only(environ)
    if read_only:
        form_errors += read_role_errors(tables, content, from_environment)
    each_table: Sequence[AccountTable | None] = tables or [None]
    origins = [Origins(file, content, from_environment, table) for table in each_table]
    if member_values(content, from_environment):
        origins.append(MemberOrigins(file, content, from_environment))
    outcomes = [_validate(each.values) for each in origins]
    found = [each for each in outcomes if isinstance(each, Settings)]
    if form_errors or unknown or len(found) < len(outcomes):
        errors = [[] if isinstance(each, Settings) else each for each in outcomes]
        _refuse(file, directory, origins, errors, form_errors, unknown)
    members = found.pop().of_members() if len(found) > len(each_table) else None
    if read_only:
        found = [each.read_only() for each in found]
    ids = [each.account.id for each in found if each.account.id]
    names = [table.name if table else None for table in each_table]
    deployment = Deployment(
        tuple(
            each.placed(name, ids, found if tables else (), members)
            for each, name in zip(found, names, strict=True)
        ),
        read_only,
    )
    selected = [each.strip() for each in environ.get(ACCOUNT_VARIABLE, "").split(",")]
    return deployment.select(selected) if any(selected) else deployment


def _validate(values: Mapping[str, object]) -> Settings | list[ErrorDetails]:
    """Return the settings of an account, or the errors in them."""
    try:
        return Settings.model_validate(values)
    except ValidationError as error:
        return error.errors(include_url=False)


def _refuse(
    file: str | None,
    directory: Path,
    origins: Sequence[Origins],
    errors: Sequence[Sequence[ErrorDetails]],
    form_errors: Sequence[InitErrorDetails],
    unknown: Sequence[SettingError],
) -> NoReturn:
    """Raise the errors of all accounts, those in the form of their tables, and of the variables."""
    # Without a file, the missing file is the error, and not each thing that it would have.
    if file is None and any(map(_is_required, errors[0])):
        others = [[each for each in errors[0] if not _is_required(each)]]
        found = merged(origins[:1], others, form_errors)
        raise NoSettings([_no_file(directory), *found, *unknown])
    raise SettingsError([*merged(origins, errors, form_errors), *unknown])


def _is_required(error: ErrorDetails) -> bool:
    """Return whether `notify.emails` is missing: all else has a default, or belongs to another."""
    return error["loc"] == ("notify", "emails") and error["input"] is None


def validated(values: Mapping[str, object]) -> Settings:
    """Return the settings of these values, `{table: {key: value}}`, of no file and no variable.

    Raises:
        SettingsError: The values have errors.
    """
    outcome = _validate(values)
    if isinstance(outcome, Settings):
        return outcome
    raise SettingsError(merged([Origins("Your input", values, {})], [outcome], []))


def _no_file(directory: Path) -> SettingError:
    if (directory / EXAMPLE_FILE).is_file():
        hint = f"run `reprieve init`, or copy {EXAMPLE_FILE} to {DEFAULT_FILE} and edit it"
    else:
        hint = (
            f"change to Reprieve's directory, or name the file: --settings FILE, or {FILE_VARIABLE}"
        )
    return SettingError(DEFAULT_FILE, "does not exist in this directory", hint)
