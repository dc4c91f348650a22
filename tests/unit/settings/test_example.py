"""The example, and the files that are made from it."""

import tomllib
from typing import Any

import pytest

from reprieve.settings.example import EXAMPLE, filled

TEXT = EXAMPLE.read_text(encoding="utf-8")


def test_a_file_from_the_example_differs_in_these_values_only():
    """Comments stay, and so does every other line."""
    values: dict[str, dict[str, Any]] = {
        "notify": {"emails": ['"ä"@example.com', "b@example.com"]},
        "regions": {"watch": "all"},
    }
    text = filled(TEXT, values)
    old, new = TEXT.splitlines(), text.splitlines()
    changed = [line for before, line in zip(old, new, strict=True) if before != line]
    assert changed == ['emails = ["\\"ä\\"@example.com", "b@example.com"]', 'watch = "all"']
    expected = tomllib.loads(TEXT)
    expected["notify"]["emails"] = values["notify"]["emails"]
    expected["regions"]["watch"] = "all"
    assert tomllib.loads(text) == expected


def test_a_key_that_the_example_lacks_is_an_error():
    """It would be lost. `home` is in a comment."""
    with pytest.raises(KeyError, match="home"):
        filled(TEXT, {"regions": {"home": "us-east-1"}})
