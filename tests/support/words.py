"""The words that messages for people do not use."""

import re

_BAD = (
    "taken? back",
    "takes? back",
    "told",
    "tells?",
    "made anew",
    "anew",
    "at fault",
    "mends?",
    "whoever",
    "for good",
    "do it by hand",
    "meanwhile",
    "came of it",
    "did not end well",
    "say so",
    "nobody hears",
    "look at it",
)


def bad_words(text: str) -> list[str]:
    """Return the words of a message that must be read twice, and quotation marks that curl."""
    pattern = rf"\b(?:{'|'.join(_BAD)})\b|[\u2018\u2019\u201c\u201d\u00ab\u00bb]"
    return re.findall(pattern, text, re.IGNORECASE)
