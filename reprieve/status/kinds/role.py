"""The attributes of an IAM role."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from reprieve.guard.resources import Role
from reprieve.status.attributes import Attributes, PolicyJson, attributes_of

NOT_COMPARED: Final = {"id": "it is Terraform's address; the name has it too"}


def expected(role: Role) -> Attributes:
    """Return what the settings make of a role."""
    stated = attributes_of(role, NOT_COMPARED, trust=_policy("trust policy"), permissions=_inline)
    return stated | {"maximum session": "3600 s"}


def _policy(name: str) -> Any:
    return lambda policy: {name: PolicyJson(policy)}


def _inline(policy: Any) -> Attributes:
    return {"inline policy": PolicyJson(policy)}


def deployed(
    role: Mapping[str, Any],
    inline: Mapping[str, Any],
    attached: Iterable[str],
) -> Attributes:
    """Return what is deployed, of GetRole and of the role's policies.

    `inline` has the documents by their names; `attached` the ARNs of managed policies. Reprieve's
    own policy has the name of the role.
    """
    name = role["RoleName"]
    own = inline.get(name)
    return {
        "name": name,
        "ARN": role.get("Arn"),
        "description": role.get("Description"),
        "trust policy": PolicyJson(role.get("AssumeRolePolicyDocument")),
        "inline policy": None if own is None else PolicyJson(own),
        "other inline policies": tuple(each for each in inline if each != name),
        "attached policies": tuple(attached),
        "permissions boundary": role.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn"),
        "path": role.get("Path"),
        "maximum session": f"{role.get('MaxSessionDuration', 3600)} s",
    }
