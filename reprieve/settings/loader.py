"""Load the settings: read the file and the environment, validate them, report every error."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import cast

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from reprieve.settings.errors import Place, SettingError, SettingsError, key_of, shown
from reprieve.settings.origins import Origins, overridden
from reprieve.settings.schema import LISTS, TABLES, Settings
from reprieve.settings.sources import (
    DEFAULT_FILE,
    EXAMPLE_FILE,
    FILE_VARIABLE,
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


def load(environ: Mapping[str, str] = os.environ, directory: Path = Path(".")) -> Settings:
    """Return the settings of `reprieve.toml`, overridden by the environment.

    Args:
        environ: REPRIEVE_SETTINGS names another file; REPRIEVE_<TABLE>__<KEY> overrides a key.
        directory: The directory of the file.

    Raises:
        SettingsError: The settings have errors. It lists all of them, in the order of the settings.
    """
    name = environ.get(FILE_VARIABLE, DEFAULT_FILE)
    from_environment, unknown = read_environment(
        environ, {table: keys for table, keys in TABLES.items() if table not in LISTS}
    )
    try:
        from_file = read_file(directory, name, named=FILE_VARIABLE in environ)
    except SettingsError as error:
        raise SettingsError([*error.errors, *unknown]) from None

    origins = Origins(name if from_file is not None else None, from_file or {}, from_environment)
    try:
        settings = Settings.model_validate(overridden(origins.from_file, from_environment))
    except ValidationError as error:
        errors = _sorted(error)
        # Without a file, the missing file is the error, and not each thing that it would have.
        missing = from_file is None and any(map(_is_required, errors))
        found = [
            _setting_error(each, origins)
            for each in errors
            if not missing or not _is_required(each)
        ]
        if missing:
            raise NoSettings([_no_file(directory), *found, *unknown]) from None
        raise SettingsError([*found, *unknown]) from None
    if unknown:
        raise SettingsError(unknown)
    return settings


def _is_required(error: ErrorDetails) -> bool:
    """Return whether `notify.emails` is missing: all else has a default, or belongs to another."""
    return error["loc"] == ("notify", "emails") and error["input"] is None


def _setting_error(error: ErrorDetails, origins: Origins) -> SettingError:
    return SettingError(
        key=key_of(error["loc"]),
        rule=error["ctx"]["rule"],
        hint=error["ctx"]["hint"],
        value=None if error["input"] is None else shown(error["input"]),
        origin=origins.of(error),
    )


def validated(values: Mapping[str, object]) -> Settings:
    """Return the settings of these values, `{table: {key: value}}`, of no file and no variable.

    Raises:
        SettingsError: The values have errors.
    """
    try:
        return Settings.model_validate(values)
    except ValidationError as error:
        origins = Origins("Your input", values, {})
        raise SettingsError(_setting_error(each, origins) for each in _sorted(error)) from None


def _sorted(error: ValidationError) -> list[ErrorDetails]:
    return sorted(error.errors(include_url=False), key=lambda each: _rank(each["loc"]))


def _no_file(directory: Path) -> SettingError:
    if (directory / EXAMPLE_FILE).is_file():
        hint = f"run `reprieve init`, or copy {EXAMPLE_FILE} to {DEFAULT_FILE} and edit it"
    else:
        hint = (
            f"change to Reprieve's directory, or name the file: --settings FILE, or {FILE_VARIABLE}"
        )
    return SettingError(DEFAULT_FILE, "does not exist in this directory", hint)


def _rank(place: Place) -> tuple[int, int, int]:
    """Return the sort key of a place: the order of the settings, unknown ones last."""
    table, *rest = place
    index = next((part for part in rest if isinstance(part, int)), -1)
    key = next((part for part in rest if isinstance(part, str)), None)
    keys: list[str | None] = list(TABLES.get(cast("str", table), ()))
    position = [*keys, key].index(key)
    # A list of tables is sorted table by table, a list in a table item by item.
    order = (index, position) if table in LISTS else (position, index)
    return ([*TABLES, table].index(cast("str", table)), *order)
