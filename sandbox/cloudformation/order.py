"""The order in which a stack's resources are created: each after those that it needs.

Source: Template Reference, "DependsOn attribute": Ref, Fn::GetAtt and Fn::Sub imply a dependency.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sandbox.cloudformation.functions import references
from sandbox.core.errors import AwsError


def sort(resources: Mapping[str, Any]) -> list[str]:
    """Return the logical ids of resources in their order. Other resources do not count.

    Raises:
        AwsError: Resources need each other (ValidationError).
    """
    needs = {name: _needs(resource) & resources.keys() for name, resource in resources.items()}
    done: dict[str, None] = {}
    while len(done) < len(needs):
        ready = [name for name in needs if name not in done and needs[name] <= done.keys()]
        if not ready:
            circle = ", ".join(sorted(needs.keys() - done.keys()))
            raise AwsError("ValidationError", f"Circular dependency between resources: [{circle}]")
        done |= dict.fromkeys(ready)
    return list(done)


def depends_on(resource: Mapping[str, Any]) -> list[str]:
    """Return the logical ids of a resource's DependsOn."""
    given = resource.get("DependsOn") or []
    return [given] if isinstance(given, str) else list(given)


def _needs(resource: Mapping[str, Any]) -> set[str]:
    found = set(depends_on(resource))
    for reference in references(resource.get("Properties") or {}):
        if reference.kind == "ref":
            found.add(reference.name)
        elif reference.kind == "attribute":
            found.add(reference.name.partition(".")[0])
    return found
