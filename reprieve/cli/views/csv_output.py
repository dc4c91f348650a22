"""CSV for programs and spreadsheets: a header, then a row for each finding, key or Region."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from reprieve.text import iso, printable

# OWASP, "CSV Injection": a spreadsheet runs a cell that begins with one of these. The last four
# are their full-width forms, which some programs convert.
_FORMULA_STARTS: Final = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20")


Row = Mapping[str, Any]
"""A row by its columns."""


def csv_text(columns: Sequence[str], rows: Iterable[Row]) -> str:
    """Return the rows as CSV with a header.

    A column that a row lacks is empty. A list is one cell: its items, with spaces between them.
    """
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(columns)
    for row in rows:
        writer.writerow([_cell(row.get(column)) for column in columns])
    return out.getvalue()


def _cell(value: Any) -> str:
    """Return a cell; text that a spreadsheet would run as a formula begins with an apostrophe."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return str(value)
    if isinstance(value, datetime):
        return iso(value)
    if isinstance(value, str):
        text = printable(value)
        return f"'{text}" if text.startswith(_FORMULA_STARTS) else text
    return _cell(" ".join(map(_cell, value)))
