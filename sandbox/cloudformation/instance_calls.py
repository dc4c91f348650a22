"""The calls about stack instances. Source: CloudFormation API reference."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from sandbox.cloudformation import operations, parameters
from sandbox.cloudformation.service import Json, Machinery, Request, page
from sandbox.cloudformation.stack_set_calls import active, find
from sandbox.cloudformation.stack_sets import Action, Instance, StackSet
from sandbox.cloudformation.targets import Scope, in_organization, require_service_managed
from sandbox.cloudformation.templates import invalid
from sandbox.core.errors import AwsError, SandboxCannot

PAGE: Final = 100
"""API reference, ListStackInstances: the length of a page."""


def _targeted(
    stack_set: StackSet, scope: Scope, request: Request, is_creation: bool
) -> list[tuple[str, str]]:
    """Return the accounts that a call is about, each with the unit by which it is a target."""
    accounts, targets = request.get("Accounts"), request.get("DeploymentTargets")
    if (accounts is None) == (targets is None):
        raise invalid("You must specify either Accounts or DeploymentTargets")
    if stack_set.is_service_managed:
        if targets is None:
            raise invalid("A service-managed stack set needs DeploymentTargets")
        return in_organization(require_service_managed(scope), targets, is_creation)
    given = accounts if targets is None else targets.get("Accounts") or []
    if targets and (targets.get("OrganizationalUnitIds") or targets.get("AccountFilterType")):
        raise invalid("OrganizationalUnitIds and filters are for service-managed stack sets only")
    return [(account, "") for account in given]


def _start(machinery: Machinery, request: Request, action: Action) -> Json:
    stack_set, scope = active(request)
    accounts = _targeted(stack_set, scope, request, action == "CREATE")
    regions = request.get("Regions", [])
    if not regions:
        raise invalid("You must specify at least one Region")
    given = request.get("ParameterOverrides")
    overrides = None
    if given is not None:
        overrides = tuple((each["ParameterKey"], each["ParameterValue"]) for each in given)
    operation = operations.start(
        machinery,
        stack_set,
        action,
        accounts,
        regions,
        operation_id=request.get("OperationId"),
        preferences=request.get("OperationPreferences"),
        targets=request.get("DeploymentTargets"),
        is_retaining=request.get("RetainStacks", False),
        overrides=overrides,
        prepare=lambda: _remember(stack_set, request, action),
    )
    return {"OperationId": operation.id}


def _remember(stack_set: StackSet, request: Request, action: Action) -> None:
    """Keep for which units and Regions there are automatic deployments from now on.

    They do not consider account filters (User Guide, "Enable or disable automatic deployments").
    """
    targets = request.get("DeploymentTargets", {})
    regions = request.get("Regions", [])
    # Deleting the instances of some accounts of a unit leaves the unit a target.
    is_whole = targets.get("AccountFilterType", "NONE") == "NONE"
    for unit in targets.get("OrganizationalUnitIds") or []:
        present = stack_set.automatic.get(unit, [])
        if action == "CREATE":
            stack_set.automatic[unit] = [
                *present,
                *(each for each in regions if each not in present),
            ]
        elif action == "DELETE" and is_whole:
            left = [region for region in present if region not in regions]
            stack_set.automatic[unit] = left
            if not left:
                del stack_set.automatic[unit]


def _create(machinery: Machinery, request: Request) -> Json:
    return _start(machinery, request, "CREATE")


def _update(machinery: Machinery, request: Request) -> Json:
    return _start(machinery, request, "UPDATE")


def _delete(machinery: Machinery, request: Request) -> Json:
    if request.get("RetainStacks") is None:
        raise invalid("RetainStacks is required")
    return _start(machinery, request, "DELETE")


def _shown(stack_set: StackSet, instance: Instance) -> Json:
    return {
        "StackSetId": stack_set.id,
        "Region": instance.region,
        "Account": instance.account,
        "StackId": instance.stack_id or None,
        "Status": instance.status,
        "StatusReason": instance.reason or None,
        "StackInstanceStatus": {"DetailedStatus": instance.detail},
        "OrganizationalUnitId": instance.unit or None,
        "DriftStatus": "NOT_CHECKED",
        "LastOperationId": instance.operation or None,
    }


def _list(machinery: Machinery, request: Request) -> Json:
    stack_set, _ = find(request)
    wanted = {"account": request.get("StackInstanceAccount")}
    wanted["region"] = request.get("StackInstanceRegion")
    for each in request.get("Filters", []):
        if each["Name"] not in _FILTERS:
            raise SandboxCannot(f"the filter {each['Name']}")
        wanted[_FILTERS[each["Name"]]] = each["Values"]
    chosen = {name: value for name, value in wanted.items() if value}
    found = [
        instance
        for instance in list(stack_set.instances.values())
        if all(getattr(instance, name) == value for name, value in chosen.items())
    ]
    shown, token = page(found, request, PAGE)
    return {"Summaries": [_shown(stack_set, each) for each in shown], "NextToken": token}


_FILTERS: Final = {"DETAILED_STATUS": "detail", "LAST_OPERATION_ID": "operation"}


def _describe(machinery: Machinery, request: Request) -> Json:
    stack_set, _ = find(request)
    place = request.get("StackInstanceAccount", ""), request.get("StackInstanceRegion", "")
    instance = stack_set.instances.get(place)
    if instance is None:
        raise AwsError(
            "StackInstanceNotFoundException",
            f"Stack instance for account {place[0]} and Region {place[1]} not found",
            status=404,
        )
    overrides = parameters.listed(instance.overrides)
    return {"StackInstance": {**_shown(stack_set, instance), "ParameterOverrides": overrides}}


OPERATIONS: Final[dict[str, Callable[[Machinery, Request], Json]]] = {
    "CreateStackInstances": _create,
    "UpdateStackInstances": _update,
    "DeleteStackInstances": _delete,
    "ListStackInstances": _list,
    "DescribeStackInstance": _describe,
}
"""By name of the call: a function of the machinery and the request."""
