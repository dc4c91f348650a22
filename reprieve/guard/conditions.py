"""Exemptions that a runbook has to decide, in the form that its scripts get.

An event has no tags, and an event pattern no date: so the runbook starts, and leaves an exempt key
alone. See `runbooks.scripts.exemptions`.
"""

from collections.abc import Iterator
from typing import Any

from reprieve.names import TAG_NAMESPACES
from reprieve.settings.exemption import ExemptionSettings, tags_text
from reprieve.settings.schema import Settings


def conditions_of(settings: Settings) -> list[dict[str, Any]]:
    """Return the exemptions, in an order of their own: the order of the settings means nothing.

    Ended ones are among them. Leaving them out would make the plan depend on the day.
    """
    found = [_condition(each) for each in settings.exemption]
    if tags := settings.exempt.tags:
        found.append({"Tags": dict(sorted(tags.items())), "Text": tags_text(tags)})
    return sorted(found, key=lambda each: (str(each.get("Until", "")), str(each["Text"])))


def texts_of(settings: Settings) -> tuple[str, ...]:
    """Return what is exempt so, and until when, for people."""
    return tuple(str(each["Text"]) for each in conditions_of(settings))


def depends_on_tags(settings: Settings) -> bool:
    """Return whether a key's tags decide if its deletion is exempt.

    Deployers are exempt for one key only, which has a tag.
    """
    exempt = settings.exempt
    return bool(exempt.tags or exempt.deployers or any(each.tags for each in settings.exemption))


def exempting_tags(settings: Settings) -> tuple[str, ...]:
    """Return the keys of the tags that exempt KMS keys, without Reprieve's own namespace."""
    keys = {key for each in settings.exemption for key in each.tags} | {*settings.exempt.tags}
    return tuple(sorted(key for key in keys if not key.startswith(TAG_NAMESPACES)))


def called_by(principal: str) -> str:
    """Return the ARN of a principal in the form of the runbooks' parameter CalledBy."""
    kind = "AssumedRole" if ":role/" in principal else "IAMUser"
    return f"{kind}:{principal.split(':')[4]}:{principal.rpartition('/')[2]}"


def _condition(exemption: ExemptionSettings) -> dict[str, Any]:
    return dict(_fields(exemption))


def _fields(exemption: ExemptionSettings) -> Iterator[tuple[str, Any]]:
    if exemption.principal:
        yield "Caller", called_by(exemption.principal)
    if exemption.key:
        yield "Key", exemption.key
    if exemption.tags:
        yield "Tags", dict(sorted(exemption.tags.items()))
    yield "Until", str(exemption.until)
    yield "Text", exemption.text
