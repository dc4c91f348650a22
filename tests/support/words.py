"""The words that people do not have to read: those of .ci/words.txt, and more in messages."""

import re
from pathlib import Path
from typing import Final

_FILE: Final = Path(__file__).resolve().parents[2] / ".ci/words.txt"
WORDS: Final = [line.partition("->")[0] for line in _FILE.read_text("utf-8").splitlines()]
"""Words, phrases and quotation marks that codespell reports, in the order of the file."""
_IN_MESSAGES: Final = (
    "tells?",
    "do it by hand",
    "meanwhile",
    "came of it",
    "did not end well",
    "say so",
    "look at it",
)


def bad_words(text: str) -> list[str]:
    """Return the words of a message that must be read twice, and quotation marks that curl."""
    words = [re.escape(each) for each in WORDS if each.isascii()]
    marks = "".join(each for each in WORDS if not each.isascii())
    pattern = rf"\b(?:{'|'.join([*words, *_IN_MESSAGES])})\b|[{marks}]"
    return re.findall(pattern, text, re.IGNORECASE)
