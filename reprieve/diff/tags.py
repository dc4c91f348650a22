"""Changes of tags alone, which a plan shows of every resource after an upgrade: one group.

The provider's `default_tags` are in `tags_all`; `tags` has what a resource sets itself.
"""

from collections.abc import Iterator, Sequence
from typing import Final

from reprieve.diff.differences import Difference, attribute_of, plain
from reprieve.diff.grouping import Group
from reprieve.diff.plan import Change
from reprieve.diff.runbooks import differences_of
from reprieve.text import counted

_TAGS: Final = ("tags", "tags_all")


def only_tags(change: Change) -> bool:
    """Whether a resource is changed in place, and only in its tags."""
    if change.actions != ("update",):
        return False
    found = differences_of(change)
    return bool(found) and all(attribute_of(each) in _TAGS for each in found)


def tags_group(changes: Sequence[Change]) -> Iterator[Group]:
    """Yield one group of all these changes, with each different line once; none without any."""
    if not changes:
        return
    lines: dict[str, Difference] = {}
    for change in changes:
        for each in differences_of(change):
            path = each.path.replace("tags_all", "tags", 1)
            line = Difference(path, each.before, each.after)
            lines.setdefault(str((path, plain(each.before), plain(each.after))), line)
    yield Group(
        action="update",
        text=f"only the tags of {counted(len(changes), 'resource')}",
        lines=tuple(lines.values()),
        places=tuple(sorted({each.place for each in changes})),
        members=tuple(changes),
    )
