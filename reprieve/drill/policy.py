"""The key policy of the drill's keys: nobody can encrypt anything with them."""

import json
from collections.abc import Mapping
from typing import Any, Final

# What may be done with a drill key. Who may do it is up to the IAM policies of the account.
_MANAGEMENT: Final = (
    "kms:CancelKeyDeletion",
    "kms:CreateAlias",
    "kms:DeleteAlias",
    "kms:DescribeKey",
    "kms:DisableKey",
    "kms:EnableKey",
    "kms:GetKeyLastUsage",
    "kms:GetKeyPolicy",
    "kms:GetKeyRotationStatus",
    "kms:ListGrants",
    "kms:ListKeyPolicies",
    "kms:ListResourceTags",
    "kms:PutKeyPolicy",
    "kms:RevokeGrant",
    "kms:ScheduleKeyDeletion",
    "kms:TagResource",
    "kms:UntagResource",
    "kms:UpdateAlias",
    "kms:UpdateKeyDescription",
)
# KMS Developer Guide, "AWS KMS permissions": everything that uses a key, hands it on or gives it
# other material. A grant works without a statement that allows it, but not against one that denies.
_USE: Final = (
    "kms:CreateGrant",
    "kms:Decrypt",
    "kms:DeriveSharedSecret",
    "kms:Encrypt",
    "kms:GenerateDataKey*",
    "kms:GenerateMac",
    "kms:GetPublicKey",
    "kms:ImportKeyMaterial",
    "kms:ReEncrypt*",
    "kms:ReplicateKey",
    "kms:Sign",
    "kms:Verify",
    "kms:VerifyMac",
)


def drill_key_policy(partition: str, account: str) -> dict[str, Any]:
    """Return the key policy of a drill key, as data: no principal may use the key."""
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "NobodyUsesADrillKey",
                "Effect": "Deny",
                "Principal": {"AWS": "*"},
                "Action": list(_USE),
                "Resource": "*",
            },
            {
                "Sid": "TheAccountManagesADrillKey",
                "Effect": "Allow",
                "Principal": {"AWS": f"arn:{partition}:iam::{account}:root"},
                "Action": list(_MANAGEMENT),
                "Resource": "*",
            },
        ],
    }


def is_policy(text: object, expected: Mapping[str, Any]) -> bool:
    """Return whether a key policy, as text, says exactly what the expected one says."""
    try:
        return bool(json.loads(str(text)) == expected)
    except ValueError:
        return False
