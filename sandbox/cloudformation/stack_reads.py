"""The calls that describe stacks. Source: CloudFormation API reference."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from sandbox.cloudformation import changes, parameters
from sandbox.cloudformation.service import Json, Machinery, Request, page
from sandbox.cloudformation.stacks import Resource, Stack, find_stack, kept_by
from sandbox.cloudformation.tags import listed
from sandbox.cloudformation.templates import invalid
from sandbox.core.account import current_account

_LISTED: Final = 100


def stack_of(request: Request) -> Stack:
    """Return the stack that a call is about. Raise AwsError if there is none (ValidationError)."""
    wanted = request.get("StackName", "")
    stack = find_stack(wanted, request.region)
    if stack is None:
        raise invalid(f"Stack with id {wanted} does not exist")
    return stack


def _summary(stack: Stack) -> Json:
    """Return what DescribeStacks and ListStacks both have of a stack."""
    return {
        "StackId": stack.id,
        "StackName": stack.name,
        "CreationTime": stack.created,
        "LastUpdatedTime": stack.updated,
        "DeletionTime": stack.deleted,
        "StackStatus": stack.status,
        "StackStatusReason": stack.reason or None,
        "DriftInformation": {"StackDriftStatus": "NOT_CHECKED"},
    }


def _described(stack: Stack) -> Json:
    """Return a stack as DescribeStacks has it."""
    template = changes.template_of(stack)
    declared = template.section("Parameters")
    return {
        **_summary(stack),
        "Description": template.description,
        "Parameters": [
            {
                "ParameterKey": name,
                "ParameterValue": parameters.HIDDEN
                if parameters.is_hidden(declared[name])
                else value,
            }
            for name, value in stack.parameters.items()
        ],
        "DisableRollback": False,
        "NotificationARNs": [],
        "Capabilities": stack.capabilities,
        "Outputs": stack.outputs,
        "RoleARN": stack.role_arn or None,
        "Tags": listed(stack.tags),
        "EnableTerminationProtection": stack.is_protected,
    }


def _stacks(request: Request) -> list[Stack]:
    """Return the stacks of a Region, the newest first."""
    stacks = kept_by(current_account()).stacks.values()
    return [stack for stack in stacks if stack.region == request.region][::-1]


def _describe(machinery: Machinery, request: Request) -> Json:
    if request.get("StackName"):
        return {"Stacks": [_described(stack_of(request))]}
    present = [each for each in _stacks(request) if each.status != "DELETE_COMPLETE"]
    shown, token = page(present, request, _LISTED)
    return {"Stacks": [_described(stack) for stack in shown], "NextToken": token}


def _list(machinery: Machinery, request: Request) -> Json:
    wanted = request.get("StackStatusFilter", [])
    matching = [each for each in _stacks(request) if not wanted or each.status in wanted]
    shown, token = page(matching, request, _LISTED)
    return {
        "StackSummaries": [
            {**_summary(stack), "TemplateDescription": changes.template_of(stack).description}
            for stack in shown
        ],
        "NextToken": token,
    }


def _resource(resource: Resource, time: str) -> Json:
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
    stack = stack_of(request)
    shown, token = page(list(stack.resources.values()), request, _LISTED)
    found = [_resource(resource, "LastUpdatedTimestamp") for resource in shown]
    return {"StackResourceSummaries": found, "NextToken": token}


def _describe_resource(machinery: Machinery, request: Request) -> Json:
    stack, logical = stack_of(request), request.get("LogicalResourceId", "")
    if logical not in stack.resources:
        raise invalid(f"Resource {logical} does not exist for stack {stack.name}")
    detail = _resource(stack.resources[logical], "LastUpdatedTimestamp")
    return {"StackResourceDetail": {"StackName": stack.name, "StackId": stack.id, **detail}}


def _describe_resources(machinery: Machinery, request: Request) -> Json:
    if physical := request.get("PhysicalResourceId"):
        stack = _with_resource(request, physical)
    else:
        stack = stack_of(request)
    logical = request.get("LogicalResourceId")
    chosen = [each for each in stack.resources.values() if logical in (None, each.logical_id)]
    return {
        "StackResources": [
            {"StackName": stack.name, "StackId": stack.id, **_resource(each, "Timestamp")}
            for each in chosen[:_LISTED]
        ]
    }


def _with_resource(request: Request, physical_id: str) -> Stack:
    for stack in _stacks(request):
        if any(each.physical_id == physical_id for each in stack.resources.values()):
            return stack
    raise invalid(f"Stack for {physical_id} does not exist")


def _events(machinery: Machinery, request: Request) -> Json:
    stack = stack_of(request)
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
    return {"TemplateBody": stack_of(request).template, "StagesAvailable": stages}


def _validate(machinery: Machinery, request: Request) -> Json:
    template = machinery.template(request)
    required = template.required_capability()
    return {
        "Parameters": [
            {
                "ParameterKey": name,
                "DefaultValue": parameter.get("Default"),
                "NoEcho": parameters.is_hidden(parameter),
                "Description": parameter.get("Description"),
            }
            for name, parameter in template.section("Parameters").items()
        ],
        "Description": template.description,
        "Capabilities": [required] if required else [],
    }


OPERATIONS: Final[dict[str, Callable[[Machinery, Request], Json]]] = {
    "DescribeStacks": _describe,
    "ListStacks": _list,
    "ListStackResources": _list_resources,
    "DescribeStackResource": _describe_resource,
    "DescribeStackResources": _describe_resources,
    "DescribeStackEvents": _events,
    "GetTemplate": _get_template,
    "ValidateTemplate": _validate,
}
"""By name of the call: a function of the machinery and the request."""
