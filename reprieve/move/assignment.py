"""Which resource belongs to which state.

A state is Terraform's own format, version 4: `{"version", "serial", "lineage", "outputs",
"resources"}`; it is empty where there is none. The logical ids do not contain the stack's name, so
a resource has the same address in every layout.
"""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from reprieve.errors import ReprieveError
from reprieve.settings.split import MARKER_TYPE, Marker, is_marker, marker_of

Json = dict[str, Any]
State = Json
Configuration = Json

_TERRAFORM: Final = 'provider["terraform.io/builtin/terraform"]'
_NAMED: Final = 3
"""How many addresses a sentence has."""


class MoveError(ReprieveError):
    """The states cannot be moved as they are. Nothing was changed."""


@dataclass(frozen=True)
class Move:
    """What a stack's state contains now, and what it will contain."""

    stack: str
    before: State
    after: State

    @property
    def changes(self) -> bool:
        """Whether the state changes."""
        return contents(self.before) != contents(self.after)

    @property
    def counts(self) -> tuple[int, int]:
        """How many resources it contains, and will contain: without data sources."""
        return len(managed(self.before)), len(managed(self.after))

    @property
    def enlarged(self) -> State:
        """The state with what it gains, before it loses anything."""
        kept = managed(self.after)
        lost = [each for address, each in managed(self.before).items() if address not in kept]
        outputs = {**_outputs(self.before), **self.after["outputs"]}
        resources = [*self.after["resources"], *lost]
        return {**self.after, "outputs": outputs, "resources": resources}


def moves_of(
    states: Mapping[str, State], stacks: Mapping[str, Configuration], split: str
) -> list[Move]:
    """Return the move of each state of an account, first those that the new layout has.

    Args:
        states: The states of all stacks of both layouts, by the stack's name.
        stacks: The synthesised stacks of the new layout, by name, the base stack first.
        split: The new `state.split`.

    Raises:
        MoveError: The states and the stacks do not have the same resources.
    """
    found = {
        address: resource
        for address, resource in _all(states).items()
        if not is_marker(resource["type"], resource["name"])
    }
    if not found:
        raise MoveError(
            "No state contains anything: there is nothing to move.",
            "Check [state], the credentials and --from. A first deployment needs no move.",
        )
    if marker := marker_of(split):
        found[marker.address] = _marker_entry(marker, states)
    wanted = {name: _addresses(stack) for name, stack in stacks.items()}
    owner = {address: name for name, addresses in wanted.items() for address in addresses}
    _require_equal(found, owner)
    version = max((s["terraform_version"] for s in states.values() if s), key=_numbers)
    known = {key: value for state in states.values() for key, value in _outputs(state).items()}
    moves = []
    for name in (*stacks, *(each for each in states if each not in stacks)):
        before = states.get(name, {})
        mine = sorted(address for address, stack in owner.items() if stack == name)
        outputs = stacks.get(name, {}).get("output", {})
        after = {
            "version": 4,
            "terraform_version": before.get("terraform_version") or version,
            "serial": before.get("serial", 0),
            "lineage": before.get("lineage") or str(uuid.uuid4()),
            "outputs": {each: known[each] for each in outputs if each in known},
            "resources": [_with_alias(found[each], wanted[name][each]) for each in mine],
            "check_results": None,
        }
        moves.append(Move(name, before, after))
    return moves


def managed(state: State) -> dict[str, Json]:
    """Return the resources of a state by address, without data sources."""
    return {
        ".".join(
            [*([each["module"]] if "module" in each else []), each["type"], each["name"]]
        ): each
        for each in state.get("resources", [])
        if each["mode"] == "managed"
    }


def contents(state: State) -> Json:
    """Return what of a state has to be the same: its resources and outputs."""
    return {"outputs": _outputs(state), "resources": managed(state)}


def is_interrupted(states: Mapping[str, State], old: Sequence[str], split: str) -> bool:
    """Return whether an earlier move to the new layout was interrupted.

    Args:
        states: The states of all stacks of both layouts, by the stack's name.
        old: The names of the stacks of the old layout.
        split: The new `state.split`.
    """
    marker = marker_of(split)
    addresses = [address for state in states.values() for address in managed(state)]
    begun = any(managed(state) for name, state in states.items() if name not in old)
    twice = len(set(addresses)) < len(addresses)
    return begun or twice or bool(marker and marker.address in addresses)


def _all(states: Mapping[str, State]) -> dict[str, Json]:
    """Return the resources of all states. The same one in two is of an interrupted move."""
    found: dict[str, tuple[str, Json]] = {}
    for name, state in states.items():
        for address, resource in managed(state).items():
            other, earlier = found.setdefault(address, (name, resource))
            if _ids(earlier) != _ids(resource):
                raise MoveError(
                    f"{address} is in the states of {other} and {name}, and is not the same "
                    "resource there.",
                    "Remove the one that does not exist with `terraform state rm`: docs/state.md.",
                )
    return {address: resource for address, (_, resource) in found.items()}


def _outputs(state: State) -> Json:
    outputs: Json = state.get("outputs", {})
    return outputs


def _ids(resource: Json) -> list[Any]:
    return [each.get("attributes", {}).get("id") for each in resource["instances"]]


def _addresses(stack: Configuration) -> dict[str, str]:
    """Return the alias of the provider of each resource of a stack, by address.

    It is empty for a resource of Terraform's own provider that is no marker.
    """
    return {
        f"{type}.{name}": body.get("provider", "").rpartition(".")[2]
        for type, named in stack.get("resource", {}).items()
        for name, body in named.items()
    }


def _with_alias(resource: Json, alias: str) -> Json:
    """Return a resource with the alias that its provider has in the new stack."""
    if not alias:
        return resource
    provider = resource["provider"].rpartition('"]')[0] + f'"].{alias}'
    return {**resource, "provider": provider}


def _require_equal(found: Mapping[str, Json], owner: Mapping[str, str]) -> None:
    hint = (
        "The settings and what is deployed differ. Set state.split to the old value, deploy, and "
        "move the state then."
    )
    if unknown := [each for each in found if each not in owner]:
        raise MoveError(f"{_some(unknown)} in the states, and in no stack of the new layout.", hint)
    if missing := [each for each in owner if each not in found]:
        raise MoveError(f"{_some(missing)} in the new layout, and in no state.", hint)


def _some(addresses: Sequence[str]) -> str:
    shown = ", ".join(addresses[:_NAMED])
    more = len(addresses) - _NAMED
    return f"{shown} and {more} more are" if more > 0 else (
        f"{shown} {'is' if len(addresses) == 1 else 'are'}"
    )  # fmt: skip


def _marker_entry(marker: Marker, states: Mapping[str, State]) -> Json:
    """Return the entry of the marker as Terraform writes it, with only an id."""
    known = (managed(state).get(marker.address) for state in states.values())
    attributes = {
        "id": str(uuid.uuid4()),
        "input": None,
        "output": None,
        "triggers_replace": None,
    }
    return next(filter(None, known), None) or {
        "mode": "managed",
        "type": MARKER_TYPE,
        "name": marker.name,
        "provider": f"{_TERRAFORM}.{marker.provider}",
        "instances": [{"schema_version": 0, "attributes": attributes, "sensitive_attributes": []}],
    }


def _numbers(version: str) -> list[int]:
    return [int(each) for each in version.partition("-")[0].split(".")]
