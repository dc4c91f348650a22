"""Translate pydantic's own errors into rules and hints."""

from collections.abc import Collection, Mapping
from typing import Final

from pydantic_core import ErrorDetails, InitErrorDetails

from reprieve import regions
from reprieve.settings.arns import AWS_MANAGED_KEY
from reprieve.settings.errors import Place, shown
from reprieve.settings.hub import HUB_KEYS
from reprieve.settings.invalid import KIND, invalid_at, split_values
from reprieve.settings.sources import variable_of
from reprieve.settings.types import WATCH_WORDS
from reprieve.text import nearest

_HUB: Final = ("notify", "hub")

Tables = Mapping[str, Mapping[str, object]]
"""All settings: `{table: {key: …}}`, in the order of the file."""

# Rule and hint by pydantic's name of the error.
_TYPES: Final = {
    "missing": (
        "is required",
        'write emails = ["security@example.com"] under [notify], or set '
        f"{variable_of('notify', 'emails')}",
    ),
    "string_type": ("is not text", "write text in quotation marks"),
    "string_unicode": ("is not text in UTF-8", "type it again"),
    "int_type": ("is not a whole number", "write digits, without quotation marks"),
    "bool_type": ("is neither true nor false", "write true or false, without quotation marks"),
    "dict_type": ("is not a table", 'write it like tags = { Team = "security" }'),
    "model_type": ("is not a table", "write its keys below its name in brackets, as in [notify]"),
}


def translate(error: ErrorDetails, tables: Tables, lists: Collection[str]) -> InitErrorDetails:
    """Return an error of pydantic's with our rule and hint. `lists` names the lists of tables."""
    # After table and key only an index is part of the place: pydantic also adds the type it tried.
    nested = error["loc"][0] in lists or error["loc"][:2] == _HUB
    named = 3 if nested else 2
    place = tuple(
        part for depth, part in enumerate(error["loc"]) if depth < named or isinstance(part, int)
    )
    value, kind = error["input"], error["type"]
    if kind == KIND:
        rule, hint = error["ctx"]["rule"], error["ctx"]["hint"]
    elif kind == "literal_error" and place[1] == "encryption":
        rule = 'is not "none", "own" or a list of key ARNs'
        hint = 'write "own": Reprieve then creates a key in each watched Region'
        if isinstance(value, str) and "alias/aws/" in value:
            rule = AWS_MANAGED_KEY
    elif kind == "literal_error" and place[1] == "topology":
        rule, hint = 'is not "regional" or "hub"', 'write "hub" to send all alerts from one Region'
    elif kind == "literal_error":
        rule, hint = 'is not "default", "all" or a list of Regions', _meant_by_watch(value)
    elif kind == "extra_forbidden":
        rule, hint = "is not a setting", _where_it_belongs(place, tables)
    elif kind in ("tuple_type", "model_type") and place[0] in lists:
        rule, hint = (
            "is not a list of tables",
            f"write [[{place[0]}]] above its keys; regions.watch lists the Regions to watch",
        )
    elif kind == "tuple_type":
        rule, hint = "is not a list", _as_list(value)
    elif kind == "missing" and place[0] in lists:
        value, rule, hint = None, "is required", f"add it: each [[{place[0]}]] needs one"
    elif kind == "missing":
        value, (rule, hint) = None, _TYPES[kind]
    else:
        rule, hint = _TYPES.get(kind, (f"is invalid: {error['msg']}", "see docs/settings.md"))
    return invalid_at(place, value, rule, hint)


def _as_list(value: object) -> str:
    if isinstance(value, str) and not value.startswith("["):
        return f"write {shown(split_values(value) or ['…'])}"
    return 'write ["…", "…"]; in an environment variable, write …,…'


def _meant_by_watch(value: object) -> str:
    if isinstance(value, str) and len(named := split_values(value)) > 1:
        return f"write {shown(named)}"
    near = nearest(value, (*WATCH_WORDS, *regions.every_region())) if isinstance(value, str) else ""
    return f"write {shown(near if near in WATCH_WORDS else [near or 'eu-west-1'])}"


def _where_it_belongs(place: Place, tables: Tables) -> str:
    """Return the hint for an unknown key or table."""
    *above, name = (part for part in place if isinstance(part, str))
    owners: dict[str, list[str]] = {}
    for table, keys in tables.items():
        for key in keys:
            owners.setdefault(key, []).append(f"[{table}]")
    if name in owners and tuple(above) != _HUB:
        return f"it belongs to the table {' or '.join(owners[name])}"
    if above:
        known = HUB_KEYS if tuple(above) == _HUB else tuple(tables[above[0]])
        near = nearest(name, known)
        return f"did you mean {near}?" if near else f"[{'.'.join(above)}] has {', '.join(known)}"
    near = nearest(name, (*tables, *owners))
    if near in owners:
        return f"did you mean {near} in the table {' or '.join(owners[near])}?"
    if near:
        return f"did you mean the table [{near}]?"
    return f"the tables are {', '.join(f'[{table}]' for table in tables)}"
