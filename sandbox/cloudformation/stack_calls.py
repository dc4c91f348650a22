"""The calls that change stacks.

Source: CloudFormation API reference. Every change runs in the background, as on AWS.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Final

from sandbox.cloudformation import access, changes, parameters
from sandbox.cloudformation.service import Json, Machinery, Request, check_name
from sandbox.cloudformation.stack_reads import stack_of
from sandbox.cloudformation.stacks import (
    Stack,
    find_stack,
    kept_by,
    new_stack_id,
)
from sandbox.cloudformation.tags import by_key
from sandbox.cloudformation.templates import Template, invalid
from sandbox.core.account import current_account
from sandbox.core.errors import AwsError, SandboxCannot

_NOT_HERE: Final = {
    "NotificationARNs", "ResourceTypes", "RollbackConfiguration", "StackPolicyBody",
    "StackPolicyDuringUpdateBody", "StackPolicyDuringUpdateURL", "StackPolicyURL",
    "RetainExceptOnCreate", "UsePreviousTemplate",
}  # fmt: skip


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
    check_name("stackName", name)
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
        by_key(request.get("Tags")),
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
    stack = stack_of(request)
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
    tags = stack.tags if request.get("Tags") is None else by_key(request.get("Tags"))
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
    stack = stack_of(request)
    stack.is_protected = request.get("EnableTerminationProtection", False)
    return {"StackId": stack.id}


OPERATIONS: Final[dict[str, Callable[[Machinery, Request], Json]]] = {
    "CreateStack": _create,
    "UpdateStack": _update,
    "DeleteStack": _delete,
    "UpdateTerminationProtection": _protect,
}
"""By name of the call: a function of the machinery and the request."""
