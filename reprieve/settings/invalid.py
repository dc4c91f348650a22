"""How a rule reports an invalid value: an error of pydantic's that carries the rule and a hint."""

import re
from collections.abc import Callable
from typing import Final

from pydantic_core import InitErrorDetails, PydanticCustomError

from reprieve.settings.errors import Place, shown

KIND: Final = "reprieve"
"""The type of these errors among pydantic's own."""


def invalid(rule: str, hint: str) -> PydanticCustomError:
    """Return the error to raise from the type of a value."""
    return PydanticCustomError(KIND, "{rule}: {hint}", {"rule": rule, "hint": hint})


def plain(text: str) -> str:
    """Refuse outer spaces and invisible characters. Do not strip them: show where they are."""
    if text != text.strip():
        raise invalid("begins or ends with a space", "remove the space")
    if not text.isprintable():
        raise invalid("contains a control character or an invisible character", "type it again")
    return text


def one(check: Callable[[str], str]) -> Callable[[str], str]:
    """Return a check that says so where one text has several values that the check accepts."""

    def checked(text: str) -> str:
        try:
            return check(text)
        except PydanticCustomError:
            values = split_values(text)
            if len(values) < 2 or not all(_passes(check, each) for each in values):
                raise
            quoted = ", ".join(map(shown, values))
            hint = f"write a list, each value in its own quotation marks: [{quoted}]"
            raise invalid(f"has {len(values)} values in one text", hint) from None

    return checked


def split_values(text: str) -> list[str]:
    """Return the values of a text that has several, with commas, semicolons or spaces between."""
    return [each for each in re.split(r"[\s,;]+", text) if each]


def _passes(check: Callable[[str], str], value: str) -> bool:
    try:
        check(value)
    except PydanticCustomError:
        return False
    return True


def invalid_at(place: Place, value: object, rule: str, hint: str) -> InitErrorDetails:
    """Return the error of the value at a place, for rules that compare several values."""
    return InitErrorDetails(type=invalid(rule, hint), loc=place, input=value)


def other_partition_at(
    place: Place,
    text: str,
    found: str | None,
    expected: str,
    hint: str,
    reference: str = "the Regions to watch are",
) -> list[InitErrorDetails]:
    """Return the error of a value in another partition than expected; an empty list if none.

    Args:
        place: Where the value is in the settings.
        text: The value.
        found: Its partition; None if it has none, or is invalid anyway.
        expected: The partition of the settings.
        hint: What to do.
        reference: The setting that the expected partition comes from, with its verb.
    """
    if found in (None, expected):
        return []
    rule = f"is in the partition {found}; {reference} in {expected}"
    return [invalid_at(place, text, rule, hint)]
