"""The watches whose alerts a hub sends, and the names of their rules."""

from collections.abc import Sequence
from itertools import count

from reprieve.guard.channels import CHANNELS
from reprieve.guard.topology import forwarding_settings
from reprieve.names import MAX_RULE
from reprieve.settings.schema import Settings, WatchSettings


def hub_watches(settings: Settings) -> dict[str, WatchSettings]:
    """Return the different watches of all accounts of a hub, by the ends of their rules' names."""
    every = [watch for each in forwarding_settings(settings) for watch in each.watch]
    watches = list(dict.fromkeys(every))
    # A rule of the channels may be beside each.
    suffixes = ["", CHANNELS] if settings.channel else [""]
    room = MAX_RULE - len(settings.resource_names.of(f"watch-{suffixes[-1]}"))
    names = _different([watch.name for watch in watches], room, suffixes)
    return dict(zip(names, watches, strict=True))


def _different(names: Sequence[str], room: int, suffixes: Sequence[str]) -> list[str]:
    """Return the names with a number where an earlier one is equal, cut to the characters of room.

    No number makes a name that another watch has, and none is another one with a suffix.
    """
    given, taken = set(names), set[str]()
    found = []
    for name in names:
        ends = ("" if number == 1 else f"-{number}" for number in count(1))
        candidates = (f"{name[: room - len(end)]}{end}" for end in ends)
        unique = next(
            each
            for each in candidates
            if taken.isdisjoint(each + suffix for suffix in suffixes)
            and (each == name or each not in given)
        )
        taken.update(unique + suffix for suffix in suffixes)
        found.append(unique)
    return found
