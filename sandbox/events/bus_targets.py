"""Event buses as targets of rules: permissions, and how often an event may hop.

EventBridge User Guide, "Sending and receiving events between AWS accounts": an event that came from
another account is not sent on to a third one, and one that came from another bus of the account is
not sent on to a third bus. The kinds of hops follow its error codes THIRD_ACCOUNT_HOP_DETECTED and
THIRD_REGION_HOP_DETECTED ("Using dead-letter queues") and published observations: an event makes at
most one hop within a Region and one hop between Regions. A hop to another account counts as one
within a Region too, wherever that account's bus is: AWS does not say so, but it is the stricter
answer. So no event can go round for ever.

The event keeps its source, account and Region. Here it keeps its id and time too; by one of those
observations a hop between Regions gives it new ones, so nothing should rely on either. AWS takes
only some Regions as destinations. The sandbox takes all of them.
"""

from __future__ import annotations

from sandbox.core.errors import DeliveryFailed
from sandbox.events.bus_policy import (
    ACTION,
    BusName,
    event_keys,
    match_bus,
    policy_decision,
)
from sandbox.events.delivery import Hops, Task
from sandbox.iam.authorization import EVENTS, role_denial_reason, trust_denial_reason
from sandbox.iam.policy_evaluator import ContextValue
from sandbox.iam.principals import role_at, session_of

__all__ = ["BusName", "check_forwarding", "match_bus"]


def check_forwarding(task: Task, bus: BusName, account: str) -> Hops:
    """Return the hops of an event after one more, from an account to the bus of the task's target.

    Raise DeliveryFailed if the event may not hop again, if the role does not trust EventBridge for
    the rule, or if its policies or the policy of the bus do not let it put events there.
    """
    hops = _hop(task, bus, account)
    role_arn = str(task.target["RoleArn"])
    if reason := trust_denial_reason(role_arn, EVENTS, task.region, task.rule_arn):
        raise DeliveryFailed("FAILED_TO_ASSUME_ROLE", reason)
    keys: dict[str, ContextValue] = {
        **event_keys([(str(task.event["source"]), str(task.event["detail-type"]))]),
        "events:eventBusInvocation": "true",
        # EventBridge User Guide, "Example policy: Send events from specific rules".
        "aws:SourceArn": task.rule_arn,
    }
    if reason := role_denial_reason(role_arn, ACTION, bus.arn, bus.region, keys):
        raise DeliveryFailed("NO_PERMISSIONS", reason)
    if reason := _policy_denial_reason(role_arn, bus, account, keys):
        raise DeliveryFailed("NO_PERMISSIONS", reason)
    return hops


def _hop(task: Task, bus: BusName, account: str) -> Hops:
    is_regional, is_foreign = bus.region != task.region, bus.account != account
    if is_regional and task.hops.regional:
        raise DeliveryFailed("THIRD_REGION_HOP_DETECTED", "the event came from another Region")
    is_local = is_foreign or not is_regional
    if is_local and task.hops.local:
        came_from = "another account" if task.event["account"] != account else "another bus"
        raise DeliveryFailed("THIRD_ACCOUNT_HOP_DETECTED", f"the event came from {came_from}")
    return Hops(local=task.hops.local or is_local, regional=task.hops.regional or is_regional)


def _policy_denial_reason(
    role_arn: str, bus: BusName, account: str, keys: dict[str, ContextValue]
) -> str | None:
    """Return why the policy of a bus keeps a role out, or None. Within an account it may be silent.

    If there is no such bus in another account, nothing there allows anything.
    """
    role = role_at(role_arn)
    if role is None:
        return f"the role {role_arn} does not exist"
    caller = session_of(role, "forward")
    names = (*caller.principals, *caller.account_names)
    decision = policy_decision(caller, bus, keys, names=names)
    if decision == "deny":
        return f"the policy of {bus.arn} denies {role_arn} to put events"
    if decision == "silent" and bus.account != account:
        return f"no policy of {bus.arn} allows {role_arn} to put events"
    return None
