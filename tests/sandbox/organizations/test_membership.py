"""AWS Organizations: who belongs to it, who may ask, and the condition keys about it."""

import json

import pytest
from botocore.exceptions import ClientError

from sandbox.core.account import ACCOUNT_ID
from tests.support.emulated_account import REGION

MEMBER, DELEGATE, STRANGER = "222233334444", "333344445555", "444455556666"


@pytest.fixture
def organization(sandbox):
    """Put three accounts into an organization, and leave one outside. Return its id."""
    for account in (MEMBER, DELEGATE):
        sandbox.add_account(account)
    identifier = sandbox.organize(names={MEMBER: "payments"})
    sandbox.add_account(STRANGER)
    return identifier


def asking(sandbox, account):
    """Return the Organizations client of an account's root."""
    return sandbox.client("organizations", "us-east-1", account)


def test_the_management_account_lists_the_accounts(sandbox, organization):
    """The names are those that were given."""
    found = asking(sandbox, ACCOUNT_ID).list_accounts()["Accounts"]
    assert [(each["Id"], each["Name"], each["Status"]) for each in found] == [
        (ACCOUNT_ID, "management", "ACTIVE"),
        (MEMBER, "payments", "ACTIVE"),
        (DELEGATE, f"account-{DELEGATE}", "ACTIVE"),
    ]
    assert found[1]["Arn"] == f"arn:aws:organizations::{ACCOUNT_ID}:account/{organization}/{MEMBER}"


def test_the_list_has_pages_of_twenty(sandbox):
    """A caller has to follow the token."""
    for number in range(24):
        sandbox.add_account(f"5555000000{number:02}")
    sandbox.organize()
    client = asking(sandbox, ACCOUNT_ID)
    pages = list(client.get_paginator("list_accounts").paginate())
    assert [len(page["Accounts"]) for page in pages] == [20, 5]


def test_every_member_can_describe_the_organization(sandbox, organization):
    """A stranger cannot, and learns that it has none."""
    for account in (ACCOUNT_ID, MEMBER):
        described = asking(sandbox, account).describe_organization()["Organization"]
        assert (described["Id"], described["MasterAccountId"]) == (organization, ACCOUNT_ID)
    with pytest.raises(ClientError, match="AWSOrganizationsNotInUseException"):
        asking(sandbox, STRANGER).describe_organization()


def test_a_member_lists_the_accounts_only_as_a_delegated_administrator(sandbox, organization):
    """And even then it changes nothing."""
    asking(sandbox, ACCOUNT_ID).register_delegated_administrator(
        AccountId=DELEGATE, ServicePrincipal="ssm.amazonaws.com"
    )
    assert len(asking(sandbox, DELEGATE).list_accounts()["Accounts"]) == 3
    for call, given in (
        (asking(sandbox, MEMBER).list_accounts, {}),
        (asking(sandbox, DELEGATE).close_account, {"AccountId": MEMBER}),
    ):
        with pytest.raises(ClientError, match="AccessDeniedException"):
            call(**given)


def test_a_user_needs_the_permission(sandbox, organization):
    """As for every other call."""
    iam = sandbox.client("iam", REGION)
    iam.create_user(UserName="alice")
    key = iam.create_access_key(UserName="alice")["AccessKey"]
    client = sandbox._clients.make(
        "organizations", "us-east-1", key["AccessKeyId"], key["SecretAccessKey"]
    )
    with pytest.raises(ClientError, match="not authorized to perform: organizations:ListAccounts"):
        client.list_accounts()
    statement = {"Effect": "Allow", "Action": "organizations:ListAccounts", "Resource": "*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    iam.put_user_policy(UserName="alice", PolicyName="p", PolicyDocument=policy)
    assert len(client.list_accounts()["Accounts"]) == 3


@pytest.mark.parametrize(("account", "is_allowed"), [(MEMBER, True), (STRANGER, False)])
def test_a_policy_can_admit_the_organization(
    sandbox, organization, create_reader, account, is_allowed
):
    """By aws:PrincipalOrgID, here in the trust policy of a role."""
    role = create_reader({"StringEquals": {"aws:PrincipalOrgID": organization}})
    sts = sandbox.client("sts", REGION, account)
    if is_allowed:
        sts.assume_role(RoleArn=role, RoleSessionName="alice")
    else:
        with pytest.raises(ClientError, match="AccessDenied"):
            sts.assume_role(RoleArn=role, RoleSessionName="alice")


def test_a_snapshot_has_the_organization(sandbox, organization):
    """A reset dissolves it."""
    copy = sandbox.snapshot()
    sandbox.reset()
    with pytest.raises(ClientError, match="AWSOrganizationsNotInUseException"):
        asking(sandbox, ACCOUNT_ID).describe_organization()
    sandbox.restore(copy)
    described = asking(sandbox, MEMBER).describe_organization()["Organization"]
    assert described["Id"] == organization


def test_the_management_account_has_no_service_control_policy(sandbox, organization):
    """It would bind nobody there, so a test with it would prove nothing."""
    policy = {"Version": "2012-10-17", "Statement": []}
    with pytest.raises(ValueError, match="management account"):
        sandbox.set_service_control_policy(policy)
    with pytest.raises(ValueError, match="already"):
        sandbox.organize()
