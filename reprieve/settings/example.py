"""A file of settings from the example: with its comments, and some values changed."""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from reprieve.settings.sources import EXAMPLE_FILE

EXAMPLE: Final = Path(__file__).resolve().parents[2] / EXAMPLE_FILE

Values = Mapping[str, Mapping[str, object]]
"""By table and key: text, or a list of texts."""


def filled(example: str, values: Values) -> str:
    """Return the example with other values. Each of their keys must be in it, not commented out.

    Raises:
        KeyError: The example does not have a key.
    """
    left = {(table, key) for table, keys in values.items() for key in keys}
    lines = []
    table = ""
    for line in example.split("\n"):
        if heading := re.fullmatch(r"\[([a-z_]+)\]", line):
            table = heading[1]
        found = re.match(r"([a-z_]+) = ", line)
        if found and (table, found[1]) in left:
            left.remove((table, found[1]))
            # Text and lists of texts are the same in JSON and in TOML.
            line = found[0] + json.dumps(values[table][found[1]], ensure_ascii=False)
        lines.append(line)
    if left:
        raise KeyError(f"{EXAMPLE_FILE} does not have {sorted(left)}")
    return "\n".join(lines)
