"""The small part of JSONPath that EventBridge and Systems Manager runbooks use here."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

# Means that a path has no value, which is different from null.
MISSING: Any = object()

_PATH = re.compile(r"\$(\.[A-Za-z0-9_\-/]+|\[\d+\]|\.\*|\[\*\])*")
_STEP = re.compile(r"\.([A-Za-z0-9_\-/]+)|\[(\d+)\]")


def is_path(text: str) -> bool:
    """Tell whether a text is a path: `$`, then names after dots, array indices or wildcards."""
    return _PATH.fullmatch(text) is not None


def has_wildcard(path: str) -> bool:
    """Tell whether a path has wildcards, which `value_at` does not support."""
    return "*" in path


def value_at(path: str, document: Any) -> Any:
    """Return the value at a path without wildcards, or MISSING."""
    value = document
    for name, index in _STEP.findall(path):
        if name and isinstance(value, Mapping) and name in value:
            value = value[name]
        elif index and isinstance(value, list) and int(index) < len(value):
            value = value[int(index)]
        else:
            return MISSING
    return value
