"""The key policy and the caller's own policies decide on calls to KMS."""

import pytest

from sandbox.kms.permissions import parameter_keys
from tests.support.emulated_account import (
    ROOT,
    allow,
    client_of_role,
    error_code_of,
    policy,
    role_arn,
)

WORKER = {"AWS": role_arn("worker")}


def test_a_policy_that_locks_the_caller_out_is_refused(kms, key):
    """PutKeyPolicy and CreateKey check it, unless the call disables the check."""
    lockout = policy(allow("kms:*", Principal={"AWS": role_arn("somebody")}))
    locked = {"KeyId": key, "PolicyName": "default", "Policy": lockout}
    assert error_code_of(kms.put_key_policy, **locked) == "MalformedPolicyDocumentException"
    assert error_code_of(kms.create_key, Policy=lockout) == "MalformedPolicyDocumentException"
    kms.put_key_policy(**locked, BypassPolicyLockoutSafetyCheck=True)
    assert error_code_of(kms.schedule_key_deletion, KeyId=key) == "AccessDeniedException"


def deny(action, principal):
    """Return a statement of a key policy that denies an action."""
    return {"Effect": "Deny", "Action": action, "Principal": principal, "Resource": "*"}


DAYS = "kms:ScheduleKeyDeletionPendingWindowInDays"
BYPASS = "kms:BypassPolicyLockoutSafetyCheck"
TAGS = "aws:TagKeys"


@pytest.mark.parametrize(
    ("key_statements", "role_statements", "allowed"),
    [
        ([allow("kms:*", Principal=ROOT)], [allow("kms:DescribeKey")], True),
        ([allow("kms:*", Principal=ROOT)], [allow("kms:ListKeys")], False),
        (
            [
                allow("kms:*", Principal=ROOT),
                allow("kms:DescribeKey", Principal={"AWS": role_arn("worker")}),
            ],
            [],
            True,
        ),
        (
            [
                allow(
                    "kms:*",
                    Principal=ROOT,
                    Condition={"StringEquals": {"aws:PrincipalArn": role_arn("boss")}},
                ),
                allow("kms:PutKeyPolicy", Principal=ROOT),
            ],
            [allow("kms:*")],
            False,
        ),
        (
            [allow("kms:*", Principal=ROOT)],
            [allow("kms:*"), {"Effect": "Deny", "Action": "kms:Describe*", "Resource": "*"}],
            False,
        ),
        # The key policy allows the role itself. The deny comes from the role's own policy, or from
        # the key policy for the account or for the role.
        (
            [allow("kms:*", Principal=ROOT), allow("kms:DescribeKey", Principal=WORKER)],
            [{"Effect": "Deny", "Action": "kms:Describe*", "Resource": "*"}],
            False,
        ),
        (
            [
                allow("kms:*", Principal=ROOT),
                allow("kms:DescribeKey", Principal=WORKER),
                deny("kms:DescribeKey", ROOT),
            ],
            [],
            False,
        ),
        (
            [allow("kms:*", Principal=ROOT), deny("kms:DescribeKey", WORKER)],
            [allow("kms:*")],
            False,
        ),
    ],
)
def test_a_role_needs_the_key_policy_and_its_own(
    sandbox, kms, key_statements, role_statements, allowed
):
    """The key policy allows the role, or the account and then the role's own policy."""
    key = kms.create_key(Policy=policy(*key_statements))["KeyMetadata"]["KeyId"]
    worker = client_of_role(sandbox, *role_statements)
    if allowed:
        assert worker.describe_key(KeyId=key)["KeyMetadata"]["KeyId"] == key
    else:
        assert error_code_of(worker.describe_key, KeyId=key) == "AccessDeniedException"


@pytest.mark.parametrize(
    ("operation", "parameters", "key", "expected"),
    [
        ("ScheduleKeyDeletion", {"PendingWindowInDays": 7}, DAYS, "7"),
        ("ScheduleKeyDeletion", {}, DAYS, "30"),
        ("CancelKeyDeletion", {}, DAYS, None),
        ("CreateKey", {"BypassPolicyLockoutSafetyCheck": True}, BYPASS, "true"),
        ("PutKeyPolicy", {"BypassPolicyLockoutSafetyCheck": False}, BYPASS, "false"),
        ("PutKeyPolicy", {}, BYPASS, None),
        ("CreateKey", {"Tags": [{"TagKey": "a"}, {"TagKey": "b"}]}, TAGS, ("a", "b")),
        ("UntagResource", {"TagKeys": ["a"]}, TAGS, ("a",)),
        ("CreateKey", {}, TAGS, None),
    ],
)
def test_condition_keys_of_the_parameters(operation, parameters, key, expected):
    """KMS Developer Guide, "AWS KMS condition keys"; ScheduleKeyDeletion's default is 30 days."""
    assert parameter_keys(operation, parameters)[key] == expected
