"""The calls about stacks.

Source: CloudFormation API reference. Every change runs in the background, as on AWS.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from typing import Final

from sandbox.cloudformation import access, changes, parameters
from sandbox.cloudformation.service import Json, Machinery, Request, listed, page, pairs
from sandbox.cloudformation.stacks import (
    Resource,
    Stack,
    find_stack,
    kept_by,
    new_stack_id,
)
from sandbox.cloudformation.templates import Template, invalid
from sandbox.core.account import current_account
from sandbox.core.errors import AwsError, SandboxCannot

_NOT_HERE: Final = {
    "NotificationARNs", "ResourceTypes", "RollbackConfiguration", "StackPolicyBody",
    "StackPolicyDuringUpdateBody", "StackPolicyDuringUpdateURL", "StackPolicyURL",
    "RetainExceptOnCreate", "UsePreviousTemplate",
}  # fmt: skip
_LISTED: Final = 100


def check_capabilities(template: Template, given: list[str]) -> None:
    """Refuse a template with IAM roles that the caller has not acknowledged."""
    required = template.required_capability()
    if required is None or "CAPABILITY_NAMED_IAM" in given or required in given:
        return
    raise AwsError("InsufficientCapabilitiesException", f"Requires capabilities : [{required}]")


def _refuse_others(request: Request, *allowed: str) -> None:
    for name in sorted(_NOT_HERE - set(allowed)):
        if request.get(name):
            raise SandboxCannot(f"{request.operation} with {name}")


def _found(request: Request, name: str = "StackName") -> Stack:
    wanted = request.get(name, "")
    stack = find_stack(wanted, request.region)
    if stack is None:
        raise invalid(f"Stack with id {wanted} does not exist")
    return stack


def _client(machinery: Machinery, request: Request, stack: Stack) -> access.Client:
    if stack.role_arn:
        access.check_service_role(stack.role_arn, stack.region)
        return access.client_of_role(
            machinery.clients, stack.role_arn, "AWSCloudFormation", stack.region
        )
    return access.client_of_key(machinery.clients, request.access_key, stack.region)


def _create(machinery: Machinery, request: Request) -> Json:
    _refuse_others(request)
    name = request.get("StackName", "")
    if find_stack(name, request.region):
        raise AwsError("AlreadyExistsException", f"Stack [{name}] already exists")
    template = machinery.template(request)
    check_capabilities(template, request.get("Capabilities", []))
    stack = Stack(
        new_stack_id(name, request.region),
        name,
        request.region,
        template.text,
        parameters.resolve(template.section("Parameters"), request.get("Parameters", [])),
        request.get("Capabilities", []),
        pairs(request.get("Tags")),
        role_arn=request.get("RoleARN", ""),
        is_protected=request.get("EnableTerminationProtection", False),
    )
    client = _client(machinery, request, stack)
    default = "DO_NOTHING" if request.get("DisableRollback") else "ROLLBACK"
    on_failure = request.get("OnFailure", default)
    kept_by(current_account()).stacks[stack.id] = stack
    stack.enter("CREATE_IN_PROGRESS", "User Initiated")
    machinery.work.spawn(lambda: changes.create(stack, client, on_failure))
    return {"StackId": stack.id}


def _update(machinery: Machinery, request: Request) -> Json:
    _refuse_others(request, "UsePreviousTemplate")
    stack = _found(request)
    if not stack.status.endswith("_COMPLETE") or stack.status in (
        "ROLLBACK_COMPLETE",
        "DELETE_COMPLETE",
    ):
        raise invalid(f"Stack:{stack.id} is in {stack.status} state and can not be updated.")
    before = changes.template_of(stack)
    template = before if request.get("UsePreviousTemplate") else machinery.template(request)
    check_capabilities(template, request.get("Capabilities", []))
    declared = template.section("Parameters")
    values = parameters.resolve(declared, request.get("Parameters", []), stack.parameters)
    tags = stack.tags if request.get("Tags") is None else pairs(request.get("Tags"))
    same = json.dumps(before.content, sort_keys=True, default=str) == json.dumps(
        template.content, sort_keys=True, default=str
    )
    if same and values == stack.parameters and tags == stack.tags:
        raise invalid("No updates are to be performed.")
    stack.role_arn = request.get("RoleARN", stack.role_arn)
    stack.capabilities = request.get("Capabilities", [])
    client = _client(machinery, request, stack)
    stack.enter("UPDATE_IN_PROGRESS", "User Initiated")
    machinery.work.spawn(lambda: changes.update(stack, template, values, tags, client))
    return {"StackId": stack.id}


def _delete(machinery: Machinery, request: Request) -> Json:
    stack = find_stack(request.get("StackName", ""), request.region)
    if stack is None or stack.status == "DELETE_COMPLETE":
        return {}  # API reference: deleting a stack that does not exist succeeds.
    if stack.is_protected:
        raise invalid(
            f"Stack [{stack.name}] cannot be deleted while TerminationProtection is enabled"
        )
    if stack.is_busy:
        raise invalid(f"Stack:{stack.id} is in {stack.status} state and can not be deleted.")
    retained = frozenset(request.get("RetainResources", []))
    if retained and stack.status != "DELETE_FAILED":
        raise invalid("RetainResources is for stacks in the state DELETE_FAILED only.")
    if request.get("DeletionMode", "STANDARD") != "STANDARD":
        raise SandboxCannot("DeleteStack with DeletionMode")
    stack.role_arn = request.get("RoleARN", stack.role_arn)
    client = _client(machinery, request, stack)
    stack.enter("DELETE_IN_PROGRESS", "User Initiated")
    machinery.work.spawn(lambda: changes.delete(stack, client, retained))
    return {}


def _protect(machinery: Machinery, request: Request) -> Json:
    stack = _found(request)
    stack.is_protected = request.get("EnableTerminationProtection", False)
    return {"StackId": stack.id}


def described(stack: Stack) -> Json:
    """Return a stack as DescribeStacks has it."""
    template = changes.template_of(stack)
    declared = template.section("Parameters")
    found: Json = {
        "StackId": stack.id,
        "StackName": stack.name,
        "Description": template.description,
        "Parameters": [
            {
                "ParameterKey": name,
                "ParameterValue": parameters.HIDDEN
                if str(declared[name].get("NoEcho")).lower() == "true"
                else value,
            }
            for name, value in stack.parameters.items()
        ],
        "CreationTime": stack.created,
        "LastUpdatedTime": stack.updated,
        "DeletionTime": stack.deleted,
        "StackStatus": stack.status,
        "StackStatusReason": stack.reason or None,
        "DisableRollback": False,
        "NotificationARNs": [],
        "Capabilities": stack.capabilities,
        "Outputs": stack.outputs,
        "RoleARN": stack.role_arn or None,
        "Tags": listed(stack.tags),
        "EnableTerminationProtection": stack.is_protected,
        "DriftInformation": {"StackDriftStatus": "NOT_CHECKED"},
    }
    return found


def _stacks(request: Request) -> list[Stack]:
    """Return the stacks of a Region, the newest first."""
    stacks = kept_by(current_account()).stacks.values()
    return [stack for stack in stacks if stack.region == request.region][::-1]


def _describe(machinery: Machinery, request: Request) -> Json:
    if request.get("StackName"):
        return {"Stacks": [described(_found(request))]}
    present = [each for each in _stacks(request) if each.status != "DELETE_COMPLETE"]
    shown, token = page(present, request, _LISTED)
    return {"Stacks": [described(stack) for stack in shown], "NextToken": token}


def _list(machinery: Machinery, request: Request) -> Json:
    wanted = request.get("StackStatusFilter", [])
    matching = [each for each in _stacks(request) if not wanted or each.status in wanted]
    shown, token = page(matching, request, _LISTED)
    return {
        "StackSummaries": [
            {
                "StackId": stack.id,
                "StackName": stack.name,
                "TemplateDescription": changes.template_of(stack).description,
                "CreationTime": stack.created,
                "LastUpdatedTime": stack.updated,
                "DeletionTime": stack.deleted,
                "StackStatus": stack.status,
                "StackStatusReason": stack.reason or None,
                "DriftInformation": {"StackDriftStatus": "NOT_CHECKED"},
            }
            for stack in shown
        ],
        "NextToken": token,
    }


def _resource(stack: Stack, resource: Resource, time: str) -> Json:
    return {
        "LogicalResourceId": resource.logical_id,
        "PhysicalResourceId": resource.physical_id or None,
        "ResourceType": resource.kind,
        "ResourceStatus": resource.status,
        "ResourceStatusReason": resource.reason or None,
        "DriftInformation": {"StackResourceDriftStatus": "NOT_CHECKED"},
        time: resource.changed,
    }


def _list_resources(machinery: Machinery, request: Request) -> Json:
    stack = _found(request)
    shown, token = page(list(stack.resources.values()), request, _LISTED)
    time = "LastUpdatedTimestamp"
    found = [_resource(stack, resource, time) for resource in shown]
    return {"StackResourceSummaries": found, "NextToken": token}


def _describe_resources(machinery: Machinery, request: Request, key: str) -> Json:
    if physical := request.get("PhysicalResourceId"):
        stack = next(
            (
                each
                for each in _stacks(request)
                if any(found.physical_id == physical for found in each.resources.values())
            ),
            None,
        )
        if stack is None:
            raise invalid(f"Stack for {physical} does not exist")
    else:
        stack = _found(request)
    logical = request.get("LogicalResourceId")
    chosen = [each for each in stack.resources.values() if logical in (None, each.logical_id)]
    if key == "StackResourceDetail":
        if not chosen:
            raise invalid(f"Resource {logical} does not exist for stack {stack.name}")
        detail = _resource(stack, chosen[0], "LastUpdatedTimestamp")
        return {key: {"StackName": stack.name, "StackId": stack.id, **detail}}
    return {
        key: [
            {"StackName": stack.name, "StackId": stack.id, **_resource(stack, each, "Timestamp")}
            for each in chosen[:_LISTED]
        ]
    }


def _events(machinery: Machinery, request: Request) -> Json:
    stack = _found(request)
    shown, token = page(stack.events[::-1], request, _LISTED)
    return {
        "StackEvents": [
            {
                "StackId": stack.id,
                "StackName": stack.name,
                "EventId": event.id,
                "LogicalResourceId": event.logical_id,
                "PhysicalResourceId": event.physical_id or None,
                "ResourceType": event.kind,
                "ResourceStatus": event.status,
                "ResourceStatusReason": event.reason or None,
                "Timestamp": event.time,
            }
            for event in shown
        ],
        "NextToken": token,
    }


def _get_template(machinery: Machinery, request: Request) -> Json:
    stages = ["Original", "Processed"]
    return {"TemplateBody": _found(request).template, "StagesAvailable": stages}


def _validate(machinery: Machinery, request: Request) -> Json:
    template = machinery.template(request)
    required = template.required_capability()
    return {
        "Parameters": [
            {
                "ParameterKey": name,
                "DefaultValue": parameter.get("Default"),
                "NoEcho": str(parameter.get("NoEcho")).lower() == "true",
                "Description": parameter.get("Description"),
            }
            for name, parameter in template.section("Parameters").items()
        ],
        "Description": template.description,
        "Capabilities": [required] if required else [],
    }


OPERATIONS: Final[dict[str, Callable[[Machinery, Request], Json]]] = {
    "CreateStack": _create,
    "UpdateStack": _update,
    "DeleteStack": _delete,
    "UpdateTerminationProtection": _protect,
    "DescribeStacks": _describe,
    "ListStacks": _list,
    "ListStackResources": _list_resources,
    "DescribeStackResource": partial(_describe_resources, key="StackResourceDetail"),
    "DescribeStackResources": partial(_describe_resources, key="StackResources"),
    "DescribeStackEvents": _events,
    "GetTemplate": _get_template,
    "ValidateTemplate": _validate,
}
"""By name of the call: a function of the machinery and the request."""
