"""The types of the settings that name roles, users and keys of AWS."""

import re
from collections.abc import Container
from typing import Annotated, Final, Literal, get_args

from pydantic import AfterValidator

from reprieve.settings.invalid import invalid, one, plain

EncryptionWord = Literal["none", "own"]
"""The words for `notify.encryption`; otherwise it is a list of keys."""

_PRINCIPAL = re.compile(
    r"arn:(?P<partition>[a-z-]+):iam::(?P<account>\d{12}):(?P<kind>user|role)/"
    r"(?P<path>[!-~]+/)?[\w+=,.@-]{1,64}",
    re.ASCII,
)
_ROLE_EXAMPLE = '"arn:aws:iam::111122223333:role/NAME"'
_KEY_ID = r"(?:mrk-[0-9a-f]{32}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})"
_KEY = re.compile(
    rf"(?:arn:(?P<partition>[a-z-]+):kms:(?P<region>[a-z0-9-]+):\d{{12}}:key/)?{_KEY_ID}"
)
# AWSConfigRemediation-CancelKeyDeletion documents no pattern for its AutomationAssumeRole. Its
# sibling AWSConfigRemediation-EnableKeyRotation allows these partitions, and no path (Systems
# Manager Automation runbook reference). A role that both accept is safe.
_RUNBOOK_PARTITIONS = ("aws", "aws-us-gov", "aws-cn")

AWS_MANAGED_KEY: Final = (
    "is an AWS managed key, whose policy does not allow EventBridge: no alert would be sent"
)


def principal_partition(arn: str, kinds: Container[str] = ("role", "user")) -> str | None:
    """Return the partition in the ARN of an IAM role or user; None if the text is no such ARN."""
    found = _PRINCIPAL.fullmatch(arn)
    return found["partition"] if found and found["kind"] in kinds else None


def principal_account(arn: str) -> str | None:
    """Return the account in the ARN of an IAM role or user; None if the text is no such ARN."""
    found = _PRINCIPAL.fullmatch(arn)
    return found["account"] if found else None


def key_home(key: str) -> tuple[str | None, str | None] | None:
    """Return partition and Region of a KMS key; None if the text is no key.

    Both are None for the id of a key.
    """
    found = _KEY.fullmatch(key)
    return (found["partition"], found["region"]) if found else None


def _role_arn(text: str) -> str:
    """Refuse anything but the ARN of an IAM role."""
    if not principal_partition(text, ["role"]):
        raise invalid("is not the ARN of an IAM role", f"write it like {_ROLE_EXAMPLE}")
    return text


def _automation_role_arn(text: str) -> str:
    """Refuse a role that Amazon's runbook does not accept as its AutomationAssumeRole."""
    _role_arn(text)
    partition = principal_partition(text)
    if partition not in _RUNBOOK_PARTITIONS:
        *others, last = _RUNBOOK_PARTITIONS
        raise invalid(
            f"is in the partition {partition}; "
            f"Amazon's runbook accepts roles of {', '.join(others)} and {last} only",
            "remove the key: Reprieve then creates a role",
        )
    path = text.partition("/")[2].rpartition("/")[0]
    if path:
        raise invalid(
            f'is a role at the path "/{path}/"; '
            'Amazon\'s runbook accepts a role at the path "/" only',
            "name a role without a path, or remove the key: Reprieve then creates a role",
        )
    return text


def _principal_arn(text: str) -> str:
    """Refuse a principal that CloudTrail never names: it would exempt nobody."""
    if ":assumed-role/" in text:
        raise invalid(
            "is a session of a role; the role itself covers all of its sessions",
            f"name the role: {_ROLE_EXAMPLE}",
        )
    if "*" in text or "?" in text:
        raise invalid(
            "contains a wildcard, which EventBridge does not expand: it would match nobody",
            "name each role or user",
        )
    # A path may have any characters, even those of a second ARN.
    if not principal_partition(text) or text.count("arn:") > 1:
        raise invalid("is not the ARN of an IAM role or user", f"write it like {_ROLE_EXAMPLE}")
    return text


def _key(text: str) -> str:
    """Refuse anything but the id or the ARN of a key."""
    if "alias/" in text:
        raise invalid(
            "is an alias, which can be moved to another key at any time",
            "name the key by its id or its ARN",
        )
    if not _KEY.fullmatch(text):
        raise invalid(
            "is neither the id nor the ARN of a KMS key",
            'write it like "1234abcd-12ab-34cd-56ef-1234567890ab"',
        )
    return text


def _alert_key(text: str) -> str:
    """Refuse a key that cannot encrypt a topic for EventBridge, or does not name its Region."""
    if "alias/aws/" in text:
        raise invalid(
            AWS_MANAGED_KEY,
            'write "own": Reprieve then creates a key with the right policy in each Region',
        )
    if text in get_args(EncryptionWord):
        raise invalid(
            "applies to every Region: it cannot be in a list", f'write encryption = "{text}"'
        )
    if not text.startswith("arn:"):
        _key(text)
        raise invalid(
            "is the id of a key, which does not name its Region",
            "name the key by its ARN, one per watched Region",
        )
    return _key(text)


RoleArn = Annotated[str, AfterValidator(plain), AfterValidator(_role_arn)]
AutomationRoleArn = Annotated[str, AfterValidator(plain), AfterValidator(_automation_role_arn)]
PrincipalArn = Annotated[str, AfterValidator(plain), AfterValidator(one(_principal_arn))]
Key = Annotated[str, AfterValidator(plain), AfterValidator(one(_key))]
AlertKey = Annotated[str, AfterValidator(plain), AfterValidator(one(_alert_key))]
