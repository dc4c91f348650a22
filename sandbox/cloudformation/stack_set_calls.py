"""The calls about stack sets and their automatic deployments.

Source: CloudFormation API reference. `operation_calls` and `instance_calls` have those about
operations and stack instances.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Final

from moto.utilities.utils import get_partition

from sandbox.cloudformation import access, operations, parameters
from sandbox.cloudformation.service import (
    Json,
    Machinery,
    Request,
    check_name,
    page,
)
from sandbox.cloudformation.stack_calls import check_capabilities
from sandbox.cloudformation.stack_sets import Instance, StackSet
from sandbox.cloudformation.stacks import kept_by
from sandbox.cloudformation.tags import by_key, listed
from sandbox.cloudformation.targets import (
    Scope,
    in_organization,
    require_service_managed,
    scope_of,
)
from sandbox.cloudformation.templates import Template, accepted, invalid
from sandbox.core.errors import AwsError, SandboxCannot

_LISTED: Final = 100


def find(request: Request) -> tuple[StackSet, Scope]:
    """Return the stack set that a call is about, and in whose name it is made.

    Raises:
        AwsError: There is none of this name or id (StackSetNotFoundException).
    """
    wanted, scope = request.get("StackSetName", ""), scope_of(request.get("CallAs", "SELF"))
    for stack_set in _all(request, scope):
        if wanted == stack_set.id or (wanted == stack_set.name and stack_set.status == "ACTIVE"):
            return stack_set, scope
    raise AwsError("StackSetNotFoundException", f"StackSet {wanted} not found", status=404)


def _all(request: Request, scope: Scope) -> list[StackSet]:
    return [
        each
        for each in kept_by(scope.account).stack_sets.values()
        if each.region == request.region
        and (each.is_service_managed or not scope.only_service_managed)
    ]


def active(request: Request) -> tuple[StackSet, Scope]:
    """Return the same for a call that changes the stack set. A service-managed one needs trust."""
    stack_set, scope = find(request)
    if stack_set.status != "ACTIVE":
        raise AwsError(
            "StackSetNotFoundException", f"StackSet {stack_set.name} not found", status=404
        )
    if stack_set.is_service_managed:
        require_service_managed(scope)
    return stack_set, scope


def _values(template: Template, request: Request, before: StackSet | None) -> dict[str, str]:
    """Return the values of all parameters. DescribeStackSet shows those with defaults, too."""
    previous = before.parameters if before else None
    return parameters.resolve(
        template.section("Parameters"), request.get("Parameters", []), previous
    )


def _set_deployment(stack_set: StackSet, request: Request) -> None:
    automatic = request.get("AutoDeployment")
    if automatic is not None:
        if not stack_set.is_service_managed:
            raise invalid("AutoDeployment is for service-managed stack sets only")
        if automatic.get("DependsOn"):
            raise SandboxCannot("AutoDeployment with DependsOn")
        stack_set.is_automatic = automatic.get("Enabled", False)
        retains = automatic.get("RetainStacksOnAccountRemoval")
        if retains is not None and not stack_set.is_automatic:
            raise invalid("RetainStacksOnAccountRemoval is for enabled automatic deployments only")
        stack_set.retains_on_removal = bool(retains)
    if request.get("ManagedExecution") is not None:
        stack_set.is_managed = request.get("ManagedExecution").get("Active", False)
    if stack_set.is_service_managed:
        if request.get("AdministrationRoleARN") or request.get("ExecutionRoleName"):
            raise invalid("A service-managed stack set has no roles of the caller")
        return
    partition = get_partition(stack_set.region)
    default = f"arn:{partition}:iam::{stack_set.account}:role/{access.ADMINISTRATION_ROLE}"
    stack_set.administration_role = request.get(
        "AdministrationRoleARN", stack_set.administration_role or default
    )
    stack_set.execution_role = request.get(
        "ExecutionRoleName", stack_set.execution_role or access.EXECUTION_ROLE
    )


def _create(machinery: Machinery, request: Request) -> Json:
    name, scope = request.get("StackSetName", ""), scope_of(request.get("CallAs", "SELF"))
    if request.get("StackId"):
        raise SandboxCannot("CreateStackSet with StackId")
    check_name("stackSetName", name)
    is_service_managed = request.get("PermissionModel", "SELF_MANAGED") == "SERVICE_MANAGED"
    if is_service_managed:
        require_service_managed(scope)
    elif scope.only_service_managed:
        raise invalid("A delegated administrator has service-managed stack sets only")
    if any(each.name == name and each.status == "ACTIVE" for each in _all(request, scope)):
        raise AwsError("NameAlreadyExistsException", f"StackSet {name} already exists", status=409)
    template = machinery.template(request)
    check_capabilities(template, request.get("Capabilities", []))
    identifier, partition = f"{name}:{uuid.uuid4()}", get_partition(request.region)
    stack_set = StackSet(
        identifier,
        name,
        request.region,
        f"arn:{partition}:cloudformation:{request.region}:{scope.account}:stackset/{identifier}",
        template.text,
        _values(template, request, None),
        request.get("Capabilities", []),
        by_key(request.get("Tags")),
        is_service_managed,
        request.get("Description", ""),
    )
    _set_deployment(stack_set, request)
    kept_by(scope.account).stack_sets[identifier] = stack_set
    return {"StackSetId": identifier}


def _update(machinery: Machinery, request: Request) -> Json:
    stack_set, scope = active(request)
    if request.get("UsePreviousTemplate"):
        template = accepted(stack_set.template)
    else:
        template = machinery.template(request)
    check_capabilities(template, request.get("Capabilities", []))
    model = request.get("PermissionModel")
    if model and (model == "SERVICE_MANAGED") != stack_set.is_service_managed:
        raise SandboxCannot("UpdateStackSet with another PermissionModel")
    values = _values(template, request, stack_set)
    chosen = {(each.account, each.region): each.unit for each in _chosen(stack_set, scope, request)}
    regions = list(dict.fromkeys(region for _, region in chosen))
    units = {account: unit for (account, _), unit in chosen.items()}
    operation = operations.start(
        machinery,
        stack_set,
        "UPDATE",
        list(units.items()),
        regions,
        operation_id=request.get("OperationId"),
        preferences=request.get("OperationPreferences"),
        targets=request.get("DeploymentTargets"),
        prepare=lambda: _apply(stack_set, template, values, request),
    )
    return {"OperationId": operation.id}


def _apply(
    stack_set: StackSet, template: Template, values: dict[str, str], request: Request
) -> None:
    _set_deployment(stack_set, request)
    tags = request.get("Tags")
    stack_set.tags = stack_set.tags if tags is None else by_key(tags)
    stack_set.template, stack_set.parameters = template.text, values
    stack_set.capabilities = request.get("Capabilities", [])
    stack_set.description = request.get("Description", "")
    # Those that the operation leaves out stay as they are: they do not have the new template.
    for instance in stack_set.instances.values():
        if instance.status != "INOPERABLE":
            instance.status = "OUTDATED"


def _chosen(stack_set: StackSet, scope: Scope, request: Request) -> list[Instance]:
    """Return the instances that an update is to change: all, unless the call chooses some.

    User Guide, "StackSets status codes": inoperable ones are excluded.
    """
    regions, targets = request.get("Regions"), request.get("DeploymentTargets")
    accounts = request.get("Accounts")
    if targets is not None and stack_set.is_service_managed:
        organization = require_service_managed(scope)
        accounts = [each for each, _ in in_organization(organization, targets, is_creation=False)]
    elif targets is not None:
        accounts = targets.get("Accounts")
    return [
        each
        for each in stack_set.instances.values()
        if each.status != "INOPERABLE"
        and (accounts is None or each.account in accounts)
        and (regions is None or each.region in regions)
    ]


def _delete(machinery: Machinery, request: Request) -> Json:
    stack_set, _ = active(request)
    if stack_set.running:
        raise AwsError(
            "OperationInProgressException", f"{stack_set.name} is in operation", status=409
        )
    if stack_set.instances:
        raise AwsError("StackSetNotEmptyException", "StackSet is not empty", status=409)
    stack_set.status = "DELETED"
    return {}


def _summary(stack_set: StackSet) -> Json:
    found: Json = {
        "StackSetName": stack_set.name,
        "StackSetId": stack_set.id,
        "Description": stack_set.description or None,
        "Status": stack_set.status,
        "PermissionModel": "SERVICE_MANAGED" if stack_set.is_service_managed else "SELF_MANAGED",
        "ManagedExecution": {"Active": stack_set.is_managed},
    }
    if stack_set.is_service_managed:
        found["AutoDeployment"] = {"Enabled": stack_set.is_automatic}
        if stack_set.is_automatic:
            retains = stack_set.retains_on_removal
            found["AutoDeployment"]["RetainStacksOnAccountRemoval"] = retains
    return found


def _describe(machinery: Machinery, request: Request) -> Json:
    stack_set, scope = find(request)
    places = stack_set.instances.values()
    administrator, role = stack_set.administration_role, stack_set.execution_role
    if stack_set.is_service_managed and scope.organization:
        # StackSets fills these in, also if the caller may not.
        partition = get_partition(stack_set.region)
        administrator = access.administrator_of(stack_set.account, partition)
        role = access.service_managed_role(scope.organization.id)
    return {
        "StackSet": {
            **_summary(stack_set),
            "TemplateBody": stack_set.template,
            "Parameters": parameters.listed(stack_set.parameters.items()),
            "Capabilities": stack_set.capabilities,
            "Tags": listed(stack_set.tags),
            "StackSetARN": stack_set.arn,
            "AdministrationRoleARN": administrator,
            "ExecutionRoleName": role,
            "OrganizationalUnitIds": sorted({each.unit for each in places if each.unit}),
            "Regions": sorted({each.region for each in places}),
            "StackSetDriftDetectionDetails": {
                "DriftStatus": "NOT_CHECKED",
                "DriftDetectionStatus": "COMPLETED",
                "TotalStackInstancesCount": len(stack_set.instances),
            },
        }
    }


def _list(machinery: Machinery, request: Request) -> Json:
    wanted = request.get("Status")
    found = _all(request, scope_of(request.get("CallAs", "SELF")))
    shown, token = page([each for each in found if wanted in (None, each.status)], request, _LISTED)
    return {
        "Summaries": [{**_summary(each), "DriftStatus": "NOT_CHECKED"} for each in shown],
        "NextToken": token,
    }


def _list_automatic(machinery: Machinery, request: Request) -> Json:
    stack_set, _ = find(request)
    found = [
        {"OrganizationalUnitId": unit, "Regions": regions}
        for unit, regions in sorted(stack_set.automatic.items())
    ]
    shown, token = page(found, request, _LISTED)
    return {"Summaries": shown, "NextToken": token}


OPERATIONS: Final[dict[str, Callable[[Machinery, Request], Json]]] = {
    "CreateStackSet": _create,
    "UpdateStackSet": _update,
    "DeleteStackSet": _delete,
    "DescribeStackSet": _describe,
    "ListStackSets": _list,
    "ListStackSetAutoDeploymentTargets": _list_automatic,
}
"""By name of the call: a function of the machinery and the request."""
