"""Organizational units: the accounts in them, and what a policy says about their place."""

import pytest
from botocore.exceptions import ClientError

from sandbox.core.account import ACCOUNT_ID
from sandbox.iam.organization import organization_of
from tests.support.emulated_account import REGION
from tests.support.stacks import FIRST, HUB, SECOND, STACK_SETS, organize

LATER = "555566667777"


@pytest.fixture
def organization(sandbox):
    """Return an organization with nested units."""
    return organize(sandbox)


@pytest.fixture
def client(sandbox, organization):
    """Return the Organizations client of the management account."""
    return sandbox.client("organizations", "us-east-1")


def test_an_account_can_be_added_to_a_unit(sandbox, organization, client):
    """It is then a member, which no other unit can have."""
    sandbox.add_account(LATER, unit=organization.nested, name="payments")
    found = client.list_accounts_for_parent(ParentId=organization.nested)["Accounts"]
    assert [(each["Id"], each["Name"]) for each in found][1:] == [(LATER, "payments")]
    assert client.list_parents(ChildId=LATER)["Parents"][0]["Id"] == organization.nested
    with pytest.raises(ValueError, match="in an organization already"):
        sandbox.add_account(LATER, unit=organization.work)
    with pytest.raises(ValueError, match="no organization has the unit ou-none"):
        sandbox.add_account("666677778888", unit="ou-none")


def test_accounts_of_nested_units_are_in_the_unit(organization):
    """And everything is below the root."""
    found = organization_of(FIRST)
    assert found
    assert found.accounts_in(organization.work) == [FIRST, SECOND]
    assert found.accounts_in(organization.root) == [ACCOUNT_ID, HUB, FIRST, SECOND]
    assert found.units_above(SECOND) == (organization.nested, organization.work, organization.root)


@pytest.mark.parametrize(("account", "is_allowed"), [(FIRST, True), (SECOND, True), (HUB, False)])
def test_a_policy_can_admit_a_unit(sandbox, organization, create_reader, account, is_allowed):
    """By aws:PrincipalOrgPaths, here in the trust policy of a role."""
    member_of = organization_of(HUB)
    assert member_of
    path = f"{member_of.id}/{organization.root}/{organization.work}/*"
    role = create_reader({"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": path}})
    sts = sandbox.client("sts", REGION, account)
    if is_allowed:
        sts.assume_role(RoleArn=role, RoleSessionName="alice")
    else:
        with pytest.raises(ClientError, match="AccessDenied"):
            sts.assume_role(RoleArn=role, RoleSessionName="alice")


@pytest.mark.parametrize("call", ["list_children", "list_organizational_units_for_parent"])
def test_lists_of_a_unit_have_pages_of_twenty(organization, client, call):
    """A caller has to follow the token."""
    for number in range(24):
        client.create_organizational_unit(ParentId=organization.nested, Name=f"unit-{number}")
    kind = {"ChildType": "ORGANIZATIONAL_UNIT"} if call == "list_children" else {}
    pages = list(client.get_paginator(call).paginate(ParentId=organization.nested, **kind))
    name = "Children" if kind else "OrganizationalUnits"
    assert [len(page[name]) for page in pages] == [20, 4]


def test_an_account_can_leave(client):
    """The management account cannot."""
    client.remove_account_from_organization(AccountId=SECOND)
    assert [each["Id"] for each in client.list_accounts()["Accounts"]] == [ACCOUNT_ID, HUB, FIRST]
    with pytest.raises(ClientError, match="AccountNotFoundException"):
        client.remove_account_from_organization(AccountId=SECOND)
    with pytest.raises(ClientError, match="MasterCannotLeaveOrganizationException"):
        client.remove_account_from_organization(AccountId=ACCOUNT_ID)


def test_stack_sets_have_a_delegated_administrator(client):
    """Which the list shows for that service only."""
    found = client.list_delegated_administrators(ServicePrincipal=STACK_SETS)
    assert [each["Id"] for each in found["DelegatedAdministrators"]] == [HUB]
    services = client.list_delegated_services_for_account(AccountId=HUB)["DelegatedServices"]
    assert [each["ServicePrincipal"] for each in services] == [STACK_SETS]
    other = client.list_delegated_administrators(ServicePrincipal="ssm.amazonaws.com")
    assert other["DelegatedAdministrators"] == []
