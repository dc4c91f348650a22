"""The changes of a whole stack: creation, update, deletion, and the way back after a failure."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sandbox.cloudformation import order
from sandbox.cloudformation.deployment import FAILURES, Resources, reason_of
from sandbox.cloudformation.stack_sets import now
from sandbox.cloudformation.stacks import Json, Resource, Stack
from sandbox.cloudformation.templates import Template, accepted
from sandbox.core.errors import AwsError

Client = Callable[[str], Any]


class _Failed(Exception):
    """A resource could not be changed. The text is the reason."""


def template_of(stack: Stack) -> Template:
    """Return the template of a stack, which has been accepted before."""
    return accepted(stack.template)


def create(stack: Stack, client: Client, on_failure: str = "ROLLBACK") -> None:
    """Create the resources of a new stack. Its state shows how it went.

    `on_failure` is ROLLBACK, DELETE or DO_NOTHING, as in CreateStack.
    """
    resources = Resources(stack, template_of(stack), stack.parameters, client)
    try:
        for name in resources.wanted():
            _attempt(resources, name, [], [])
        stack.outputs = resources.outputs()
    except (_Failed, AwsError) as failure:
        reason = str(failure)
        if on_failure == "DO_NOTHING":
            stack.enter("CREATE_FAILED", reason)
            return
        is_kept = on_failure == "ROLLBACK"
        stack.enter("ROLLBACK_IN_PROGRESS" if is_kept else "DELETE_IN_PROGRESS", reason)
        succeeded = _delete_all(resources, list(stack.resources.values()), honor_policies=False)
        if not is_kept:
            _finish_deletion(stack, succeeded)
        else:
            stack.enter("ROLLBACK_COMPLETE" if succeeded else "ROLLBACK_FAILED", reason)
        return
    stack.enter("CREATE_COMPLETE")


def update(
    stack: Stack, template: Template, values: dict[str, str], tags: dict[str, str], client: Client
) -> None:
    """Change a stack to another template, other parameters or other tags."""
    before = (stack.template, stack.parameters, stack.tags, dict(stack.resources))
    stack.template, stack.parameters, stack.tags = template.text, values, tags
    resources = Resources(stack, template, values, client)
    undo: list[Callable[[], None]] = []
    replaced: list[Resource] = []
    try:
        wanted = resources.wanted()
        for name in wanted:
            _attempt(resources, name, undo, replaced)
        stack.outputs = resources.outputs()
    except (_Failed, AwsError) as failure:
        stack.enter("UPDATE_ROLLBACK_IN_PROGRESS", str(failure))
        problems = _undo_all(undo)
        stack.template, stack.parameters, stack.tags = before[:3]
        stack.resources = before[3]
        for resource in stack.resources.values():
            resource.reason = ""
            if resource.status == "UPDATE_FAILED":
                resource.status = "UPDATE_COMPLETE"
        status = "UPDATE_ROLLBACK_FAILED" if problems else "UPDATE_ROLLBACK_COMPLETE"
        stack.updated = now()
        stack.enter(status, " ".join([str(failure), *problems]))
        return
    stack.enter("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS")
    gone = [each for name, each in stack.resources.items() if name not in wanted]
    for old in reversed(replaced):
        if old.replace_policy != "Retain":
            _try_to_delete(resources, old)
    _delete_all(resources, gone)
    stack.updated = now()
    stack.enter("UPDATE_COMPLETE")


def delete(stack: Stack, client: Client, retained: frozenset[str] = frozenset()) -> None:
    """Delete a stack and its resources, except those that are to be retained."""
    resources = Resources(stack, template_of(stack), stack.parameters, client)
    doomed = [each for each in stack.resources.values() if each.logical_id not in retained]
    _finish_deletion(stack, _delete_all(resources, doomed))


def _finish_deletion(stack: Stack, succeeded: bool) -> None:
    if succeeded:
        stack.resources = {}
        stack.deleted = now()
        stack.enter("DELETE_COMPLETE")
        return
    left = [name for name, each in stack.resources.items() if each.status == "DELETE_FAILED"]
    reason = f"The following resource(s) failed to delete: [{', '.join(left)}]."
    stack.enter("DELETE_FAILED", reason)


def _attempt(
    resources: Resources,
    name: str,
    undo: list[Callable[[], None]],
    replaced: list[Resource],
) -> None:
    """Create or update one resource. Raise _Failed if that does not succeed.

    Add to `undo` what takes the change back, and to `replaced` the resource that another replaces.
    """
    old = resources.stack.resources.get(name)
    try:
        properties = resources.properties(name)
        if old is None:
            made = resources.create(name, properties)
            undo.append(lambda: resources.delete(made))
        elif _is_replaced(resources, old, properties):
            made = resources.create(name, properties)
            replaced.append(old)
            undo.append(lambda: resources.delete(made))
        elif old.properties != properties:
            undo.append(lambda: _restore(resources, old, properties))
            resources.update(old, properties)
        else:
            resources.keep(old)
    except FAILURES as error:
        status = "CREATE_FAILED" if old is None else "UPDATE_FAILED"
        reason = resources.fail(name, status, error)
        raise _Failed(f"The following resource(s) failed: [{name}]. {reason}") from error


def _is_replaced(resources: Resources, old: Resource, new: Json) -> bool:
    kind = resources.kind_of(old.logical_id)
    if old.kind != kind.name:
        return True
    differs = {name for name in kind.replaced_by if old.properties.get(name) != new.get(name)}
    if not differs and not kind.is_replaced(old.properties, new):
        return False
    name = new.get(kind.name_property)
    if name and name == old.properties.get(kind.name_property):
        raise AwsError(
            "ValidationError",
            "CloudFormation cannot update a stack when a custom-named resource requires "
            f"replacing. Rename {name} and update the stack again.",
        )
    return True


def _restore(resources: Resources, old: Resource, new: Json) -> None:
    kind = resources.kind_of(old.logical_id)
    kind.update(resources.context(old.logical_id), old.physical_id, new, old.properties)


def _undo_all(undo: list[Callable[[], None]]) -> list[str]:
    """Undo the steps, the last one first. Return why some of them failed."""
    problems = []
    for step in reversed(undo):
        try:
            step()
        except FAILURES as error:
            problems.append(f"The rollback failed: {reason_of(error)}")
    return problems


def _delete_all(resources: Resources, doomed: list[Resource], honor_policies: bool = True) -> bool:
    """Delete resources of the stack, each before those that it needs. Tell whether all are gone."""
    stack, succeeded = resources.stack, True
    for resource in reversed(_in_order(resources, doomed)):
        if honor_policies and resource.deletion_policy == "Retain":
            stack.note(resource.logical_id, resource.physical_id, resource.kind, "DELETE_SKIPPED")
        elif resource.physical_id and not _try_to_delete(resources, resource):
            succeeded = False
            continue
        stack.resources.pop(resource.logical_id, None)
    return succeeded


def _in_order(resources: Resources, doomed: list[Resource]) -> list[Resource]:
    declared = resources.template.resources
    known = {each.logical_id for each in doomed} & declared.keys()
    places = order.sort({name: declared[name] for name in declared if name in known})
    # A resource that the new template lacks was created before or after any other one.
    rest = [each for each in doomed if each.logical_id not in known]
    by_name = {each.logical_id: each for each in doomed}
    return [by_name[name] for name in places] + rest


def _try_to_delete(resources: Resources, resource: Resource) -> bool:
    try:
        resources.delete(resource)
    except FAILURES as error:
        resource.status, resource.reason = "DELETE_FAILED", reason_of(error)
        resources.note(resource)
        return False
    return True
