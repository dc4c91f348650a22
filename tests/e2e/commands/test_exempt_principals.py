"""`reprieve status` names exempt principals that exempt somebody else, or nobody."""

import boto3
import pytest

from reprieve.aws.account import Account
from reprieve.status.role_check import roles
from sandbox.core.account import ACCOUNT_ID
from tests.support.emulated_account import trust
from tests.support.operator import Operator, user_allowed
from tests.support.settings import load_one
from tests.support.status import findings

BASE = {
    "REPRIEVE_NOTIFY__EMAILS": "security@example.com",
    "REPRIEVE_SETTINGS": "/dev/null",
    "REPRIEVE_REMEDIATION__ENABLED": "false",
    "REPRIEVE_PATROL__ENABLED": "false",
}
STATUS = ("status", "--json", "--region", "eu-west-1")
ROLE = f"arn:aws:iam::{ACCOUNT_ID}:role/KeyAdministrator"
USER = f"arn:aws:iam::{ACCOUNT_ID}:user/alice"
OTHER = "arn:aws:iam::444455556666:role/KeyAdministrator"


@pytest.fixture
def iam(sandbox):
    """IAM of an empty account."""
    sandbox.reset()
    return sandbox.client("iam", "us-east-1")


def problems(sandbox, **variables):
    """Return what the status says of the account's roles, if these principals are exempt."""
    settings = BASE | {f"REPRIEVE_EXEMPT__{key.upper()}": text for key, text in variables.items()}
    printed = user_allowed(sandbox, settings, "status").run(*STATUS)
    return {problem for check, problem in findings(printed, None) if "exempt" in problem}


def test_a_principal_that_does_not_exist_is_named(sandbox, iam):
    """Roles and users, of both lists."""
    assert problems(sandbox, principals=f"{ROLE},{USER}", deployers=f"{ROLE}2") == {
        f"{key} names {arn}: it does not exist, so anyone who can create it is exempt."
        for key, arn in (
            ("exempt.principals", ROLE),
            ("exempt.principals", USER),
            ("exempt.deployers", f"{ROLE}2"),
        )
    }


def test_principals_that_exist_are_right(sandbox, iam):
    """Nothing is said of them."""
    iam.create_role(RoleName="KeyAdministrator", AssumeRolePolicyDocument=trust("ec2"))
    iam.create_user(UserName="alice")
    assert problems(sandbox, principals=f"{ROLE},{USER}") == set()


def test_a_principal_at_another_path_is_named(sandbox, iam):
    """Its ARN is another one."""
    document = trust("ec2")
    iam.create_role(RoleName="KeyAdministrator", Path="/a/", AssumeRolePolicyDocument=document)
    (problem,) = problems(sandbox, principals=ROLE)
    assert problem == (
        f"exempt.principals names {ROLE}: it has another path, "
        f"arn:aws:iam::{ACCOUNT_ID}:role/a/KeyAdministrator, so anyone who can create the ARN is "
        "exempt."
    )


def test_a_principal_of_another_account_is_named(sandbox, iam):
    """It exempts nobody: KMS schedules no deletion for another account."""
    iam.create_role(RoleName="KeyAdministrator", AssumeRolePolicyDocument=trust("ec2"))
    assert problems(sandbox, principals=f"{ROLE},{OTHER}") == {
        f"exempt.principals names {OTHER}: it is of the account 444455556666, so it exempts nobody "
        "in this one."
    }


def test_a_missing_permission_is_named(sandbox, iam):
    """The policy of the command has it, if somebody is exempt."""
    settings = BASE | {"REPRIEVE_EXEMPT__PRINCIPALS": USER}
    printed = user_allowed(sandbox, settings, "status", without="iam:GetUser").run(*STATUS)
    assert "The permission iam:GetUser is missing." in printed.text
    policy = Operator(sandbox, BASE).run("policy", "status")
    assert "iam:GetUser" not in policy.text


def test_a_principal_of_another_account_of_the_same_run_is_right(sandbox, iam):
    """Several accounts may share their settings."""
    settings = load_one(BASE | {"REPRIEVE_EXEMPT__PRINCIPALS": OTHER})
    variables = sandbox.environment()
    session = boto3.Session(variables["AWS_ACCESS_KEY_ID"], variables["AWS_SECRET_ACCESS_KEY"])
    account = Account(None, session, ACCOUNT_ID)
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("AWS_ENDPOINT_URL", variables["AWS_ENDPOINT_URL"])
        found = roles(account, settings, {"444455556666"}).findings
    assert [each for each in found if "exempt" in each.problem] == []
