"""Checks whether a change of the stack sets weakens protection in the accounts of an organization.

A plan shows no resource of these accounts. What the stack sets change there is in their templates.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from reprieve.diff.check import CheckResult, first
from reprieve.diff.differences import parsed
from reprieve.diff.plan import Change
from reprieve.text import counted

_SHOWN: Final = 5
"""How many resources a sentence names."""


def deployment(change: Change, before: Any, after: Any) -> CheckResult:
    """Compare what happens to an account that joins or leaves its organizational unit."""
    was, now = first(before), first(after)
    if was.get("enabled") and not now.get("enabled"):
        yield "members-lost", "accounts that join the organizational units get no guard"
    retained = "retain_stacks_on_account_removal"
    if was.get(retained) and not now.get(retained):
        yield "members-lost", "an account that leaves its organizational unit loses its guard"


def retention(change: Change, before: Any, after: Any) -> CheckResult:
    """Compare what happens when the unit or the Region leaves the settings."""
    if before is True and after is False:
        yield "members-lost", "when it is removed, the accounts lose their guard"


def excluded(change: Change, before: Any, after: Any) -> CheckResult:
    """Compare the accounts that get no guard."""
    was, now = (parsed(each) for each in (before, after))
    if not isinstance(was, list) or not isinstance(now, list):
        return
    if more := [str(each) for each in now if each not in was]:
        yield "members-lost", f"excludes {', '.join(more)}: the stack sets give it no guard"


def template(change: Change, before: Any, after: Any) -> CheckResult:
    """Compare the resources of a template. Those of an account's own plan are compared in full."""
    was, now = (_resources(each) for each in (before, after))
    if was is None or now is None:
        yield "not-known", "the templates cannot be compared"
        return
    if gone := [_named(id, was[id]) for id in was if id not in now]:
        yield "gone", f"the accounts lose {_listed(gone)}"
    if changed := [_named(id, was[id]) for id in was if id in now and was[id] != now[id]]:
        yield (
            "not-known",
            f"the accounts get another {_listed(changed)}: the plan of the hub's account shows how "
            "it changes",
        )


def _resources(text: Any) -> Mapping[str, Any] | None:
    content = parsed(text)
    found = content.get("Resources") if isinstance(content, dict) else None
    return found if isinstance(found, dict) else None


def _named(id: str, resource: Any) -> str:
    """Return a resource as its kind and its name, or its logical id: `Rule reprieve-patrol`."""
    given = resource if isinstance(resource, dict) else {}
    properties = given.get("Properties")
    names = (
        value
        for key, value in (properties if isinstance(properties, dict) else {}).items()
        if key.endswith("Name") and isinstance(value, str)
    )
    return f"{str(given.get('Type')).rpartition('::')[2]} {next(names, id)}"


def _listed(names: Iterable[str]) -> str:
    every = list(names)
    others = len(every) - _SHOWN
    shown = ", ".join(every[:_SHOWN])
    return f"{shown} and {counted(others, 'other')}" if others > 0 else shown
