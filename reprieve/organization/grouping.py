"""Groups rows that need attention: a problem of a stack set, for one reason, in many accounts."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from reprieve.organization.result import Row, State

# What differs between two accounts in the text of the same reason.
_DIFFERENCES: Final = (
    (re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"), "ID"),
    (re.compile(r"(?<![0-9])[0-9]{12}(?![0-9])"), "ACCOUNT"),
)
_ORDER: Final = (
    State.FAILED,
    State.INOPERABLE,
    State.MISSING,
    None,
    State.OUTDATED,
    State.UNKNOWN,
    State.SKIPPED,
    State.UNEXPECTED,
    State.DRIFTED,
    State.IN_PROGRESS,
)


@dataclass(frozen=True)
class Group:
    """Rows with one problem. `first` stands for all, with a reason that fits all of them."""

    first: Row
    rows: tuple[Row, ...]

    @property
    def accounts(self) -> dict[str, str]:
        """The names of its accounts, by their ids."""
        return {row.account: row.name for row in self.rows}

    @property
    def regions(self) -> Counter[str]:
        """How many of its rows each Region has."""
        return Counter(row.region for row in self.rows if row.region)


def grouped(rows: Iterable[Row]) -> list[Group]:
    """Return the groups of the rows that are not healthy: the worst first, then the largest."""
    groups: dict[tuple[State | None, str, str, str, str], list[Row]] = {}
    for row in rows:
        if not row.is_healthy:
            key = (row.state, row.stack_set or "", row.problem, _general(row), row.hint)
            groups.setdefault(key, []).append(row)
    found = [
        Group(_first(each, reason), tuple(each)) for (_, _, _, reason, _), each in groups.items()
    ]
    return sorted(found, key=lambda each: (_ORDER.index(each.first.state), -len(each.rows)))


def _first(rows: Sequence[Row], general: str) -> Row:
    """Return the first row: with the exact reason, if it is that of all rows."""
    exact = {row.reason for row in rows}
    return rows[0] if len(exact) == 1 else replace(rows[0], reason=general)


def _general(row: Row) -> str:
    """Return the reason without what is of this account and Region only."""
    text = row.reason
    for pattern, word in _DIFFERENCES:
        text = pattern.sub(word, text)
    return text.replace(row.region, "REGION") if row.region else text
