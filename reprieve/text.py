"""Text: escape what a terminal would obey, conceal secrets in URLs, suggest what was meant."""

import difflib
import hashlib
import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Final

# The parts of a URL (RFC 3986, appendix B): the scheme, the host and port, and the rest.
_PARTS: Final = re.compile(r"(?s)([A-Za-z][A-Za-z0-9+.-]*://)?([^/?#]*)(.*)")
_WEB: Final = re.compile(r"(?i)https?://[^\s\"'<>]*")


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


def concealed(url: str) -> str:
    """Return what may be shown of a URL: scheme and host, `https://example.com/… (hash 0a1b2c3d)`.

    The path of a webhook is its password, and reports are read by more people than the settings.
    The hash, of the whole URL, tells two of them apart. A URL without a path has nothing to hide.
    """
    parts = _PARTS.fullmatch(url)
    assert parts, "the parts match any text"  # noqa: S101
    scheme, place, rest = parts.groups()
    host = place.rpartition("@")[2]
    if scheme and host == place and rest in ("", "/"):
        return url
    digest = hashlib.sha256(url.encode(errors="surrogatepass")).hexdigest()[:8]
    return f"{f'{scheme}{host}/' if scheme else ''}… (hash {digest})"


def without_secrets(text: str) -> str:
    """Return a text in which each http and https URL is concealed."""
    return _WEB.sub(lambda found: concealed(found[0]), text)


def nearest(word: str, known: Iterable[str]) -> str | None:
    """Return the known word that is most like `word`, whatever the case; None if none is close."""
    by_lower = {each.lower(): each for each in known}
    return next(
        (by_lower[near] for near in difflib.get_close_matches(word.lower(), by_lower)), None
    )


_SHOWN: Final = 6
"""How many names a sentence has."""


def some_names(names: Sequence[str]) -> str:
    """Return the first names, so that a sentence about eighty accounts stays short."""
    shown = ", ".join(names[:_SHOWN])
    return f"{shown}, …" if len(names) > _SHOWN else shown


def counted(number: int, one: str, many: str = "") -> str:
    """Return a number and what it counts: `1 Region`, `3 Regions`.

    `many` is what stands after any other number than 1; without it, `one` and an s.
    """
    return f"{number} {one if number == 1 else many or f'{one}s'}"


def iso(moment: datetime) -> str:
    """Return a time as ISO 8601 in UTC, to the second: 2026-11-24T03:01:17Z.

    A time without a zone is UTC, as AWS's are.
    """
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return f"{aware.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
