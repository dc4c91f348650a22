"""What differs between two versions of a resource, path by path.

JSON in texts (policies, event patterns, runbooks) is compared as JSON, and a text of several lines
line by line.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from reprieve.diff.plan import UNKNOWN, Change, Sensitive, Unknown, is_too_deep

# What identifies the items of a list: statements, steps of a runbook, metric queries, blocks.
_KEYS = ("Sid", "id", "name", "target_id")
_ROOM = 160
_CONTEXT = 24


class Absent:
    """Stands for a missing value."""


ABSENT = Absent()


@dataclass(frozen=True)
class Difference:
    """One difference. `before` or `after` is ABSENT where there is no value."""

    path: str
    before: Any
    after: Any


def differences(change: Change) -> tuple[Difference, ...]:
    """Return what an update or a replacement changes.

    Leaves out attributes that the configuration does not set, if they are only known after the
    apply or only change because the resource is created again.
    """
    if change.before is None or change.after is None:
        return ()
    found = []
    for each in between(change.before, change.after):
        name = attribute_of(each)
        unset = change.configured is not None and name not in change.configured
        because = name in {path.split(".")[0] for path in change.replace_because}
        is_new = change.is_replacement or each.after is UNKNOWN
        if not (unset and is_new and not because):
            found.append(each)
    return tuple(found)


def attribute_of(difference: Difference) -> str:
    """Return the name of the attribute that a difference is in."""
    return re.split(r"[.\[]", difference.path, maxsplit=1)[0].removesuffix(" (order)")


def between(before: Any, after: Any) -> tuple[Difference, ...]:
    """Return what differs between two values. None, "", [] and {} count as equal."""
    return tuple(_between(before, after, ""))


def parsed(value: Any) -> Any:
    """Return the object or array that a JSON text contains; any other value as it is.

    A text that is nested too deeply also stays text.
    """
    if isinstance(value, str) and value.lstrip()[:1] in ("{", "["):
        try:
            found = json.loads(value)
        except (ValueError, RecursionError):
            return value
        return value if is_too_deep(found) else found
    return value


def is_empty(value: Any) -> bool:
    """Whether a value is empty. Terraform and AWS write an empty value in several ways."""
    return value is ABSENT or value is None or value in ("", [], {})


def _between(before: Any, after: Any, path: str) -> Iterator[Difference]:
    before, after = parsed(before), parsed(after)
    if is_empty(before) and is_empty(after):
        return
    if isinstance(before, dict) and isinstance(after, dict):
        for name in dict.fromkeys([*before, *after]):
            yield from _between(
                before.get(name, ABSENT), after.get(name, ABSENT), f"{path}.{name}".lstrip(".")
            )
    elif isinstance(before, list) and isinstance(after, list):
        yield from _lists(before, after, path)
    elif isinstance(before, str) and isinstance(after, str) and "\n" in before + after:
        yield from _items(before.split("\n"), after.split("\n"), path, singly=True)
    elif not _equal(before, after) and not _is_unset_period(path, before, after):
        yield Difference(path, before, after)


def _is_unset_period(path: str, before: Any, after: Any) -> bool:
    """Whether it is the period of a metric query that has none: the provider stores 0."""
    return path.endswith("].period") and {before, after} == {0, None}


def _lists(before: list[Any], after: list[Any], path: str) -> Iterator[Difference]:
    for key in _KEYS:
        old, new = _keyed(before, key), _keyed(after, key)
        if old is not None and new is not None:
            for name in dict.fromkeys([*old, *new]):
                yield from _between(old.get(name, ABSENT), new.get(name, ABSENT), f"{path}[{name}]")
            return
    if len(before) == len(after) == 1:
        yield from _between(before[0], after[0], path)
        return
    if any(isinstance(each, dict) and len(each) > 1 for each in [*before, *after]):
        for index in range(max(len(before), len(after))):
            yield from _between(_item(before, index), _item(after, index), f"{path}[{index}]")
        return
    yield from _items(before, after, path, singly=False)


def _items(before: list[Any], after: list[Any], path: str, *, singly: bool) -> Iterator[Difference]:
    """Yield the removed and the added items: `singly`, or as one difference each."""
    removed, added = list(before), list[Any]()
    for each in after:
        found = next((i for i, old in enumerate(removed) if _equal(old, each)), None)
        if found is None:
            added.append(each)
        else:
            del removed[found]
    if not removed and not added and not _equal(before, after):
        yield Difference(f"{path} (order)", before, after)
    elif len(removed) == len(added) == 1:
        yield Difference(path, removed[0], added[0])
    elif singly:
        yield from (Difference(path, each, ABSENT) for each in removed)
        yield from (Difference(path, ABSENT, each) for each in added)
    else:
        if removed:
            yield Difference(path, removed if len(removed) > 1 else removed[0], ABSENT)
        if added:
            yield Difference(path, ABSENT, added if len(added) > 1 else added[0])


def _keyed(items: list[Any], key: str) -> dict[str, Any] | None:
    """Return a list by a field of its items, if each item has its own value of it."""
    if not all(isinstance(each, dict) and isinstance(each.get(key), str) for each in items):
        return None
    found = {each[key]: each for each in items}
    return found if len(found) == len(items) else None


def _item(items: list[Any], index: int) -> Any:
    return items[index] if index < len(items) else ABSENT


def _equal(one: Any, other: Any) -> bool:
    """Whether two values are equal in JSON, where true is not 1."""
    if isinstance(one, bool) != isinstance(other, bool):
        return False
    return bool(one == other) and not isinstance(one, Unknown)


def shown(difference: Difference) -> str:
    """Return a difference in one line: `path: before → after`."""
    before, after = difference.before, difference.after
    if before is ABSENT:
        return f"{difference.path}: + {_text(after)}"
    if after is ABSENT:
        return f"{difference.path}: - {_text(before)}"
    if isinstance(before, str) and isinstance(after, str):
        before, after = _without_common_text(before, after)
    return f"{difference.path}: {_text(before)} → {_text(after)}"


def _without_common_text(before: str, after: str) -> tuple[str, str]:
    """Cut what two long texts have in common, except a little context."""
    if max(len(before), len(after)) <= _ROOM // 2:
        return before, after
    start = 0
    while start < min(len(before), len(after)) and before[start] == after[start]:
        start += 1
    end = 0
    while end < min(len(before), len(after)) - start and before[-1 - end] == after[-1 - end]:
        end += 1
    head, tail = max(0, start - _CONTEXT), max(0, end - _CONTEXT)

    def cut(text: str) -> str:
        middle = text[head : len(text) - tail]
        return f"{'…' if head else ''}{middle}{'…' if tail else ''}"

    return cut(before), cut(after)


def _text(value: Any) -> str:
    if isinstance(value, Unknown):
        return "(known after apply)"
    if isinstance(value, Sensitive):
        return "(sensitive)"
    if is_empty(value):
        return "nothing"
    text = value if isinstance(value, str) else json.dumps(plain(value), ensure_ascii=False)
    return text if len(text) <= _ROOM else f"{text[: _ROOM - 1]}…"


def plain(value: Any) -> Any:
    """Return a value as JSON, with a text in place of each unknown or sensitive value."""
    if isinstance(value, Unknown):
        return "(known after apply)"
    if isinstance(value, Sensitive):
        return "(sensitive)"
    if isinstance(value, dict):
        return {name: plain(each) for name, each in value.items()}
    if isinstance(value, list):
        return [plain(each) for each in value]
    return value
