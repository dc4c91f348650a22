"""What CDK Terrain writes in another way than CDKTF: two values, and no other."""

import copy
from typing import Any

VERSION = "0.21.0"
"""CDKTF's last."""


def as_cdktf(stack: dict[str, Any]) -> dict[str, Any]:
    """Return a stack that CDK Terrain synthesised as CDKTF synthesises it.

    `hashicorp/aws` is the full name of the provider `aws`. The CDK's version is only a comment.
    """
    same = copy.deepcopy(stack)
    aws = same["terraform"]["required_providers"]["aws"]
    if aws["source"] == "hashicorp/aws":
        aws["source"] = "aws"
    if "//" in same:
        same["//"]["metadata"]["version"] = VERSION
    return same


def differences(first: Any, second: Any, place: str = "") -> dict[str, tuple[Any, Any]]:
    """Return the values that differ, by their places: `{"terraform.backend": (one, other)}`."""
    if isinstance(first, dict) and isinstance(second, dict):
        found: dict[str, tuple[Any, Any]] = {}
        for key in first.keys() | second.keys():
            inner = f"{place}.{key}" if place else key
            found |= differences(first.get(key), second.get(key), inner)
        return found
    return {} if first == second else {place: (first, second)}
