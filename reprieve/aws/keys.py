"""The customer keys of a Region: the keys that Reprieve guards."""

from dataclasses import dataclass
from typing import Any, Final

from reprieve.aws.account import Account

_AWS_MANAGED: Final = "alias/aws/"


@dataclass(frozen=True)
class CustomerKey:
    """A KMS key that AWS does not manage, and its aliases: `alias/…`."""

    arn: str
    aliases: tuple[str, ...]


def customer_keys(account: Account, region: str) -> list[CustomerKey]:
    """Return the customer keys of a Region; raises what boto3 does.

    KMS lists AWS managed keys too. Each of them, and no other key, has an alias `alias/aws/…`
    (KMS developer guide, "AWS managed keys").
    """
    kms = account.client("kms", region)
    aliases: dict[str, list[str]] = {}
    for page in kms.get_paginator("list_aliases").paginate():
        for alias in page["Aliases"]:
            if "TargetKeyId" in alias:
                aliases.setdefault(alias["TargetKeyId"], []).append(alias["AliasName"])
    found = (
        CustomerKey(key["KeyArn"], tuple(aliases.get(key["KeyId"], ())))
        for page in kms.get_paginator("list_keys").paginate()
        for key in page["Keys"]
    )
    return [key for key in found if not any(map(_is_aws_managed, key.aliases))]


def key_tags(kms: Any, arn: str) -> dict[str, str]:
    """Return the tags of a key; raises what boto3 does."""
    pages = kms.get_paginator("list_resource_tags").paginate(KeyId=arn)
    return {each["TagKey"]: each["TagValue"] for page in pages for each in page["Tags"]}


def _is_aws_managed(alias: str) -> bool:
    return alias.startswith(_AWS_MANAGED)
