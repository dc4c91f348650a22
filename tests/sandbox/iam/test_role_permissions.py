"""What takes a role's permissions away: each takes effect with the next call."""

import pytest

from sandbox.core.account import ACCOUNT_ID
from tests.support.emulated_account import (
    REGION,
    allow,
    client_of_role,
    error_code_of,
    policy,
    role_arn,
    trust,
)

DENY = policy({"Effect": "Deny", "Action": "kms:CreateKey", "Resource": "*"})
DENY_ARN = f"arn:aws:iam::{ACCOUNT_ID}:policy/deny"


@pytest.fixture
def iam(sandbox):
    """Return a client of IAM. The managed policy `deny` exists."""
    client = sandbox.client("iam", REGION)
    client.create_policy(PolicyName="deny", PolicyDocument=DENY)
    return client


@pytest.mark.parametrize(
    ("change", "undo"),
    [
        (
            lambda iam: iam.put_role_policy(
                RoleName="worker", PolicyName="second", PolicyDocument=DENY
            ),
            lambda iam: iam.delete_role_policy(RoleName="worker", PolicyName="second"),
        ),
        (
            lambda iam: iam.attach_role_policy(RoleName="worker", PolicyArn=DENY_ARN),
            lambda iam: iam.detach_role_policy(RoleName="worker", PolicyArn=DENY_ARN),
        ),
        (
            lambda iam: iam.put_role_permissions_boundary(
                RoleName="worker", PermissionsBoundary=DENY_ARN
            ),
            lambda iam: iam.delete_role_permissions_boundary(RoleName="worker"),
        ),
        (
            lambda iam: iam.delete_role_policy(RoleName="worker", PolicyName="p"),
            lambda iam: iam.put_role_policy(
                RoleName="worker", PolicyName="p", PolicyDocument=policy(allow("kms:CreateKey"))
            ),
        ),
    ],
    ids=["inline", "attached", "boundary", "deleted"],
)
def test_a_change_of_the_roles_policies_takes_effect(sandbox, iam, change, undo):
    """And so does undoing it."""
    kms = client_of_role(sandbox, allow("kms:CreateKey"))
    kms.create_key()
    change(iam)
    assert error_code_of(kms.create_key) == "AccessDeniedException"
    undo(iam)
    kms.create_key()


def test_a_change_of_the_trust_policy_takes_effect(sandbox, iam):
    """Nobody whom the policy does not name can assume the role."""
    iam.create_user(UserName="alice")
    key = iam.create_access_key(UserName="alice")["AccessKey"]
    statement = allow("sts:AssumeRole")
    iam.put_user_policy(UserName="alice", PolicyName="p", PolicyDocument=policy(statement))
    account = {"Effect": "Allow", "Principal": {"AWS": ACCOUNT_ID}, "Action": "sts:AssumeRole"}
    iam.create_role(RoleName="r", AssumeRolePolicyDocument=policy(account))
    sts = sandbox._clients.make("sts", REGION, key["AccessKeyId"], key["SecretAccessKey"])
    given = {"RoleArn": role_arn("r"), "RoleSessionName": "trial"}
    sts.assume_role(**given)
    iam.update_assume_role_policy(RoleName="r", PolicyDocument=trust("ec2.amazonaws.com"))
    assert error_code_of(sts.assume_role, **given) == "AccessDenied"
