"""Makes the type checks of the AWS bindings fast: every constructor checks all its arguments.

The type hints of a constructor are evaluated once. Whether a value passes depends only on its type
if it is a text, a number or an object of the bindings, or a list or mapping of such: the check of a
combination that has passed is not repeated. A value that does not pass gets the same error as ever.
"""

import functools
import sys
import types
import typing
from collections.abc import Callable

PLAIN: typing.Final = frozenset({type(None), bool, int, float, str})
"""The types of what JSON has beside lists and objects."""


def speed_up_checks(package: str) -> None:
    """Replace the checks of the package's loaded modules, and of no others."""
    for name, module in list(sys.modules.items()):
        check_type = getattr(module, "check_type", None)
        if not name.startswith(f"{package}.") or getattr(module, "typing", None) is not typing:
            continue
        if check_type:
            module.typing = _TYPING  # type: ignore[attr-defined]
            module.check_type = _once(check_type)  # type: ignore[attr-defined]


def _typing_with_cache() -> types.ModuleType:
    """Return a copy of the module `typing` that evaluates the hints of a function only once."""
    copy = types.ModuleType(typing.__name__)
    copy.__dict__.update(typing.__dict__)
    copy.__dict__["get_type_hints"] = functools.cache(typing.get_type_hints)
    return copy


_TYPING = _typing_with_cache()


def _once(check_type: Callable[..., object]) -> Callable[..., object]:
    """Return the check, which skips what it has accepted before."""
    # The hints are kept for ever by the cache above, so an id belongs to one hint only.
    accepted: set[tuple[int, typing.Any]] = set()

    def check(argname: str, value: object, expected_type: object) -> object:
        kind = _kind(value)
        if kind is None:
            return check_type(argname, value, expected_type)
        key = (id(expected_type), kind)
        if key not in accepted:
            check_type(argname, value, expected_type)
            accepted.add(key)
        return None

    return check


def _kind(value: object) -> typing.Any:
    """Return what decides whether a value passes; None if it is more than the types."""
    own: typing.Any = type(value)
    if _is_decided_by_type(own):
        return own
    if own is list:
        inner = frozenset(map(type, typing.cast("list[object]", value)))
        return (own, inner) if all(map(_is_decided_by_type, inner)) else None
    if own is dict:
        mapping = typing.cast("dict[object, object]", value)
        keys, values = frozenset(map(type, mapping)), frozenset(map(type, mapping.values()))
        decided = all(map(_is_decided_by_type, keys | values))
        return (own, keys, values) if decided else None
    return None


@functools.cache
def _is_decided_by_type(own: type) -> bool:
    return own in PLAIN or hasattr(own, "__jsii_type__")
