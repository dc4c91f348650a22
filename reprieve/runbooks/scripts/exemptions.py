"""Exemptions that no event pattern can decide: those by a key's tags, and those that end."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from reprieve.runbooks.scripts.calls import Calls, is_temporary


def exemption_of(
    exemptions: list[dict[str, Any]],
    key: str,
    caller: str,
    at: datetime,
    tags: Callable[[], Mapping[str, str]],
) -> str:
    """Return the text of the exemption that covers a call on a key; an empty one if none does.

    An exemption has Text, and one of Caller, Key (an id or an ARN) and Tags, of which the key needs
    one. Until is the last day, in UTC, on which a call is exempt. `caller` has the form of the
    runbooks' parameter CalledBy; `tags` reads the key's tags.
    """
    for each in exemptions:
        if at.strftime("%Y-%m-%d") > each.get("Until", "9999"):
            continue
        if each.get("Caller") == caller or each.get("Key") in (key, key.rpartition("/")[2]):
            return str(each["Text"])
        wanted = each.get("Tags")
        if wanted and not wanted.items().isdisjoint(tags().items()):
            return str(each["Text"])
    return ""


def exemption_of_call(
    events: dict[str, Any], key: str, tags: Callable[[], Mapping[str, str]]
) -> str:
    """Return the text of the exemption that covers the call of a runbook's parameters, or none."""
    at = time_of(events["CalledAt"])
    return exemption_of(events["Exemptions"], key, events["CalledBy"], at, tags)


def time_of(called_at: str) -> datetime:
    """Return the time of a call, which is in UTC; now if the event had none."""
    return datetime.fromisoformat(called_at) if called_at else datetime.now(UTC)


def tags_of(calls: Calls, kms: Any, key: str) -> Callable[[], dict[str, str]]:
    """Return a function that returns a key's tags, which it reads once.

    A key whose tags cannot be read has none: a key that may be lost counts more than a deletion
    that somebody has to schedule again.
    """
    known: list[dict[str, str]] = []

    def read() -> dict[str, str]:
        if not known:
            found = {}
            try:
                for page in calls.pages(kms.list_resource_tags, "NextMarker", "Marker", KeyId=key):
                    found.update({tag["TagKey"]: tag["TagValue"] for tag in page["Tags"]})
            except Exception as error:
                if is_temporary(error):
                    raise
            known.append(found)
        return known[0]

    return read
