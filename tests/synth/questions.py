"""What the tests ask of a synthesised stack."""

from typing import Any

Stack = dict[str, Any]

EMAIL = {"REPRIEVE_NOTIFY__EMAILS": "security@example.com,oncall@example.com"}


def resources(stack: Stack) -> dict[str, dict[str, Any]]:
    """Return the stack's resources and data sources by address."""
    return {
        f"{type_}.{name}": body
        for kind in ("resource", "data")
        for type_, named in stack.get(kind, {}).items()
        for name, body in named.items()
    }


def of_type(stack: Stack, type_: str) -> list[dict[str, Any]]:
    """Return the bodies of all resources of a type."""
    return list(stack["resource"].get(type_, {}).values())
