"""The fields that every event has, and patterns that no event can match."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from reprieve.text import nearest

# EventBridge user guide, "Events": the structure of an event. replay-name is in replayed events.
_TEXTS: Final = (
    *("version", "id", "detail-type", "source", "account", "time", "region", "replay-name"),
    "resources",
)
_FIELDS: Final = (*_TEXTS, "detail")


def impossible_fields(pattern: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield rule and hint for each field at the top of a pattern that no event can match.

    EventBridge accepts such a pattern: field names are compared as they stand.
    """
    for name, value in pattern.items():
        if name == "$or":
            for each in value:
                yield from impossible_fields(each)
        elif name not in _FIELDS:
            near = nearest(name, _FIELDS)
            hint = f'did you mean "{near}"?' if near else f"the fields are {', '.join(_FIELDS)}"
            yield f'has the field "{name}", which no event has', hint
        elif name == "detail" and not isinstance(value, dict):
            yield (
                'has a list as "detail", which is an object in every event',
                ('write it like "detail": {"eventName": ["DisableKey"]}'),
            )
        elif name in _TEXTS and isinstance(value, dict):
            yield (
                f'has an object as "{name}", which is none in any event',
                (f'write a list: "{name}": ["…"]'),
            )
