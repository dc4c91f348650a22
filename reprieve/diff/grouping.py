"""Merges changes that are the same in many Regions."""

import json
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from reprieve.diff.differences import Difference, plain
from reprieve.diff.labels import plain_address, subject, value
from reprieve.diff.plan import ACCOUNT, UNKNOWN_PLACE, Change, Plan
from reprieve.diff.runbooks import comparable, differences_of, without_hash
from reprieve.regions import alias

REGION = "REGION"
"""Replaces the Region's code in a text about several Regions."""

# Ids that AWS generates, which differ between Regions: subscriptions, keys.
_ID = re.compile(r"\b(?:mrk-[0-9a-f]{32}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\b")
# What a forwarding rule names besides its own Region: that which it forwards to.
_CODE = re.compile(r"\b[a-z]{2,4}(?:-[a-z]+)+-\d\b")
# Every guard has these. A Region without them has no guard.
_GUARD = ("aws_cloudwatch_event_rule", "aws_sns_topic")

T = TypeVar("T")


@dataclass(frozen=True)
class Regions:
    """The Regions of a plan by what happens to their guards; each sorted."""

    staying: tuple[str, ...]
    joining: tuple[str, ...]
    leaving: tuple[str, ...]

    @property
    def all(self) -> tuple[str, ...]:
        """All of them."""
        return tuple(sorted({*self.staying, *self.joining, *self.leaving}))


@dataclass(frozen=True)
class Group:
    """Changes that differ only in their Regions.

    `text` names the resource; `lines` are its differences. `missing` are the
    Regions that stay as they are while most others get this; `deviates` says that most others
    get something else.
    """

    action: str
    text: str
    lines: tuple[Difference, ...]
    places: tuple[str, ...]
    members: tuple[Change, ...]
    missing: tuple[str, ...] = ()
    deviates: bool = False


@dataclass(frozen=True)
class Guards:
    """Regions whose whole guards are created or deleted; `kinds` counts resources by type."""

    action: str
    places: tuple[str, ...]
    kinds: dict[str, int]
    members: tuple[Change, ...]


def regions_of(plan: Plan) -> Regions:
    """Return the plan's Regions. One joins (leaves) if all its resources are created (deleted)."""
    by_place: dict[str, list[Change]] = defaultdict(list)
    for each in plan.resources:
        if each.place not in (ACCOUNT, UNKNOWN_PLACE):
            by_place[each.place].append(each)
    found: dict[str, list[str]] = defaultdict(list)
    for place, resources in sorted(by_place.items()):
        actions = {each.actions for each in resources}
        guarded = any(each.type in _GUARD for each in resources)
        if guarded and actions == {("create",)}:
            found["joining"].append(place)
        elif guarded and actions == {("delete",)}:
            found["leaving"].append(place)
        else:
            found["staying"].append(place)
    return Regions(tuple(found["staying"]), tuple(found["joining"]), tuple(found["leaving"]))


def guards(plan: Plan, places: Sequence[str], action: str) -> tuple[Guards, ...]:
    """Return the created, or deleted, guards; those with the same resources as one."""
    members = {
        place: tuple(each for each in plan.changes if each.place == place) for place in places
    }
    contents = {
        place: json.dumps(sorted((c.type, _signature(c)) for c in changes))
        for place, changes in members.items()
    }
    return tuple(
        Guards(
            action,
            tuple(same),
            dict(sorted(Counter(each.type for each in members[same[0]]).items())),
            tuple(change for place in same for change in members[place]),
        )
        for same in _by(places, contents.__getitem__)
    )


def grouped(changes: Iterable[Change], regions: Sequence[str]) -> tuple[Group, ...]:
    """Return changes grouped; `regions` are those in which most could be the same."""
    slots = _by(
        changes, lambda change: (change.type, _neutral(plain_address(change), change.place))
    )
    groups: list[Group] = []
    for slot in slots:
        parts = sorted(_by(slot, _signature), key=lambda part: -len({c.place for c in part}))
        main = {change.place for change in parts[0]}
        has_main = len(regions) > 2 and len(main & set(regions)) * 2 > len(regions)
        touched = {change.place for change in slot}
        for index, part in enumerate(parts):
            groups.append(
                _group(
                    part,
                    missing=tuple(r for r in regions if r not in touched)
                    if has_main and index == 0
                    else (),
                    deviates=has_main and index > 0,
                )
            )
    return tuple(groups)


def merge_regions(
    items: Iterable[T], text: Callable[[T], str], place: Callable[[T], str]
) -> tuple[tuple[str, tuple[T, ...]], ...]:
    """Merge sentences that differ only in their Regions; return each with its items."""
    return tuple(
        (_said([(text(each), place(each)) for each in same]), tuple(same))
        for same in _by(items, lambda each: neutral(text(each), place(each)))
    )


def neutral(text: str, place: str) -> str:
    """Return a text with the Region and the ids replaced, and no hash in a runbook's name."""
    return _ID.sub("ID", _neutral(without_hash(text), place))


def _neutral(text: str, place: str) -> str:
    if place in (ACCOUNT, UNKNOWN_PLACE):
        return text
    # Not within another word: a name may end with a Region's code.
    code = rf"(?<![A-Za-z0-9]){re.escape(place)}(?![0-9A-Za-z])"
    short = rf"(?<![A-Za-z0-9]){re.escape(alias(place))}(?![0-9A-Za-z])"
    return re.sub(short, REGION, re.sub(code, REGION, text))


def _said(texts: Sequence[tuple[str, str]]) -> str:
    """Return the text of one place as it is, that of several as neutral as necessary."""
    if len({place for _, place in texts}) == 1:
        return texts[0][0]
    regional = {_neutral(text, place) for text, place in texts}
    return regional.pop() if len(regional) == 1 else neutral(*texts[0])


def _group(part: Sequence[Change], *, missing: tuple[str, ...], deviates: bool) -> Group:
    lines = []
    for same in zip(*(differences_of(change) for change in part), strict=True):
        said = [
            _said([(_dump([d.path, d.before, d.after]), c.place)
                   for d, c in zip(same, part, strict=True)])
        ]  # fmt: skip
        path = json.loads(said[0])[0]
        lines.append(_restored(same[0], path, said[0]))
    return Group(
        action=action_of(part[0]),
        text=_said([(subject(change), change.place) for change in part]),
        lines=tuple(lines),
        places=tuple(sorted({change.place for change in part})),
        members=tuple(part),
        missing=missing,
        deviates=deviates,
    )


def _restored(original: Difference, path: str, said: str) -> Difference:
    """Return a difference with the neutral values; unknown and sensitive values stay."""
    _, before, after = json.loads(said)

    def value(neutral: Any, first: Any) -> Any:
        return neutral if _is_plain(first) else first

    return Difference(path, value(before, original.before), value(after, original.after))


def _is_plain(value: Any) -> bool:
    return value is None or isinstance(value, str | int | float | bool | dict | list)


def action_of(change: Change) -> str:
    """Return the action in one word: create, update, delete, replace, forget."""
    return "replace" if change.is_replacement else "-".join(change.actions)


def _signature(change: Change) -> str:
    """Return what makes two changes of two Regions the same."""
    values: Any = [[d.path, _dump(d.before), _dump(d.after)] for d in differences_of(change)]
    if change.before is None and change.after is not None:
        configured = change.configured if change.configured is not None else change.after.keys()
        values = {name: _dump(change.after.get(name)) for name in sorted(configured)}
        if change.type == "aws_ssm_document":
            values["content"] = comparable(change.after.get("content"))
    text = neutral(json.dumps([change.actions, subject(change), values]), change.place)
    return _CODE.sub(REGION, text) if _forwards(change) else text


def _forwards(change: Change) -> bool:
    """Whether it belongs to a rule that forwards events to another Region."""
    return str(value(change, "rule") or value(change, "name")).endswith("-forward")


def _dump(value: Any) -> str:
    return json.dumps(plain(value), default=lambda each: type(each).__name__, sort_keys=True)


def _by(items: Iterable[T], key: Callable[[T], Any]) -> list[list[T]]:
    """Group items by key, in the order of their first appearance."""
    found: dict[Any, list[T]] = {}
    for each in items:
        found.setdefault(key(each), []).append(each)
    return list(found.values())
