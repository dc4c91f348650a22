"""What the settings want of an organization, and whose credentials may read it."""

import pytest

from reprieve.aws.permissions import policy_for
from reprieve.organization.expected import administrator_of, caller_settings, expected_of
from reprieve.settings.loader import load

SETTINGS = """
[notify]
emails = ["security@example.com"]
topology = "hub"
hub = { account = "security", region = "eu-west-1", organization_id = "o-exampleorgid" }

[regions]
watch = ["eu-west-1", "us-east-1"]

[organization]
engine = "stacksets"
organizational_units = ["ou-abcd-12345678"]
exclude_accounts = ["333344445555"]

[accounts.security]
id = "111122223333"
role_arn = "arn:aws:iam::111122223333:role/Looks"

[accounts.shop]
id = "222233334444"
"""


@pytest.fixture
def accounts(tmp_path):
    """Return the settings of both accounts."""
    (tmp_path / "reprieve.toml").write_text(SETTINGS)
    return load({}, tmp_path).accounts


def test_the_account_of_the_hub_has_the_stack_sets(accounts):
    """Selecting another account does not find them."""
    assert administrator_of(accounts) == accounts[0]
    assert administrator_of(accounts[1:]) is None


def test_what_is_expected(accounts):
    """Terraform deploys the accounts of the settings; the stack sets are in the hub's Region."""
    found = expected_of(accounts[0], accounts)
    assert {each.name: set(each.regions) for each in found.sets} == {
        "reprieve-roles": {"us-east-1"},
        "reprieve-guard": {"eu-west-1", "us-east-1"},
    }
    assert all('"Resources"' in each.template for each in found.sets)
    assert found.region == "eu-west-1"
    assert found.units == ("ou-abcd-12345678",)
    assert found.excluded == {"333344445555"}
    assert found.terraform == {"111122223333": "security", "222233334444": "shop"}
    assert found.hub == "111122223333 eu-west-1"
    assert found.target == "reprieve-security-organization"


def test_any_account_may_be_the_caller(accounts):
    """The management account reads as well; the role of the settings is the default."""
    found = caller_settings(accounts[0]).account
    assert found.id is None
    assert found.role_arn == "arn:aws:iam::111122223333:role/Looks"


def test_only_the_account_with_the_stack_sets_needs_the_permissions(accounts):
    """They are part of the policy of `status`."""
    sids = [{each["Sid"] for each in policy_for("status", one)["Statement"]} for one in accounts]
    assert sids[0] - sids[1] == {"ListStackInstances", "ReadMembers"}
