"""The errors of all accounts as one list: what all of them share is reported once."""

from collections.abc import Sequence
from typing import cast

from pydantic import ValidationError
from pydantic_core import ErrorDetails, InitErrorDetails

from reprieve.settings.account import AccountSettings
from reprieve.settings.accounts import ACCOUNT, ACCOUNTS
from reprieve.settings.errors import Place, SettingError, key_of, shown
from reprieve.settings.origins import Origins
from reprieve.settings.schema import LISTS, TABLES
from reprieve.settings.sources import variable_of
from reprieve.text import concealed, without_secrets


def merged(
    origins: Sequence[Origins],
    errors: Sequence[Sequence[ErrorDetails]],
    form_errors: Sequence[InitErrorDetails],
) -> list[SettingError]:
    """Return all errors, in the order of the settings; those of `[accounts.NAME]` come last.

    Args:
        origins: Where the settings of each account come from; at least one.
        errors: The errors in the settings of each account, in the same order.
        form_errors: The errors in the tables of the accounts, at their places in the file.
    """
    names = [each.account.name for each in origins if each.account]
    found = [(each["loc"], _form_error(each, origins[0])) for each in _details(form_errors)]
    found += _setting_errors(origins, errors)
    found.sort(key=lambda each: _rank(each[0], names))
    return [error for _, error in found]


def _details(errors: Sequence[InitErrorDetails]) -> list[ErrorDetails]:
    return ValidationError.from_exception_data("accounts", list(errors)).errors(include_url=False)


def _form_error(error: ErrorDetails, origins: Origins) -> SettingError:
    table, *keys = error["loc"]
    key = keys[0] if keys else None
    is_variable = table == ACCOUNT and key in origins.variables.get(ACCOUNT, {})
    origin = variable_of(ACCOUNT, cast("str", key)) if is_variable else origins.file
    return _setting_error(error, error["loc"], origin, error["ctx"]["rule"], error["ctx"]["hint"])


def _setting_errors(
    origins: Sequence[Origins], errors: Sequence[Sequence[ErrorDetails]]
) -> list[tuple[Place, SettingError]]:
    """Return each error with its place in the file, those of common settings once."""
    alike: dict[tuple[Place, str], list[tuple[Origins, ErrorDetails]]] = {}
    for one, own in zip(origins, errors, strict=True):
        for error in own:
            alike.setdefault((one.place_of(error), error["ctx"]["rule"]), []).append((one, error))
    found = []
    for (place, rule), same in alike.items():
        one, error = same[0]
        is_common = place == error["loc"] and len(same) < len(origins)
        names = [each.account.name for each, _ in same if is_common and each.account]
        rule, hint = one.full_names(rule), one.hint_of(error)
        found.append((place, _setting_error(error, place, one.of(error, names), rule, hint)))
    return found


def _setting_error(
    error: ErrorDetails, place: Place, origin: str | None, rule: str, hint: str
) -> SettingError:
    value = None if error["input"] is None else shown(_without_secrets(error["input"], place))
    return SettingError(key_of(place), rule, hint, value, origin)


def _without_secrets(value: object, place: Place) -> object:
    """Return a value without the secrets of URLs; a `url` may also lack its scheme."""
    if isinstance(value, list | tuple):
        return [_without_secrets(each, place) for each in value]
    if not isinstance(value, str):
        return value
    return concealed(value) if "url" in place else without_secrets(value)


def _rank(place: Place, names: Sequence[str]) -> tuple[int, ...]:
    """Return the sort key of a place in the file; `names` are those of the accounts."""
    table, *rest = place
    if table != ACCOUNTS:
        return (-1, *_rank_in_tables(place))
    if not rest:
        return (0,)
    name, *keys = rest
    index = [*names, name].index(cast("str", name))
    if not keys:
        return (index, -1)
    own = keys[0] in AccountSettings.model_fields
    return (index, *_rank_in_tables((ACCOUNT, *keys) if own else tuple(keys)))


def _rank_in_tables(place: Place) -> tuple[int, int, int]:
    """Return the sort key of a place: the order of the settings, unknown ones last."""
    table, *rest = place
    index = next((part for part in rest if isinstance(part, int)), -1)
    key = next((part for part in rest if isinstance(part, str)), None)
    keys: list[str | None] = list(TABLES.get(cast("str", table), ()))
    position = [*keys, key].index(key)
    # A list of tables is sorted table by table, a list in a table item by item.
    order = (index, position) if table in LISTS else (position, index)
    return ([*TABLES, table].index(cast("str", table)), *order)
