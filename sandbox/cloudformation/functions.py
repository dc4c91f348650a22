"""The intrinsic functions and pseudo parameters of templates.

Source: CloudFormation Template Reference, "Intrinsic function reference" and "Pseudo parameters".
Any other function is refused by its name.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from sandbox.core.errors import AwsError, SandboxCannot

PSEUDO_PARAMETERS: Final = frozenset(
    f"AWS::{name}"
    for name in (
        "AccountId", "NoValue", "Partition", "Region", "StackId", "StackName", "URLSuffix",
    )
)  # fmt: skip
_NO_VALUE: Final = object()
# ${Name}, ${Name.Attribute} and ${!Literal}. CloudFormation allows spaces around the name.
_VARIABLE: Final = re.compile(r"\$\{\s*(!?)\s*([^{}]*?)\s*\}")
_LONG: Final = {
    "Fn::And", "Fn::Equals", "Fn::FindInMap", "Fn::GetAtt", "Fn::If", "Fn::Join", "Fn::Not",
    "Fn::Or", "Fn::Select", "Fn::Split", "Fn::Sub",
}  # fmt: skip


@dataclass(frozen=True)
class Reference:
    """Something that a function names. An attribute is `LogicalId.Attribute`."""

    kind: Literal["ref", "attribute", "condition", "mapping"]
    name: str


def _failure(message: str) -> AwsError:
    return AwsError("ValidationError", f"Template error: {message}")


def function_of(value: Any) -> tuple[str, Any] | None:
    """Return the name and the argument of a function, or None for any other value.

    Raises:
        SandboxCannot: It is a function that the sandbox does not have.
    """
    if not isinstance(value, Mapping) or len(value) != 1:
        return None
    ((name, argument),) = value.items()
    if name == "Ref" or name in _LONG:
        return str(name), argument
    if name == "Condition" and isinstance(argument, str):
        return str(name), argument
    if str(name).startswith("Fn::"):
        raise SandboxCannot(f"the function {name}")
    return None


def references(value: Any) -> Iterator[Reference]:
    """Yield everything that the functions in a value name, however deep they are."""
    found = function_of(value)
    if found is None:
        inner = value.values() if isinstance(value, Mapping) else value
        if isinstance(value, Mapping | list):
            for item in inner:
                yield from references(item)
        return
    name, argument = found
    if name == "Ref":
        yield Reference("ref", str(argument))
    elif name == "Condition":
        yield Reference("condition", argument)
    elif name == "Fn::GetAtt":
        yield Reference("attribute", _attribute_name(argument))
    elif name == "Fn::Sub":
        text, values = _sub_parts(argument)
        for variable in sorted(_variables(text) - set(values)):
            kind: Literal["ref", "attribute"] = "attribute" if "." in variable else "ref"
            yield Reference(kind, variable)
        yield from references(list(values.values()))
    else:
        if name == "Fn::If":
            yield Reference("condition", str(_list_of(name, argument, 3)[0]))
        if name == "Fn::FindInMap" and isinstance(_list_of(name, argument, 3)[0], str):
            yield Reference("mapping", argument[0])
        yield from references(list(argument))


def _list_of(name: str, argument: Any, length: int) -> list[Any]:
    if not isinstance(argument, list) or len(argument) != length:
        raise _failure(f"{name} requires a list of {length} arguments")
    return argument


def _attribute_name(argument: Any) -> str:
    parts = argument if isinstance(argument, list) else str(argument).split(".", 1)
    if len(parts) != 2 or not all(isinstance(part, str) for part in parts):
        raise _failure("Fn::GetAtt requires a logical id and the name of an attribute")
    return ".".join(parts)


def _sub_parts(argument: Any) -> tuple[str, Mapping[str, Any]]:
    if isinstance(argument, str):
        return argument, {}
    text, values = _list_of("Fn::Sub", argument, 2)
    if not isinstance(text, str) or not isinstance(values, Mapping):
        raise _failure("Fn::Sub requires a text, or a text and a map of variables")
    return text, values


def _variables(text: str) -> set[str]:
    return {match[2] for match in _VARIABLE.finditer(text) if not match[1]}


@dataclass(frozen=True)
class Scope:
    """The values that functions refer to.

    `values` are those of parameters and pseudo parameters. `ref` and `attribute` return the
    value of a resource, and raise AwsError if the stack has no such resource.
    """

    values: Mapping[str, Any]
    mappings: Mapping[str, Any]
    conditions: Mapping[str, Any]
    ref: Callable[[str], Any]
    attribute: Callable[[str, str], Any]

    def holds(self, name: str) -> bool:
        """Tell whether a condition is true. Raise AwsError if it needs itself."""
        if name not in self.conditions:
            raise _failure(f"unresolved condition {name}")
        try:
            return bool(self.value(self.conditions[name]))
        except RecursionError:
            raise _failure(f"circular condition dependency: {name}") from None

    def resolved(self, value: Any) -> Any:
        """Return a value with all its functions replaced by their results.

        Members of lists and maps whose result is AWS::NoValue are left out.
        """
        result = self.value(value)
        return None if result is _NO_VALUE else result

    def value(self, value: Any) -> Any:
        """Return the same as `resolved`, with a mark for AWS::NoValue."""
        found = function_of(value)
        if found is not None:
            return self._call(*found)
        if isinstance(value, Mapping):
            pairs = ((name, self.value(item)) for name, item in value.items())
            return {name: item for name, item in pairs if item is not _NO_VALUE}
        if isinstance(value, list):
            return [item for item in map(self.value, value) if item is not _NO_VALUE]
        return value

    def _call(self, name: str, argument: Any) -> Any:
        if name == "Ref":
            return self._ref(str(argument))
        if name == "Condition":
            return self.holds(argument)
        if name == "Fn::GetAtt":
            resource, _, attribute = _attribute_name(argument).partition(".")
            return self.attribute(resource, attribute)
        if name == "Fn::Sub":
            return self._sub(argument)
        if name == "Fn::If":
            condition, yes, no = _list_of(name, argument, 3)
            return self.value(yes if self.holds(str(condition)) else no)
        if name == "Fn::FindInMap":
            return self._find(_list_of(name, argument, 3))
        return _PLAIN[name](self.value(argument))

    def _ref(self, name: str) -> Any:
        if name == "AWS::NoValue":
            return _NO_VALUE
        return self.values[name] if name in self.values else self.ref(name)

    def _sub(self, argument: Any) -> str:
        text, values = _sub_parts(argument)

        def replacement(match: re.Match[str]) -> str:
            literal, name = match[1], match[2]
            if literal:
                return f"${{{name}}}"
            if name in values:
                return _text(self.value(values[name]))
            if "." in name:
                return _text(self.attribute(*name.split(".", 1)))
            return _text(self._ref(name))

        return _VARIABLE.sub(replacement, text)

    def _find(self, argument: list[Any]) -> Any:
        found: Any = self.mappings
        keys = [_text(self.value(each)) for each in argument]
        for key in keys:
            if key not in found:
                raise _failure(f"Unable to get mapping for {'::'.join(keys)}: there is no {key!r}")
            found = found[key]
        return found


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Mapping | list) or value is _NO_VALUE:
        raise _failure(f"a text is required, not {value!r}")
    return str(value)


def _join(argument: Any) -> str:
    delimiter, items = _list_of("Fn::Join", argument, 2)
    if not isinstance(items, list):
        raise _failure("Fn::Join requires a list of texts")
    return _text(delimiter).join(map(_text, items))


def _select(argument: Any) -> Any:
    index, items = _list_of("Fn::Select", argument, 2)
    if not str(index).isdigit() or int(index) >= len(items):
        raise _failure(f"Fn::Select cannot select nonexistent value at index {index}")
    return items[int(index)]


def _split(argument: Any) -> list[str]:
    delimiter, text = _list_of("Fn::Split", argument, 2)
    return _text(text).split(_text(delimiter))


def _equals(argument: Any) -> bool:
    one, other = _list_of("Fn::Equals", argument, 2)
    plain = isinstance(one, Mapping | list) or isinstance(other, Mapping | list)
    return bool(one == other) if plain else _text(one) == _text(other)


def _operands(name: str, argument: Any, least: int, most: int) -> list[bool]:
    if not isinstance(argument, list) or not least <= len(argument) <= most:
        raise _failure(f"{name} requires {least} to {most} conditions")
    return [bool(each) for each in argument]


_PLAIN: Final[dict[str, Callable[[Any], Any]]] = {
    "Fn::And": lambda argument: all(_operands("Fn::And", argument, 2, 10)),
    "Fn::Equals": _equals,
    "Fn::Join": _join,
    "Fn::Not": lambda argument: not _operands("Fn::Not", argument, 1, 1)[0],
    "Fn::Or": lambda argument: any(_operands("Fn::Or", argument, 2, 10)),
    "Fn::Select": _select,
    "Fn::Split": _split,
}
