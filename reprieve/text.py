"""Text for people: escaping what a terminal would obey, and suggesting what was meant."""

import difflib
from collections.abc import Iterable


def printable(text: str) -> str:
    """Return one line with every unprintable character escaped.

    Control and bidirectional characters of text that others wrote must not reach a terminal or a
    comment: they could hide or forge what stands there. A line break counts as unprintable too.
    """
    return "".join(
        char if char.isprintable() else char.encode("unicode_escape").decode() for char in text
    )


def nearest(word: str, known: Iterable[str]) -> str | None:
    """Return the known word that is most like `word`, whatever the case; None if none is close."""
    by_lower = {each.lower(): each for each in known}
    return next(
        (by_lower[near] for near in difflib.get_close_matches(word.lower(), by_lower)), None
    )
