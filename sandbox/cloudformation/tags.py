"""Tags, as templates and the API have them: a list of keys and values."""

from __future__ import annotations

from typing import Any

Json = dict[str, Any]


def by_key(tags: list[Json] | None) -> dict[str, str]:
    """Return the values of tags by their key."""
    return {tag["Key"]: tag["Value"] for tag in tags or []}


def listed(tags: dict[str, str]) -> list[Json]:
    """Return the list of tags."""
    return [{"Key": key, "Value": value} for key, value in tags.items()]
