"""What the views share: escaped text, tables, marked lines, and whether something fits."""

from collections.abc import Iterable, Sequence

from rich.console import Console
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

from reprieve.cli.views.wrapping import Marked, Trimmed
from reprieve.text import counted, printable

_UNBOUNDED = 100_000


def heading(account: str, name: str | None = None, profile: str | None = None) -> str:
    """Return the heading of an account: `Account 111122223333 (production, profile ops)`."""
    known = ", ".join(filter(None, [name, f"profile {profile}" if profile else None]))
    return f"Account {account} ({known})" if known else f"Account {account}"


def escaped(text: str, style: str = "") -> Text:
    """Return text for a table or a line, with unprintable characters escaped."""
    return Text(printable(text), style=style)


def table(*heads: str, right: Sequence[str] = (), folded: Sequence[str] = ()) -> Table:
    """Return an empty table; the columns in `right` align right, those in `folded` may wrap.

    No other column is wrapped or cut: `fits` says whether the terminal is wide enough for that.
    """
    found = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for head in heads:
        found.add_column(
            head,
            justify="right" if head in right else "left",
            no_wrap=head not in folded,
            overflow="fold",
        )
    return found


def fits(content: Table, out: Console, folded: int | None = None) -> bool:
    """Return whether a table fits. In a file or a pipe every table does.

    Without `folded` no cell may be wrapped. With it the columns that may be wrapped can be as
    narrow as that.
    """
    if not out.is_terminal:
        return True
    options = out.options.update(width=_UNBOUNDED)
    needed = Measurement.get(out, options, content).maximum
    for column in content.columns:
        if folded is not None and not column.no_wrap:
            widths = (Measurement.get(out, options, cell).maximum for cell in column.cells)
            needed -= max(0, max(widths, default=0) - folded)
    return needed <= out.width


def show_table(content: Table, out: Console) -> None:
    """Print a table, without the spaces that fill its last column."""
    out.print(Trimmed(content))


def show_closed(closed: int, opened: int, out: Console, what: str = "read") -> None:
    """Print as the last line how many accounts could not be opened; nothing if none failed."""
    if closed:
        many = counted(closed + opened, "account")
        text = f"{closed} of {many} {'was' if closed == 1 else 'were'} not {what}."
        out.print(marked("✘ ", Text(text, "bold red"), "bold red"))


def show_problem(problem: str, reason: str, places: Iterable[str], out: Console) -> None:
    """Print a problem, why it is there if that is known, and a line for each of the places."""
    out.print(marked("✘ ", escaped(problem, "bold red"), "bold red"))
    if reason:
        out.print(marked("  ", escaped(reason)))
    for each in places:
        out.print(marked("  ", escaped(each, "dim")))


def show_hint(hint: str, out: Console) -> None:
    """Print what to do about the problems above; nothing if there is no hint."""
    if hint:
        out.print(marked("  → ", escaped(hint)))


def show_unread(problems: Iterable[tuple[str, str]], out: Console) -> None:
    """Print what could not be read: each sentence once, with its places. They are (place, text)."""
    places: dict[str, list[str]] = {}
    for place, text in problems:
        places.setdefault(text, []).append(place)
    for text, found in places.items():
        out.print(marked("? ", escaped(text, "yellow"), "yellow"))
        out.print(marked("  ", escaped(", ".join(found))))


def marked(mark: str, text: Text, style: str = "") -> Marked:
    """Return a text after a mark. If it is wrapped, its lines begin below each other."""
    return Marked(mark, text, style)
