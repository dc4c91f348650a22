"""AWS::SSM::Document."""

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
from sandbox.cloudformation.schema import JSON, STR, TAGS, document


def _create(context: Context, given: Json) -> str:
    name = given.get("Name") or context.unique_name(128)
    options = given_of(
        given, ("DocumentType", "DocumentFormat", "TargetType", "VersionName", "Tags")
    )
    context.client("ssm").create_document(Name=name, Content=document(given["Content"]), **options)
    return str(name)


def _update(context: Context, name: str, old: Json, new: Json) -> None:
    ssm = context.client("ssm")
    if any(changed(old, new, each) for each in ("Content", "VersionName", "DocumentFormat")):
        options = given_of(new, ("DocumentFormat", "VersionName"))
        answer = ssm.update_document(
            Name=name, Content=document(new["Content"]), DocumentVersion="$LATEST", **options
        )
        version = answer["DocumentDescription"]["DocumentVersion"]
        ssm.update_document_default_version(Name=name, DocumentVersion=version)
    kind = {"ResourceType": "Document", "ResourceId": name}
    update_tags(
        old,
        new,
        lambda tags: ssm.add_tags_to_resource(**kind, Tags=tags),
        lambda keys: ssm.remove_tags_from_resource(**kind, TagKeys=keys),
    )


def _delete(context: Context, name: str, given: Json) -> None:
    context.client("ssm").delete_document(Name=name)


def _is_replaced(old: Json, new: Json) -> bool:
    """Tell whether a change replaces the document.

    Template Reference, AWS::SSM::Document, UpdateMethod: `Replace` is the default. Its handler is
    public (aws-cloudformation/aws-cloudformation-resource-providers-ssm): a new version cannot have
    another name, and cannot have a content that the document had before. So a rollback to such a
    content fails.
    """
    is_other = any(changed(old, new, each) for each in ("DocumentType", "Name"))
    if new.get("UpdateMethod", "Replace") == "NewVersion":
        if is_other:
            raise RuntimeError("Create-Only Property cannot be updated with true update.")
        return False
    return is_other or any(
        changed(old, new, each)
        for each in ("Content", "DocumentFormat", "TargetType", "VersionName")
    )


TYPES: Final = (
    Kind(
        "AWS::SSM::Document",
        {
            "Content": JSON,
            "DocumentFormat": STR,
            "DocumentType": STR,
            "Name": STR,
            "Tags": TAGS,
            "TargetType": STR,
            "UpdateMethod": STR,
            "VersionName": STR,
        },
        _create,
        _update,
        _delete,
        required=("Content",),
        is_replaced=_is_replaced,
        name_property="Name",
    ),
)
