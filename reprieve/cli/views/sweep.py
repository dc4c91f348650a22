"""The view of `reprieve sweep`: a line for each key where that fits, else a block for each key."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from rich.console import Console
from rich.table import Table
from rich.text import Text

from reprieve.cli.views.layout import (
    escaped,
    fits,
    heading,
    marked,
    show_closed,
    show_table,
    show_unread,
    table,
)
from reprieve.sweep.cloudtrail import EXPIRE, Call
from reprieve.sweep.result import DISABLED, UNKNOWN, Key, Sweep, keys_in_danger
from reprieve.text import counted, printable

_HAPPENED = {
    "ScheduleKeyDeletion": "deletion scheduled",
    "CancelKeyDeletion": "deletion cancelled",
    "DisableKey": "disabled",
    "DeleteImportedKeyMaterial": "key material deleted",
    EXPIRE: "key material expired",
}
_UNUSABLE = {
    DISABLED: ("disabled", "nothing can be decrypted with a disabled key"),
    "Unavailable": ("unavailable", "the custom key store is disconnected"),
    "PendingImport": ("without key material", "import the material again"),
}

# The narrowest that the column of what happened may be: its cells then have two or three lines.
_FOLDED_WIDTH = 40


def prompt(what: str, key: Key) -> str:
    """Return the question whether to do something with a key."""
    details = [", ".join(key.aliases) or "no alias", _time_left(key)]
    return printable(f"{what} {key.arn} ({', '.join(filter(None, details))})?")


def show(sweeps: Sequence[Sweep], out: Console, *, acted: bool, closed: int = 0) -> None:
    """Print the keys of all accounts, then what could not be read, then the verdict.

    `closed` is how many accounts could not be opened.
    """
    for each in sweeps:
        out.print(heading(each.account.id, each.account.name), style="bold")
        if each.keys:
            _show_keys(each.keys, out)
        show_unread(each.problems, out)
        out.print()
    _show_verdict(sweeps, out, acted=acted, closed=closed)
    show_closed(closed, len(sweeps), out)


def _show_keys(keys: Sequence[Key], out: Console) -> None:
    rows = _table(keys)
    if not fits(rows, out, folded=_FOLDED_WIDTH):
        for key in keys:
            _show_block(key, out)
        return
    show_table(rows, out)
    for key in keys:
        if key.problem:
            text = escaped(f"{key.region} {key.id}: {key.problem}", "bold red")
            out.print(marked("✘ ", text, "bold red"))


def _table(keys: Sequence[Key]) -> Table:
    """Return a row for each key. Columns that are empty for every key are left out."""
    columns = {
        "DAYS LEFT": [_days_left(key) for key in keys],
        "REGION": [key.region for key in keys],
        "KEY": [key.id for key in keys],
        "ALIASES": [_aliases(key) for key in keys],
        "STATE": [key.state for key in keys],
        "WHAT HAPPENED": [_happened(key) for key in keys],
        "LAST USED": [_last_used(key) for key in keys],
        "NOTES": [", ".join(_notes(key)) for key in keys],
        "DONE": [key.result or "" for key in keys],
    }
    shown = {head: cells for head, cells in columns.items() if any(cells)}
    rows = table(*shown, folded=["WHAT HAPPENED"])
    for key, cells in zip(keys, zip(*shown.values(), strict=True), strict=True):
        rows.add_row(escaped(cells[0], _style(key)), *map(escaped, cells[1:]))
    return rows


def _show_block(key: Key, out: Console) -> None:
    """Print a key's Region and id, and below them what else is known about it."""
    head = Text("  ").join(
        [
            Text(key.region, style=_style(key)),
            escaped(key.id, "bold"),
            *([escaped(_aliases(key))] if key.aliases else []),
        ]
    )
    out.print(marked("- " if key.is_healthy else "✘ ", head, _style(key)))
    out.print(marked("    ", escaped(" ".join(_sentences(key)))))
    if key.problem:
        out.print(marked("  ✘ ", escaped(key.problem, "bold red"), "bold red"))


def _sentences(key: Key) -> Iterator[str]:
    happened = _happened(key)
    if key.state == UNKNOWN:
        yield "Its state is unknown."
    elif key.is_pending:
        yield f"{key.state}, {_time_left(key)}."
    elif not happened.startswith("disabled"):
        yield f"{key.state}."
    if happened:
        yield f"{happened[0].upper()}{happened[1:]}."
    if key.last_used:
        yield f"Last used on {_date(key.last_used)}."
    elif key.tracked_since:
        yield f"Never used since {_date(key.tracked_since)}, when KMS began to record it."
    for note in _notes(key):
        yield f"{note[0].upper()}{note[1:]}."
    if key.result:
        yield f"Done: {key.result}."


def _style(key: Key) -> str:
    if key.is_healthy:
        return "yellow" if not key.exempt and key.state in _UNUSABLE else ""
    return "bold red"


def _aliases(key: Key) -> str:
    return ", ".join(alias.removeprefix("alias/") for alias in key.aliases)


def _days_left(key: Key) -> str:
    """Return the days until a key is deleted; at least so many, if replicas have to go first."""
    if key.days_left is not None:
        return f"{key.days_left:.1f}"
    return f"≥ {key.waiting_days}" if key.waiting_days else "–"


def _time_left(key: Key) -> str:
    """Return in words how long it takes until a key is deleted; empty if it is not known."""
    if key.days_left is not None:
        return f"{key.days_left:.1f} days left"
    return f"{key.waiting_days} days after its last replica" if key.waiting_days else ""


def _happened(key: Key) -> str:
    """Return what put the key into its state, who did it and when; empty if it is unknown."""
    if key.call is None:
        return ""
    if key.rescued:
        who = f" (scheduled by {_caller(key.scheduled, key)})" if key.scheduled else ""
        return f"rescued by Reprieve on {_date(key.call.at)}{who}"
    what = _HAPPENED.get(key.call.name, key.call.name)
    by = "" if key.call.name == EXPIRE else f" by {_caller(key.call, key)}"
    return f"{what}{by} on {_date(key.call.at)}"


def _caller(call: Call, key: Key) -> str:
    """Return who made a call: without the account, unless it is another one than the key's."""
    fields = call.by.split(":", 5)
    return fields[-1] if len(fields) == 6 and fields[4] == key.account else call.by


def _last_used(key: Key) -> str:
    if key.last_used:
        return _date(key.last_used)
    return f"never since {_date(key.tracked_since)}" if key.tracked_since else ""


def _date(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d}"


def _notes(key: Key) -> list[str]:
    exempt = [f"exempt by {key.exempt.partition(':')[0]}"] if key.exempt else []
    return [*(["drill key"] if key.is_drills else []), *exempt]


def _show_verdict(sweeps: Sequence[Sweep], out: Console, *, acted: bool, closed: int) -> None:
    pending = list(keys_in_danger(sweeps))
    if pending:
        text = f"{_count(len(pending))} pending deletion{_of_drills(pending)}."
        out.print(escaped(f"✘ {text}", "bold red"))
        if not acted:
            out.print(marked("  → ", Text("`reprieve sweep --cancel` cancels the deletions.")))
    elif not all(each.is_healthy for each in sweeps):
        out.print("✘ Some keys could not be read or rescued.", style="bold red")
    elif not closed:
        out.print("✔ No key is pending deletion, except exempt ones.", style="bold green")
    keys = [key for each in sweeps for key in each.keys]
    for state, (what, consequence) in _UNUSABLE.items():
        found = [key for key in keys if key.state == state]
        if found:
            rescued = sum(key.rescued for key in found)
            some = "all" if rescued == len(found) else f"{rescued} of them"
            them = "it" if len(found) == 1 else some
            by = f" Reprieve rescued {them}." if rescued else ""
            text = f"{_count(len(found))} {what}{_of_drills(found)}: {consequence}.{by}"
            out.print(marked("  ", escaped(text)))
            if state == DISABLED and rescued and not acted:
                out.print(marked("  → ", Text("`reprieve sweep --enable` enables them.")))
    if unknown := sum(key.state == UNKNOWN for key in keys):
        keys_of = counted(unknown, "key")
        out.print(marked("  ", escaped(f"The state of {keys_of} could not be read.")))


def _count(number: int) -> str:
    return counted(number, "key is", "keys are")


def _of_drills(keys: Sequence[Key]) -> str:
    """Return how many keys are a drill's, in brackets; empty if none is."""
    drills = sum(key.is_drills for key in keys)
    if not drills:
        return ""
    many = "a drill key" if len(keys) == 1 else f"{drills} drill key{'s' if drills > 1 else ''}"
    return f" ({many})"
