"""--role-arn and --external-id: the commands in the account of a role, against a real STS."""

import json

import pytest

from sandbox.core.account import ACCOUNT_ID
from tests.support.emulated_account import allow, policy, role_arn
from tests.support.operator import Operator, user_allowed

SETTINGS = {
    "REPRIEVE_NOTIFY__EMAILS": "security@example.com",
    "REPRIEVE_SETTINGS": "/dev/null",
}
SWEEP = ("sweep", "--region", "eu-west-1", "--json")


@pytest.fixture
def auditor(sandbox):
    """A role that may read everything, and that trusts the account if an external id is given."""
    sandbox.reset()
    iam = sandbox.client("iam", "us-east-1")
    trust = {
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT_ID}:root"},
        "Action": "sts:AssumeRole",
        "Condition": {"StringEquals": {"sts:ExternalId": "blue"}},
    }
    iam.create_role(RoleName="auditor", AssumeRolePolicyDocument=policy(trust))
    iam.put_role_policy(RoleName="auditor", PolicyName="p", PolicyDocument=policy(allow("*")))
    return role_arn("auditor")


def user_who_may(sandbox, role):
    """Return a user who may assume this role, and do nothing else."""
    iam = sandbox.client("iam", "us-east-1")
    iam.create_user(UserName="carol")
    key = iam.create_access_key(UserName="carol")["AccessKey"]
    document = policy(allow("sts:AssumeRole", role))
    iam.put_user_policy(UserName="carol", PolicyName="p", PolicyDocument=document)
    credentials = {
        "AWS_ACCESS_KEY_ID": key["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": key["SecretAccessKey"],
    }
    return Operator(sandbox, SETTINGS, credentials)


def test_the_commands_work_as_a_role(sandbox, auditor, monkeypatch):
    """The session has the user's name."""
    monkeypatch.setenv("LOGNAME", "alice müller")
    operator = Operator(sandbox, SETTINGS)
    printed = operator.run("status", *SWEEP[1:], "--role-arn", auditor, "--external-id", "blue")
    (account,) = printed.json["accounts"]
    assert account["caller"] == (
        f"arn:aws:sts::{ACCOUNT_ID}:assumed-role/auditor/reprieve-alice-m-ller"
    )
    assert account["account"] == ACCOUNT_ID


def test_a_role_that_cannot_be_assumed_is_named(sandbox, auditor):
    """With the reason, and what to do."""
    operator = user_allowed(sandbox, SETTINGS, "sweep")
    printed = operator.run(*SWEEP, "--role-arn", auditor)
    assert (printed.exit_code, printed.text) == (2, "")
    assert printed.complaints == (
        f"The role {auditor} cannot be assumed. You need the permission sts:AssumeRole, and the "
        "role's trust policy must allow you.\n→ If it demands an external id, name it with "
        "--external-id or in the settings.\n"
    )


def test_one_role_that_fails_does_not_hide_the_others(sandbox, auditor):
    """It is in the report too, by its ARN; the exit code is that of a failure."""
    operator = user_who_may(sandbox, auditor)
    other = role_arn("another")
    printed = operator.run(
        *SWEEP, "--role-arn", other, "--role-arn", auditor, "--external-id", "blue"
    )
    assert printed.exit_code == 1
    assert [each["account"] for each in printed.json["accounts"]] == [ACCOUNT_ID]
    assert list(printed.json["failed_profiles"]) == [other]
    assert f"The role {other} cannot be assumed." in printed.complaints


def test_progress_in_a_pipe_is_a_line_for_each_region(sandbox, auditor):
    """On stderr, so that stdout is JSON alone; --quiet silences it."""
    operator = Operator(sandbox, SETTINGS)
    printed = operator.run(*SWEEP, "--region", "us-east-1")
    json.loads(printed.text)
    first, second = printed.complaints.splitlines()
    assert {first.rpartition(" (")[0], second.rpartition(" (")[0]} == {
        "Searching for keys: eu-west-1",
        "Searching for keys: us-east-1",
    }
    assert (first[-8:], second[-8:]) == ("(1 of 2)", "(2 of 2)")
    assert operator.run(*SWEEP, "--quiet").complaints == ""
