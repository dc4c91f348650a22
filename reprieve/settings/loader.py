"""Load the settings: read the file and the environment, validate them, report every error."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final, cast

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from reprieve.settings.errors import Place, SettingError, SettingsError, key_of, shown
from reprieve.settings.schema import LISTS, TABLES, Settings
from reprieve.settings.sources import FILE_VARIABLE, read_environment, read_file, variable_of
from reprieve.settings.state import without_other_backends

DEFAULT_FILE: Final = "reprieve.toml"


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
    if from_file is None:
        name, from_file = f"{directory / name} (no such file)", {}

    try:
        settings = Settings.model_validate(_overridden(from_file, from_environment))
    except ValidationError as error:
        found = sorted(error.errors(include_url=False), key=lambda each: _rank(each["loc"]))
        errors = [_setting_error(each, from_environment, name) for each in found]
        raise SettingsError([*errors, *unknown]) from None
    if unknown:
        raise SettingsError(unknown)
    return settings


def _overridden(
    file: Mapping[str, object], environment: Mapping[str, Mapping[str, object]]
) -> dict[str, object]:
    """Return the content of the file, overridden key by key. An invalid table stays as it is."""
    merged = dict(file)
    for table, keys in environment.items():
        under = merged.get(table, {})
        if table == "state" and isinstance(under, dict):
            under = without_other_backends(under, keys)
        merged[table] = {**under, **keys} if isinstance(under, dict) else under
    return merged


def _setting_error(
    error: ErrorDetails, from_environment: Mapping[str, object], file: str
) -> SettingError:
    """Return an error of the validation with the origin of its value."""
    table, *rest = place = error["loc"]
    overridden = from_environment.get(cast("str", table))
    by_environment = bool(rest) and isinstance(overridden, dict) and rest[0] in overridden
    return SettingError(
        key=key_of(place),
        rule=error["ctx"]["rule"],
        hint=error["ctx"]["hint"],
        value=None if error["input"] is None else shown(error["input"]),
        origin=variable_of(cast("str", table), cast("str", rest[0])) if by_environment else file,
    )


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
