"""Event buses as targets of rules: permissions, and how often an event may hop.

The kinds of hops follow EventBridge's error codes THIRD_ACCOUNT_HOP_DETECTED and
THIRD_REGION_HOP_DETECTED (EventBridge User Guide, "Using dead-letter queues") and published
observations: an event makes at most one hop within a Region and one hop between Regions. So no
event can go round for ever.

The event keeps its source, account and Region. Here it keeps its id and time too; by one of those
observations a hop between Regions gives it new ones, so nothing should rely on either. AWS takes
only some Regions as destinations. The sandbox takes all of them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import replace

from moto.events.models import events_backends

from sandbox.core.account import current_account
from sandbox.core.errors import DeliveryFailed
from sandbox.events.delivery import Hops, Task
from sandbox.iam.authorization import (
    EVENTS,
    caller_context,
    role_denial_reason,
    trust_denial_reason,
)
from sandbox.iam.policy_evaluator import ContextValue, Request, decide_resource
from sandbox.iam.principals import role_at, session_of

BUS_ARN = re.compile(r"arn:[\w-]+:events:([\w-]+):(\d{12}):event-bus/([\w./-]+)")


def match_bus(arn: str) -> tuple[str, str] | None:
    """Return the Region and the name of an event bus of this account, or None for other ARNs."""
    match = BUS_ARN.fullmatch(arn)
    return (match[1], match[3]) if match and match[2] == current_account() else None


def check_forwarding(task: Task, region: str) -> Hops:
    """Return the hops of an event after one more, to a bus in `region`.

    Raise DeliveryFailed if the event may not hop again, if the role does not trust EventBridge for
    the rule, or if its policies or the policy of the bus deny it to put events there. The bus is
    the target of the task.
    """
    is_regional = region != task.region
    if is_regional and task.hops.regional:
        raise DeliveryFailed("THIRD_REGION_HOP_DETECTED", "the event came from another Region")
    if not is_regional and task.hops.local:
        raise DeliveryFailed("THIRD_ACCOUNT_HOP_DETECTED", "the event came from another bus")
    role, arn = str(task.target["RoleArn"]), str(task.target["Arn"])
    if reason := trust_denial_reason(role, EVENTS, task.region, task.rule_arn):
        raise DeliveryFailed("FAILED_TO_ASSUME_ROLE", reason)
    keys: dict[str, ContextValue] = {
        "events:source": str(task.event["source"]),
        "events:detail-type": str(task.event["detail-type"]),
        "events:eventBusInvocation": "true",
    }
    if reason := role_denial_reason(role, "events:PutEvents", arn, region, keys):
        raise DeliveryFailed("NO_PERMISSIONS", reason)
    if _policy_denies(arn, role, region, keys):
        raise DeliveryFailed("NO_PERMISSIONS", f"the policy of {arn} denies {role} to put events")
    return replace(task.hops, regional=True) if is_regional else replace(task.hops, local=True)


def _policy_denies(arn: str, role_arn: str, region: str, keys: Mapping[str, ContextValue]) -> bool:
    """Tell whether the policy of a bus denies a role. Within an account it need not allow it."""
    _, name = match_bus(arn) or ("", "")
    bus = events_backends[current_account()][region].event_buses.get(name)
    role = role_at(role_arn)
    if bus is None or bus.policy is None or role is None:
        return False
    caller = session_of(role, "forward")
    names = (*caller.principals, *caller.account_names)
    context = {**caller_context(caller, region), **keys}
    request = Request("events:PutEvents", arn, names, context)
    return decide_resource(json.loads(bus.policy), request) == "deny"
