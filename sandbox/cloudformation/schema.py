"""The form of a resource's properties: which ones there are, and of which type.

A form is a text type (`STR` ...), a list with the form of its items, a dictionary with the forms of
its members, or `JSON` for a document of any form. CloudFormation converts between a text and a
number or a truth value, since a template may write `"60"` for 60.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, Final

from sandbox.cloudformation.functions import function_of
from sandbox.core.errors import AwsError, SandboxCannot

STR: Final = "String"
INT: Final = "Integer"
FLOAT: Final = "Double"
BOOL: Final = "Boolean"
JSON: Final = "Json"
STRINGS: Final = [STR]
STRING_MAP: Final = {"*": STR}
TAGS: Final = [{"Key": STR, "Value": STR}]

Form = str | list[Any] | dict[str, Any]


def check(form: Form, value: Any, where: str) -> None:
    """Refuse members that a form does not have, in a value that may still have functions.

    Raises:
        SandboxCannot: A member is not in the form. AWS may have it.
    """
    if form == JSON or not isinstance(value, Mapping | list):
        return
    found = function_of(value)
    if found is not None:
        if found[0] == "Fn::If":
            for branch in found[1][1:]:
                check(form, branch, where)
        return
    if isinstance(form, list) and isinstance(value, list):
        for item in value:
            check(form[0], item, where)
    elif isinstance(form, dict) and isinstance(value, Mapping):
        for name, item in value.items():
            if name not in form and "*" not in form:
                raise SandboxCannot(f"the property {name} of {where}")
            check(form.get(name) or form.get("*") or JSON, item, f"{where}.{name}")


def typed(form: Form, value: Any, where: str) -> Any:
    """Return a value without functions, with the types of a form.

    Raises:
        AwsError: The value has another type (ValidationError).
    """
    if form == JSON:
        return value
    if isinstance(form, list):
        if not isinstance(value, list):
            raise _failure(where, "a list")
        return [typed(form[0], item, where) for item in value]
    if isinstance(form, dict):
        if not isinstance(value, Mapping):
            raise _failure(where, "an object")
        return {
            name: typed(form.get(name) or form.get("*") or JSON, item, f"{where}.{name}")
            for name, item in value.items()
        }
    if isinstance(value, Mapping | list):
        raise _failure(where, f"a value of type {form}")
    text = str(value).lower() if isinstance(value, bool) else str(value)
    try:
        return _CONVERSIONS[form](text)
    except (KeyError, ValueError):
        raise _failure(where, f"a value of type {form}") from None


_CONVERSIONS: Final[dict[str, Callable[[str], Any]]] = {
    STR: str,
    INT: int,
    FLOAT: float,
    BOOL: {"true": True, "false": False}.__getitem__,
}


def _failure(where: str, wanted: str) -> AwsError:
    return AwsError("ValidationError", f"Value of property {where} must be {wanted}")


def document(value: Any) -> str:
    """Return a JSON document as the text that an API takes. A text stays as it is."""
    return value if isinstance(value, str) else json.dumps(value, separators=(",", ":"))
