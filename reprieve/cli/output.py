"""What every command does with what it found: JSON, CSV or a table."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from reprieve.cli.common import OutputFormat, print_json
from reprieve.cli.views.csv_output import Row, csv_text


def print_as(
    format: OutputFormat,
    *,
    as_json: Callable[[], Any],
    columns: Sequence[str],
    rows: Callable[[], Iterable[Row]],
    view: Callable[[], None],
) -> None:
    """Print what a command found, in a format.

    Args:
        format: The format.
        as_json: Returns what is printed as JSON.
        columns: The columns of the CSV.
        rows: Returns its rows.
        view: Prints the table.
    """
    if format is OutputFormat.JSON:
        print_json(as_json())
    elif format is OutputFormat.CSV:
        print(csv_text(columns, rows()), end="")
    else:
        view()
