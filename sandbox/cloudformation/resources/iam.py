"""AWS::IAM::Role, with its inline policies."""

from __future__ import annotations

from typing import Final

from sandbox.cloudformation.resources.kinds import (
    Context,
    Json,
    Kind,
    changed,
    given_of,
    update_tags,
)
from sandbox.cloudformation.schema import INT, JSON, STR, STRINGS, TAGS, document


def _inline(given: Json) -> dict[str, str]:
    policies = given.get("Policies") or []
    return {each["PolicyName"]: document(each["PolicyDocument"]) for each in policies}


def _create(context: Context, given: Json) -> str:
    iam = context.client("iam")
    name = given.get("RoleName") or context.unique_name(64)
    options = given_of(
        given, ("Description", "MaxSessionDuration", "Path", "PermissionsBoundary", "Tags")
    )
    trust = document(given["AssumeRolePolicyDocument"])
    iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust, **options)
    try:
        _attach(context, name, {}, given)
    except Exception:
        _delete(context, name, {})
        raise
    return str(name)


def _attach(context: Context, name: str, old: Json, new: Json) -> None:
    """Give a role the policies of the new properties, and remove those of the old ones only."""
    iam = context.client("iam")
    before, after = _inline(old), _inline(new)
    for policy, text in after.items():
        if before.get(policy) != text:
            iam.put_role_policy(RoleName=name, PolicyName=policy, PolicyDocument=text)
    for policy in before.keys() - after.keys():
        iam.delete_role_policy(RoleName=name, PolicyName=policy)
    attached = old.get("ManagedPolicyArns") or []
    wanted = new.get("ManagedPolicyArns") or []
    for arn in [each for each in wanted if each not in attached]:
        iam.attach_role_policy(RoleName=name, PolicyArn=arn)
    for arn in [each for each in attached if each not in wanted]:
        iam.detach_role_policy(RoleName=name, PolicyArn=arn)


def _update(context: Context, name: str, old: Json, new: Json) -> None:
    iam = context.client("iam")
    if changed(old, new, "AssumeRolePolicyDocument"):
        trust = document(new["AssumeRolePolicyDocument"])
        iam.update_assume_role_policy(RoleName=name, PolicyDocument=trust)
    if changed(old, new, "Description") or changed(old, new, "MaxSessionDuration"):
        iam.update_role(
            RoleName=name,
            Description=new.get("Description", ""),
            MaxSessionDuration=new.get("MaxSessionDuration", 3600),
        )
    if changed(old, new, "PermissionsBoundary"):
        if boundary := new.get("PermissionsBoundary"):
            iam.put_role_permissions_boundary(RoleName=name, PermissionsBoundary=boundary)
        else:
            iam.delete_role_permissions_boundary(RoleName=name)
    _attach(context, name, old, new)
    update_tags(
        old,
        new,
        lambda tags: iam.tag_role(RoleName=name, Tags=tags),
        lambda keys: iam.untag_role(RoleName=name, TagKeys=keys),
    )


def _delete(context: Context, name: str, given: Json) -> None:
    iam = context.client("iam")
    # Also policies that somebody else has added: CloudFormation removes them too.
    for arn in iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"]:
        iam.detach_role_policy(RoleName=name, PolicyArn=arn["PolicyArn"])
    for policy in iam.list_role_policies(RoleName=name)["PolicyNames"]:
        iam.delete_role_policy(RoleName=name, PolicyName=policy)
    iam.delete_role(RoleName=name)


def _role(context: Context, name: str, given: Json) -> Json:
    role: Json = context.client("iam").get_role(RoleName=name)["Role"]
    return role


TYPES: Final = (
    Kind(
        "AWS::IAM::Role",
        {
            "AssumeRolePolicyDocument": JSON,
            "Description": STR,
            "ManagedPolicyArns": STRINGS,
            "MaxSessionDuration": INT,
            "Path": STR,
            "PermissionsBoundary": STR,
            "Policies": [{"PolicyName": STR, "PolicyDocument": JSON}],
            "RoleName": STR,
            "Tags": TAGS,
        },
        _create,
        _update,
        _delete,
        required=("AssumeRolePolicyDocument",),
        attributes={
            "Arn": lambda context, name, given: str(_role(context, name, given)["Arn"]),
            "RoleId": lambda context, name, given: str(_role(context, name, given)["RoleId"]),
        },
        replaced_by=frozenset({"Path", "RoleName"}),
        name_property="RoleName",
    ),
)
