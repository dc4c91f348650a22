"""Who may put events on a bus: the caller's own policies, and the resource policy of the bus.

EventBridge User Guide, "Permissions for event buses". Within an account either of them is enough,
as for every resource with a policy. For a bus of another account both must allow it (IAM User
Guide, "Cross-account policy evaluation logic").
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from moto.events.models import EventBus, events_backends
from moto.utilities.utils import get_partition

from sandbox.core.account import current_account
from sandbox.core.errors import SandboxCannot
from sandbox.core.patching import Method, wrap
from sandbox.iam.authorization import caller_context, caller_denial_reason, not_authorized
from sandbox.iam.policy_evaluator import ContextValue, Decision, Request, decide_resource
from sandbox.iam.principals import Caller

ACTION = "events:PutEvents"
_ARN = re.compile(r"arn:[\w-]+:events:([\w-]+):(\d{12}):event-bus/([\w./-]+)")
_Keys = Mapping[str, ContextValue]


class BusName(NamedTuple):
    """An event bus, wherever it is."""

    account: str
    region: str
    name: str

    @property
    def arn(self) -> str:
        """The ARN of the bus."""
        partition = get_partition(self.region)
        return f"arn:{partition}:events:{self.region}:{self.account}:event-bus/{self.name}"


def hook() -> Callable[[], None]:
    """Make PutPermission understand the principal `*`. Return a function that undoes it.

    moto keeps it as the root of an account `*`, whose name no principal has.
    """

    def around(add: Method) -> Method:
        def add_permission(
            bus: Any, sid: str, action: str, principal: Mapping[str, str], condition: Any
        ) -> None:
            everybody = principal.get("AWS", "").endswith("::*:root")
            add(bus, sid, action, "*" if everybody else principal, condition)

        return add_permission

    return wrap(EventBus, "add_permission", around)


def match_bus(arn: str) -> BusName | None:
    """Return the bus of an ARN, or None for an ARN of anything else."""
    match = _ARN.fullmatch(arn)
    return BusName(match[2], match[1], match[3]) if match else None


def named_bus(name: str | None, region: str) -> BusName:
    """Return the bus that a call in a Region names: by its name, its ARN, or not at all."""
    bus = match_bus(name or "") or BusName(current_account(), region, name or "default")
    if bus.region != region:
        raise SandboxCannot(f"a call in {region} about {bus.arn}")
    return bus


def find_bus(bus: BusName) -> Any | None:
    """Return moto's event bus, or None if there is none."""
    return events_backends[bus.account][bus.region].event_buses.get(bus.name)


def event_keys(events: Iterable[tuple[str, str]]) -> dict[str, ContextValue]:
    """Return the condition keys about events: (source, detail-type) of each one."""
    sources, types = zip(*dict.fromkeys(events), strict=True)
    return {
        "events:source": tuple(dict.fromkeys(sources)),
        "events:detail-type": tuple(dict.fromkeys(types)),
    }


def call_denial_reason(
    caller: Caller, entries: Iterable[Mapping[str, Any]], region: str
) -> str | None:
    """Return why a caller may not make a call of PutEvents with these entries, or None."""
    buses: dict[BusName, list[tuple[str, str]]] = {}
    for entry in entries:
        bus = named_bus(entry.get("EventBusName"), region)
        event = str(entry.get("Source", "")), str(entry.get("DetailType", ""))
        buses.setdefault(bus, []).append(event)
    for bus, events in buses.items():
        keys = {**event_keys(events), "events:eventBusInvocation": "false"}
        if reason := _denial_reason(caller, bus, keys):
            return reason
    return None


def _denial_reason(caller: Caller, bus: BusName, keys: _Keys) -> str | None:
    identity = caller_denial_reason(caller, ACTION, bus.arn, bus.region, keys)
    own = policy_decision(caller, bus, keys, names=caller.principals)
    account = policy_decision(caller, bus, keys, names=caller.account_names)
    reason = not_authorized(caller, ACTION, bus.arn)
    if "deny" in (own, account):
        return f"{reason} with an explicit deny in a resource-based policy"
    if bus.account == caller.account:
        # A policy that names the caller itself is enough; an explicit deny of its own is not.
        return None if own == "allow" and not _is_denied(identity) else identity
    if identity is None and "allow" not in (own, account):
        return f"{reason} because no resource-based policy allows the {ACTION} action"
    return identity


def _is_denied(reason: str | None) -> bool:
    return reason is not None and "explicit deny" in reason


def policy_decision(caller: Caller, bus: BusName, keys: _Keys, names: tuple[str, ...]) -> Decision:
    """Return what the policy of a bus decides about a caller that it can name by these names."""
    found = find_bus(bus)
    if found is None or found.policy is None:
        return "silent"
    context = {**caller_context(caller, bus.region), **keys}
    return decide_resource(json.loads(found.policy), Request(ACTION, bus.arn, names, context))
