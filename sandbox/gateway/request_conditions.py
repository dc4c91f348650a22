"""The condition keys that IAM takes from the parameters of a call: tags, and IAM's own keys.

Source: IAM User Guide, "AWS global condition context keys" and "Controlling access to AWS resources
using tags"; Service Authorization Reference, "AWS IAM". KMS has its own
(`sandbox.kms.permissions`), and so has PutEvents (`sandbox.events.bus_policy`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from sandbox.iam.policy_evaluator import ContextValue
from sandbox.iam.principals import role_at

Parameters = Mapping[str, Any]

_NAMES_KEY: Final = ("Key", "TagKey")
_TAGS: Final = ("Tags", "tags")
# Each service's page on tagging, or its API reference: creating a resource with tags requires a
# second permission. By signing name.
_TAGGING: Final = {
    ("events", "CreateEventBus"): "events:TagResource",
    ("events", "PutRule"): "events:TagResource",
    ("iam", "CreateRole"): "iam:TagRole",
    ("monitoring", "PutMetricAlarm"): "cloudwatch:TagResource",
    ("sns", "CreateTopic"): "sns:TagResource",
    ("sqs", "CreateQueue"): "sqs:TagQueue",
    ("ssm", "CreateDocument"): "ssm:AddTagsToResource",
}
# These have the key iam:PermissionsBoundary: two name a boundary, the others concern a role.
_NAMES_BOUNDARY: Final = frozenset({"CreateRole", "PutRolePermissionsBoundary"})
_OF_BOUND_ROLE: Final = frozenset(
    {
        "AttachRolePolicy",
        "DeleteRolePermissionsBoundary",
        "DeleteRolePolicy",
        "DetachRolePolicy",
        "PutRolePolicy",
    }
)


def tags_of(parameters: Parameters) -> dict[str, str]:
    """Return the tags that a call gives to a resource. `parameters` have the service's types."""
    given = next((parameters[name] for name in _TAGS if parameters.get(name)), ())
    if isinstance(given, Mapping):
        return {str(key): str(value) for key, value in given.items()}
    return {
        str(next(each[name] for name in _NAMES_KEY if name in each)): str(
            each.get("Value", each.get("TagValue", ""))
        )
        for each in given
    }


def tagging_action(service: str, operation: str, parameters: Parameters) -> str | None:
    """Return the second action that a call needs because it creates a resource with tags."""
    return _TAGGING.get((service, operation)) if tags_of(parameters) else None


def condition_keys(
    service: str, operation: str, parameters: Parameters, resource: str
) -> dict[str, ContextValue]:
    """Return the condition keys of a call on a resource, without those that it lacks."""
    tags = tags_of(parameters)
    names = tuple(tags) or tuple(map(str, parameters.get("TagKeys") or ()))
    keys: dict[str, ContextValue] = {f"aws:RequestTag/{key}": tags[key] for key in tags}
    if names:
        keys["aws:TagKeys"] = names
    if service == "iam":
        keys |= _iam_keys(operation, parameters, resource)
    return keys


def _iam_keys(operation: str, parameters: Parameters, resource: str) -> dict[str, ContextValue]:
    keys: dict[str, ContextValue] = {}
    if "PolicyArn" in parameters:
        keys["iam:PolicyARN"] = str(parameters["PolicyArn"])
    if operation in _NAMES_BOUNDARY:
        keys["iam:PermissionsBoundary"] = parameters.get("PermissionsBoundary")
    if operation in _OF_BOUND_ROLE:
        role = role_at(resource)
        keys["iam:PermissionsBoundary"] = role.permissions_boundary_arn if role else None
    return keys
