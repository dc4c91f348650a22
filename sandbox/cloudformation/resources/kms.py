"""AWS::KMS::Key and AWS::KMS::Alias."""

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
from sandbox.cloudformation.schema import BOOL, INT, JSON, STR, TAGS, document


def _kms_tags(tags: list[Json]) -> list[Json]:
    return [{"TagKey": tag["Key"], "TagValue": tag["Value"]} for tag in tags]


def _create_key(context: Context, given: Json) -> str:
    kms = context.client("kms")
    options = given_of(given, ("Description", "KeySpec", "KeyUsage", "MultiRegion", "Origin"))
    if "KeyPolicy" in given:
        options["Policy"] = document(given["KeyPolicy"])
    if tags := given.get("Tags"):
        options["Tags"] = _kms_tags(tags)
    key = str(kms.create_key(**options)["KeyMetadata"]["KeyId"])
    _rotate(context, key, given)
    if given.get("Enabled") is False:
        kms.disable_key(KeyId=key)
    return key


def _rotate(context: Context, key: str, given: Json) -> None:
    kms = context.client("kms")
    if not given.get("EnableKeyRotation"):
        return
    period = given.get("RotationPeriodInDays")
    kms.enable_key_rotation(KeyId=key, **({"RotationPeriodInDays": period} if period else {}))


def _update_key(context: Context, key: str, old: Json, new: Json) -> None:
    kms = context.client("kms")
    if changed(old, new, "KeyPolicy"):
        kms.put_key_policy(KeyId=key, PolicyName="default", Policy=document(new["KeyPolicy"]))
    if changed(old, new, "Description"):
        kms.update_key_description(KeyId=key, Description=new.get("Description", ""))
    if changed(old, new, "Enabled"):
        (kms.disable_key if new.get("Enabled") is False else kms.enable_key)(KeyId=key)
    if changed(old, new, "EnableKeyRotation") or changed(old, new, "RotationPeriodInDays"):
        if new.get("EnableKeyRotation"):
            _rotate(context, key, new)
        else:
            kms.disable_key_rotation(KeyId=key)
    update_tags(
        old,
        new,
        lambda tags: kms.tag_resource(KeyId=key, Tags=_kms_tags(tags)),
        lambda keys: kms.untag_resource(KeyId=key, TagKeys=keys),
    )


def _delete_key(context: Context, key: str, given: Json) -> None:
    days = given.get("PendingWindowInDays", 30)
    context.client("kms").schedule_key_deletion(KeyId=key, PendingWindowInDays=days)


def _create_alias(context: Context, given: Json) -> str:
    name = given["AliasName"]
    context.client("kms").create_alias(AliasName=name, TargetKeyId=given["TargetKeyId"])
    return str(name)


def _update_alias(context: Context, name: str, old: Json, new: Json) -> None:
    context.client("kms").update_alias(AliasName=name, TargetKeyId=new["TargetKeyId"])


def _delete_alias(context: Context, name: str, given: Json) -> None:
    context.client("kms").delete_alias(AliasName=name)


TYPES: Final = (
    Kind(
        "AWS::KMS::Key",
        {
            "Description": STR,
            "EnableKeyRotation": BOOL,
            "Enabled": BOOL,
            "KeyPolicy": JSON,
            "KeySpec": STR,
            "KeyUsage": STR,
            "MultiRegion": BOOL,
            "Origin": STR,
            "PendingWindowInDays": INT,
            "RotationPeriodInDays": INT,
            "Tags": TAGS,
        },
        _create_key,
        _update_key,
        _delete_key,
        attributes={
            "Arn": lambda context, key, given: context.arn("kms", f"key/{key}"),
            "KeyId": lambda context, key, given: key,
        },
        replaced_by=frozenset({"KeySpec", "KeyUsage", "MultiRegion", "Origin"}),
    ),
    Kind(
        "AWS::KMS::Alias",
        {"AliasName": STR, "TargetKeyId": STR},
        _create_alias,
        _update_alias,
        _delete_alias,
        required=("AliasName", "TargetKeyId"),
        replaced_by=frozenset({"AliasName"}),
    ),
)
