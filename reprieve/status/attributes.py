"""A resource as flat attributes: what `reprieve status` compares."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import Any

from reprieve.status.json_compare import canonical


@dataclass(frozen=True)
class Json:
    """JSON whose differences are named by their paths, such as `detail.eventName`.

    In most of AWS's JSON the order of a list means nothing; where it does, it is `ordered`.
    """

    value: Any
    ordered: bool = False

    def form(self, value: Any) -> Any:
        """Return the form of JSON like this in which equal means equal."""
        return value if self.ordered else canonical(value)


@dataclass(frozen=True)
class PolicyJson:
    """A policy, whose differences are named by its statements. Its `Id` means nothing."""

    value: Any

    @property
    def form(self) -> Any:
        """The policy in the form in which equal means equal."""
        if not isinstance(self.value, dict):
            return self.value
        return canonical({name: each for name, each in self.value.items() if name != "Id"})


Attributes = dict[str, Any]
"""By the name that a sentence uses: text, a number, None, `Json`, `PolicyJson`, or a tuple of texts
whose order means nothing. None stands for what is not set."""


def attributes_of(
    resource: Any, not_compared: Mapping[str, str], **convert: Callable[[Any], Any]
) -> Attributes:
    """Return every field of a dataclass as an attribute, but those in `not_compared`.

    `convert` has functions by the names of fields. A mapping that one returns replaces the
    field by its entries. A new field is compared, and differs until `deployed` knows it.
    """
    attributes: Attributes = {}
    for field in fields(resource):
        if field.name in not_compared:
            continue
        value = getattr(resource, field.name)
        value = convert[field.name](value) if field.name in convert else value
        if isinstance(value, dict):
            attributes |= value
        else:
            attributes[spoken(field.name)] = value
    return attributes


def spoken(name: str) -> str:
    """Return the name of a field as a sentence uses it: `role_arn` is `role ARN`."""
    return " ".join("ARN" if word == "arn" else word for word in name.split("_"))
