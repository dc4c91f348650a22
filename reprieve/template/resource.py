"""A resource of a template, and what its properties are made of."""

import hashlib
import re
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Reference:
    """A reference to another resource of the template: what Ref returns, or an attribute."""

    id: str
    attribute: str | None = None

    @property
    def value(self) -> dict[str, Any]:
        """The function."""
        if self.attribute:
            return {"Fn::GetAtt": [self.id, self.attribute]}
        return {"Ref": self.id}


@dataclass(frozen=True)
class Either:
    """A reference to a resource of the template where a condition is true, and a text elsewhere."""

    condition: str
    then: Reference
    otherwise: str


@dataclass(frozen=True)
class Resource:
    """A resource of a template in one Region.

    Texts in `properties` name other resources by their ARNs, which CloudFormation does not read as
    a dependency: `depends_on` has the logical ids of those that have to be there before.
    `condition` has to be true besides what the Region requires.
    """

    type: str
    properties: dict[str, Any]
    depends_on: tuple[str, ...] = ()
    deletion_policy: str | None = None
    condition: str | None = None


def tag_list(tags: dict[str, str]) -> list[dict[str, str]]:
    """Return tags as properties have them, in one order."""
    return [{"Key": key, "Value": value} for key, value in sorted(tags.items())]


def given(**properties: Any) -> dict[str, Any]:
    """Return the properties that have a value."""
    return {name: value for name, value in properties.items() if value is not None}


def logical_id(id: str, kind: str = "") -> str:
    """Return a logical id, of letters and digits: `KeyDeletionScheduledRule`."""
    words = re.split(r"[^A-Za-z0-9]+", f"{id}-{kind}")
    joined = "".join(word[:1].upper() + word[1:] for word in words)
    # `a-1` and `a1` would have the same one.
    return joined + (short_hash(id) if re.search(r"[^A-Za-z0-9]\d", id) else "")


def short_hash(text: str) -> str:
    """Return eight hexadecimal digits for what cannot be part of a logical id."""
    return hashlib.sha256(text.encode()).hexdigest()[:8]
