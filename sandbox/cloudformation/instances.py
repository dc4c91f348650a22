"""Creates, updates and deletes the stack of one instance of a stack set."""

from __future__ import annotations

import uuid
from typing import Final

from moto.utilities.utils import get_partition

from sandbox.cloudformation import access, changes, parameters
from sandbox.cloudformation.deployment import FAILURES, reason_of
from sandbox.cloudformation.service import Machinery
from sandbox.cloudformation.stack_sets import Instance, Operation, Result, StackSet
from sandbox.cloudformation.stacks import Stack, find_stack, kept_by, new_stack_id
from sandbox.cloudformation.templates import accepted
from sandbox.core.account import in_account
from sandbox.iam.organization import organization_of

# A stack in such a state cannot be updated, so StackSets deletes it and creates it again.
_BROKEN: Final = {"CREATE_FAILED", "DELETE_FAILED", "ROLLBACK_COMPLETE", "ROLLBACK_FAILED"}
_SUCCESSES: Final = {"CREATE_COMPLETE", "UPDATE_COMPLETE", "DELETE_COMPLETE"}


class _Failed(Exception):
    """The stack did not get into the wanted state. The text is the reason."""


def carry_out(
    machinery: Machinery, stack_set: StackSet, operation: Operation, result: Result
) -> None:
    """Do in one account and Region what an operation does, and record the result."""
    place = result.account, result.region
    instance = stack_set.instances.get(place)
    if instance is None:
        result.status = "SUCCEEDED"  # There is nothing to update or to delete.
        return
    result.status = instance.detail = "RUNNING"
    organization = organization_of(stack_set.account) if stack_set.is_service_managed else None
    if organization and organization.is_suspended(result.account):
        result.status, instance.detail = "SUCCEEDED", "SKIPPED_SUSPENDED_ACCOUNT"
        return
    try:
        with in_account(result.account):
            if operation.action == "DELETE":
                if not operation.is_retaining:
                    _delete(machinery, stack_set, operation, instance)
                del stack_set.instances[place]
            else:
                if operation.overrides is not None:
                    instance.overrides = operation.overrides
                _deploy(machinery, stack_set, operation, instance)
    except (*FAILURES, _Failed) as error:
        reason = reason_of(error)
        result.status, result.reason = "FAILED", reason
        instance.detail, instance.reason = "FAILED", reason
        # User Guide, "StackSets status codes": only a deletion that fails makes it inoperable.
        instance.status = "INOPERABLE" if operation.action == "DELETE" else "OUTDATED"
        return
    result.status = "SUCCEEDED"
    instance.status, instance.detail, instance.reason = "CURRENT", "SUCCEEDED", ""


def _deploy(
    machinery: Machinery, stack_set: StackSet, operation: Operation, instance: Instance
) -> None:
    template = accepted(stack_set.template)
    overrides = dict(instance.overrides)
    values = parameters.resolve(
        template.section("Parameters"),
        parameters.listed({**stack_set.parameters, **overrides}.items()),
    )
    client = _client(machinery, stack_set, operation, instance)
    stack = find_stack(instance.stack_id, instance.region)
    if stack and stack.status in _BROKEN:
        _delete_stack(stack, client)
    if stack is None or stack.status == "DELETE_COMPLETE":
        name = f"StackSet-{stack_set.name}-{uuid.uuid4()}"
        stack = Stack(
            new_stack_id(name, instance.region),
            name,
            instance.region,
            stack_set.template,
            values,
            stack_set.capabilities,
            dict(stack_set.tags),
        )
        kept_by(instance.account).stacks[stack.id] = stack
        instance.stack_id = stack.id
        stack.enter("CREATE_IN_PROGRESS", "User Initiated")
        changes.create(stack, client)
    elif (stack.template, stack.parameters, stack.tags) != (
        stack_set.template,
        values,
        stack_set.tags,
    ):
        stack.enter("UPDATE_IN_PROGRESS", "User Initiated")
        changes.update(stack, template, values, dict(stack_set.tags), client)
    elif stack.status == "UPDATE_ROLLBACK_COMPLETE":
        return  # It is what the stack set wants: the update that failed was another one.
    _check(stack)


def _delete(
    machinery: Machinery, stack_set: StackSet, operation: Operation, instance: Instance
) -> None:
    stack = find_stack(instance.stack_id, instance.region)
    if stack is None or stack.status == "DELETE_COMPLETE":
        return
    _delete_stack(stack, _client(machinery, stack_set, operation, instance))


def _delete_stack(stack: Stack, client: access.Client) -> None:
    stack.enter("DELETE_IN_PROGRESS", "User Initiated")
    changes.delete(stack, client)
    _check(stack)


def _check(stack: Stack) -> None:
    if stack.status not in _SUCCESSES:
        raise _Failed(_reason(stack))


def _reason(stack: Stack) -> str:
    """Return why the last change of a stack failed: the reason of the first resource that did."""
    failures = []
    for event in reversed(stack.events):
        if event.physical_id == stack.id and event.status.endswith("_IN_PROGRESS"):
            if not event.status.startswith(("ROLLBACK", "UPDATE_ROLLBACK")):
                break
        elif event.physical_id != stack.id and event.status.endswith("_FAILED"):
            failures.append(event)
    if not failures:
        return stack.reason
    first = failures[-1]
    return (
        f"ResourceLogicalId:{first.logical_id}, ResourceType:{first.kind}, "
        f"ResourceStatusReason:{first.reason}."
    )


def _client(
    machinery: Machinery, stack_set: StackSet, operation: Operation, instance: Instance
) -> access.Client:
    partition = get_partition(stack_set.region)
    if stack_set.is_service_managed:
        role = access.execution_role(instance.account, stack_set.account, partition)
    else:
        role = access.self_managed_role(
            instance.account,
            stack_set.administration_role,
            stack_set.execution_role,
            stack_set.region,
        )
    return access.client_of_role(machinery.clients, role, operation.id, instance.region)
