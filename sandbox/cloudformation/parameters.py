"""The values of a template's parameters.

Source: CloudFormation User Guide, "Parameters".
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from sandbox.core.errors import AwsError

MAX_VALUE: Final = 4_096
HIDDEN: Final = "****"
"""What the API shows of a parameter with NoEcho."""


def resolve(
    declared: Mapping[str, Any],
    given: list[dict[str, Any]],
    previous: Mapping[str, str] | None = None,
) -> dict[str, str]:
    """Return the text of each declared parameter: the given one, the previous one, the default.

    `given` is as the API has it. `previous` are the values of the stack that is updated.

    Raises:
        AwsError: A parameter is missing, unknown or has a value that it may not have
            (ValidationError).
    """
    if unknown := [each["ParameterKey"] for each in given if each["ParameterKey"] not in declared]:
        raise _error(f"Parameters: {unknown} do not exist in the template")
    values = {}
    texts = {each["ParameterKey"]: each for each in given}
    missing = []
    for name, parameter in declared.items():
        entry = texts.get(name, {})
        value = entry.get("ParameterValue")
        if entry.get("UsePreviousValue"):
            value = (previous or {}).get(name)
        if value is None and "Default" in parameter:
            value = _text(parameter["Default"])
        if value is None:
            missing.append(name)
            continue
        _check(name, parameter, value)
        values[name] = value
    if missing:
        raise _error(f"Parameters: [{', '.join(missing)}] must have values")
    return values


def listed(values: Iterable[tuple[str, str]]) -> list[dict[str, Any]]:
    """Return names and values as the API has them."""
    return [{"ParameterKey": name, "ParameterValue": value} for name, value in values]


def is_hidden(parameter: Mapping[str, Any]) -> bool:
    """Tell whether a declared parameter has NoEcho."""
    return str(parameter.get("NoEcho")).lower() == "true"


def typed(declared: Mapping[str, Any], values: Mapping[str, str]) -> dict[str, Any]:
    """Return what Ref returns for each parameter: a text, or a list of texts."""
    return {
        name: _items(value) if "List" in declared[name]["Type"] else value
        for name, value in values.items()
    }


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _items(value: str) -> list[str]:
    return [item.strip() for item in value.split(",")] if value else []


def _check(name: str, parameter: Mapping[str, Any], value: str) -> None:
    if len(value.encode()) > MAX_VALUE:
        raise _error(f"Parameter '{name}' has more than {MAX_VALUE} bytes")
    kind = parameter["Type"]
    items = _items(value) if "List" in kind else [value]
    if allowed := parameter.get("AllowedValues"):
        texts = [_text(each) for each in allowed]
        if not all(item in texts for item in items):
            raise _invalid(name, parameter, f"must be one of values [{', '.join(texts)}]")
    pattern = parameter.get("AllowedPattern")
    if pattern and not all(re.fullmatch(pattern, item) for item in items):
        raise _invalid(name, parameter, f"must match pattern {pattern}")
    if "Number" in kind:
        _check_numbers(name, parameter, items)
    else:
        length = len(value)
        if length < int(parameter.get("MinLength", 0)):
            raise _invalid(name, parameter, f"must contain at least {parameter['MinLength']}")
        if length > int(parameter.get("MaxLength", length)):
            raise _invalid(name, parameter, f"must contain at most {parameter['MaxLength']}")


def _check_numbers(name: str, parameter: Mapping[str, Any], items: list[str]) -> None:
    for item in items:
        try:
            number = float(item)
        except ValueError:
            raise _error(f"Parameter '{name}' must be a number") from None
        if not float(parameter.get("MinValue", number)) <= number:
            raise _invalid(name, parameter, f"must be at least {parameter['MinValue']}")
        if not number <= float(parameter.get("MaxValue", number)):
            raise _invalid(name, parameter, f"must be at most {parameter['MaxValue']}")


def _invalid(name: str, parameter: Mapping[str, Any], otherwise: str) -> AwsError:
    described = parameter.get("ConstraintDescription")
    if described:
        return _error(f"Parameter {name} failed to satisfy constraint: {described}")
    return _error(f"Parameter '{name}' {otherwise}")


def _error(message: str) -> AwsError:
    return AwsError("ValidationError", message)
