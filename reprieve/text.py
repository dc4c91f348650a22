"""Text for people: escape what a terminal would obey, and suggest what was meant."""

import difflib
from collections.abc import Iterable


def printable(text: str) -> str:
    """Return one line with every unprintable character escaped, line breaks included.

    Apply it to text from outside, such as aliases and error messages, before it reaches a terminal
    or a comment: control and bidirectional characters could hide or forge what is shown there.
    """
    return "".join(
        char if char.isprintable() else char.encode("unicode_escape").decode() for char in text
    )


def printable_lines(text: str) -> str:
    """Return a text of several lines with every other unprintable character escaped."""
    return "\n".join(map(printable, text.split("\n")))


def nearest(word: str, known: Iterable[str]) -> str | None:
    """Return the known word that is most like `word`, whatever the case; None if none is close."""
    by_lower = {each.lower(): each for each in known}
    return next(
        (by_lower[near] for near in difflib.get_close_matches(word.lower(), by_lower)), None
    )
