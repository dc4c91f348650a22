"""Reading settings before their validation: each value may be anything."""

from collections.abc import Mapping
from typing import Any

from reprieve.settings.errors import Place

Values = Mapping[str, object]
"""The settings with their defaults."""
Texts = dict[Place, str]


def table(values: Values, name: str) -> Mapping[str, object]:
    """Return a table of the settings; an empty one if the value is not a table."""
    found = values.get(name)
    return found if isinstance(found, dict) else {}


def texts(values: Values, name: str, key: str) -> Texts:
    """Return the texts of a setting by their places: the items of a list, or the value itself."""
    value = table(values, name).get(key)
    if isinstance(value, list | tuple):
        items = enumerate(value)
        return {(name, key, index): item for index, item in items if isinstance(item, str)}
    return {(name, key): value} if isinstance(value, str) else {}


def watch_names(values: Values) -> Texts:
    """Return the names of the watches by their places."""
    return entry_texts(values, "watch", "name")


def watch_patterns(values: Values) -> list[str]:
    """Return the event patterns of the watches."""
    return list(entry_texts(values, "watch", "pattern").values())


def entry_texts(values: Values, name: str, key: str) -> Texts:
    """Return the texts of a key in a list of tables, such as `[[watch]]`, by their places."""
    return {
        (name, index, key): entry[key]
        for index, entry in entries(values, name).items()
        if isinstance(entry.get(key), str)
    }


def entries(values: Values, name: str) -> dict[int, dict[str, Any]]:
    """Return what is a table in a list of tables, by its index."""
    given = values.get(name)
    items = enumerate(given if isinstance(given, list | tuple) else ())
    return {index: each for index, each in items if isinstance(each, dict)}
