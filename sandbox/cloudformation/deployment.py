"""Creates, updates and deletes the resources of one stack, and undoes that after a failure.

Source: CloudFormation User Guide, "How CloudFormation works", "Understand update behaviors of stack
resources" and "Stack failure options". CloudFormation changes independent resources at the same
time; here they change one after the other, in the order of the template where nothing else decides.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from moto.utilities.utils import get_partition

from sandbox.cloudformation import order, parameters
from sandbox.cloudformation.functions import Scope
from sandbox.cloudformation.resources.kinds import AlreadyExists, Context, Kind
from sandbox.cloudformation.resources.table import TYPES
from sandbox.cloudformation.schema import typed
from sandbox.cloudformation.stack_sets import now
from sandbox.cloudformation.stacks import Json, Resource, Stack
from sandbox.cloudformation.tags import by_key, listed
from sandbox.cloudformation.templates import Template, format_error
from sandbox.core.errors import AwsError

FAILURES = (AwsError, AlreadyExists, ClientError, BotoCoreError, RuntimeError, KeyError)
"""What a call for a resource can fail with."""
# The codes with which services say that a resource is gone already.
_GONE = ("NotFound", "NoSuchEntity", "NonExistent", "InvalidDocument", "ResourceNotFound")


class Resources:
    """The resources of a stack, as one template and its parameters want them.

    `client` returns a boto3 client of a service. Calls that fail raise one of FAILURES.
    """

    def __init__(
        self,
        stack: Stack,
        template: Template,
        values: dict[str, str],
        client: Callable[[str], Any],
    ) -> None:
        self.stack = stack
        self.template = template
        # The resources that are up to date, by logical id.
        self._up_to_date: dict[str, Resource] = {}
        self._client = client
        partition = get_partition(stack.region)
        suffix = "amazonaws.com.cn" if partition == "aws-cn" else "amazonaws.com"
        self.scope = Scope(
            {
                **parameters.typed(template.section("Parameters"), values),
                "AWS::AccountId": stack.account,
                "AWS::Partition": partition,
                "AWS::Region": stack.region,
                "AWS::StackId": stack.id,
                "AWS::StackName": stack.name,
                "AWS::URLSuffix": suffix,
            },
            template.section("Mappings"),
            template.section("Conditions"),
            self._ref,
            self._attribute,
        )

    def wanted(self) -> list[str]:
        """Return the logical ids of the resources that the stack is to have, in their order."""
        included = [
            name
            for name, resource in self.template.resources.items()
            if "Condition" not in resource or self.scope.holds(resource["Condition"])
        ]
        return order.sort({name: self.template.resources[name] for name in included})

    def context(self, logical_id: str) -> Context:
        """Return how the calls for a resource are made."""
        stack = self.stack
        partition = get_partition(stack.region)
        return Context(self._client, stack.account, stack.region, partition, stack.name, logical_id)

    def properties(self, name: str) -> Json:
        """Return the properties of a resource, without functions. The stack's tags are added."""
        kind = self.kind_of(name)
        declared = self.template.resources[name].get("Properties") or {}
        resolved = self.scope.resolved(declared)
        if "Tags" in kind.properties and self.stack.tags:
            resolved["Tags"] = listed({**self.stack.tags, **by_key(resolved.get("Tags"))})
        result: Json = typed(kind.properties, resolved, name)
        return result

    def create(self, name: str, properties: Json) -> Resource:
        """Create a resource."""
        kind = self.kind_of(name)
        self.stack.note(name, "", kind.name, "CREATE_IN_PROGRESS")
        physical = kind.create(self.context(name), properties)
        resource = Resource(name, kind.name, physical, properties, "CREATE_COMPLETE")
        self.keep(resource)
        return resource

    def update(self, old: Resource, properties: Json) -> None:
        """Update a resource in place."""
        kind, name = TYPES[old.kind], old.logical_id
        self.stack.note(name, old.physical_id, kind.name, "UPDATE_IN_PROGRESS")
        kind.update(self.context(name), old.physical_id, old.properties, properties)
        self.keep(Resource(name, kind.name, old.physical_id, properties, "UPDATE_COMPLETE"))

    def keep(self, resource: Resource) -> None:
        """Make a resource one of the stack, with the policies that the template gives it."""
        declared = self.template.resources[resource.logical_id]
        resource.deletion_policy = declared.get("DeletionPolicy", "Delete")
        resource.replace_policy = declared.get("UpdateReplacePolicy", "Delete")
        self._up_to_date[resource.logical_id] = resource
        self.stack.resources[resource.logical_id] = resource
        self.note(resource)

    def delete(self, resource: Resource) -> None:
        """Delete a resource. One that is gone already counts as deleted."""
        kind = TYPES[resource.kind]
        resource.status = "DELETE_IN_PROGRESS"
        self.note(resource)
        try:
            kind.delete(
                self.context(resource.logical_id), resource.physical_id, resource.properties
            )
        except ClientError as error:
            if not any(code in error.response["Error"]["Code"] for code in _GONE):
                raise
        resource.status, resource.changed = "DELETE_COMPLETE", now()
        self.note(resource)

    def fail(self, name: str, status: str, error: Exception) -> str:
        """Record that a resource could not be changed. Return the reason."""
        reason = reason_of(error)
        resource = self.stack.resources.get(name)
        if resource is None:
            resource = Resource(name, self.kind_of(name).name, "", {}, status)
            self.stack.resources[name] = resource
        resource.status, resource.reason, resource.changed = status, reason, now()
        self.note(resource)
        return reason

    def outputs(self) -> list[Json]:
        """Return the stack's outputs, as DescribeStacks has them."""
        found = []
        for name, output in self.template.section("Outputs").items():
            if "Condition" in output and not self.scope.holds(output["Condition"]):
                continue
            entry = {"OutputKey": name, "OutputValue": str(self.scope.resolved(output["Value"]))}
            if "Description" in output:
                entry["Description"] = output["Description"]
            found.append(entry)
        return found

    def kind_of(self, name: str) -> Kind:
        """Return the type of a resource of the template."""
        return TYPES[self.template.resources[name]["Type"]]

    def note(self, resource: Resource) -> None:
        """Add an event with the state of a resource."""
        self.stack.note(
            resource.logical_id,
            resource.physical_id,
            resource.kind,
            resource.status,
            resource.reason,
        )

    def _made(self, name: str) -> Resource:
        if name not in self._up_to_date:
            raise format_error(
                f"Unresolved resource dependencies [{name}] in the Resources block of the template"
            )
        return self._up_to_date[name]

    def _ref(self, name: str) -> str:
        return self._made(name).physical_id

    def _attribute(self, name: str, attribute: str) -> str:
        resource = self._made(name)
        if attribute not in resource.attributes:
            read = TYPES[resource.kind].attributes[attribute]
            value = read(self.context(name), resource.physical_id, resource.properties)
            resource.attributes[attribute] = value
        return resource.attributes[attribute]


def reason_of(error: Exception) -> str:
    """Return the reason of a failure, as the state of a resource has it."""
    if isinstance(error, ClientError):
        found = error.response["Error"]
        return f"{found.get('Message', '')} (Service error code: {found['Code']})"
    return error.message if isinstance(error, AwsError) else str(error)
