"""The key policy of a drill's key: managed by the account, used by nobody."""

import json

import boto3
import pytest

from reprieve.drill.policy import drill_key_policy, is_policy
from tests.unit.drill.fakes import ACCOUNT_ID

POLICY = drill_key_policy("aws", ACCOUNT_ID)
DENY, ALLOW = POLICY["Statement"]
# Calls on one key that a drill key's policy does not mention, so that they are not allowed. They
# belong to key encapsulation, imported material and multi-Region keys, to rotation and to grants.
NEITHER = {
    "Decapsulate",
    "Encapsulate",
    "DeleteImportedKeyMaterial",
    "DisableKeyRotation",
    "EnableKeyRotation",
    "GetParametersForImport",
    "ListKeyRotations",
    "RetireGrant",
    "RotateKeyOnDemand",
    "UpdatePrimaryRegion",
}
ABOUT_NO_KEY = {
    "ConnectCustomKeyStore",
    "CreateCustomKeyStore",
    "CreateKey",
    "DeleteCustomKeyStore",
    "DescribeCustomKeyStores",
    "DisconnectCustomKeyStore",
    "GenerateRandom",
    "ListAliases",
    "ListKeys",
    "ListRetirableGrants",
    "UpdateCustomKeyStore",
}


def matches(action, operation):
    """Return whether an action of a policy is an operation's."""
    name = action.removeprefix("kms:")
    return operation.startswith(name[:-1]) if name.endswith("*") else operation == name


def test_every_operation_of_kms_is_decided():
    """Allowed, denied or left out: a new operation of KMS has to be put somewhere."""
    kms = boto3.client("kms", region_name="eu-west-1").meta.service_model
    decided = {
        operation: [
            name
            for name, statement in (("deny", DENY), ("allow", ALLOW))
            if any(matches(action, operation) for action in statement["Action"])
        ]
        for operation in set(kms.operation_names) - NEITHER - ABOUT_NO_KEY
    }
    assert {o: found for o, found in decided.items() if len(found) != 1} == {}


def test_nobody_may_use_the_key():
    """The denial has no condition and no exception."""
    assert (DENY["Effect"], DENY["Principal"]) == ("Deny", {"AWS": "*"})
    assert "Condition" not in DENY


def test_only_the_account_manages_the_key():
    """Which of its principals do is up to their IAM policies; another partition has other ARNs."""
    assert ALLOW["Principal"] == {"AWS": f"arn:aws:iam::{ACCOUNT_ID}:root"}
    (_, china) = drill_key_policy("aws-cn", ACCOUNT_ID)["Statement"]
    assert china["Principal"] == {"AWS": f"arn:aws-cn:iam::{ACCOUNT_ID}:root"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (json.dumps(POLICY), True),
        (json.dumps(POLICY, indent=2, sort_keys=True), True),
        (json.dumps(POLICY | {"Statement": [ALLOW]}), False),
        (json.dumps(POLICY | {"Statement": [DENY, ALLOW, ALLOW]}), False),
        (json.dumps(drill_key_policy("aws", "444455556666")), False),
        ("HIDDEN_DUE_TO_SECURITY_REASONS", False),
        (None, False),
    ],
)
def test_a_policy_is_a_drills_if_it_says_exactly_the_same(text, expected):
    """Spaces and the order of names do not count."""
    assert is_policy(text, POLICY) is expected
