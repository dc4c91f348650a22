"""The plan of `reprieve adopt`, followed command by command: no moment is unguarded."""

import pytest

from sandbox.core.account import ACCOUNT_ID
from sandbox.deployment import DEPLOYER, EXAMPLE
from tests.support.account import deploy
from tests.support.accounts import ACCOUNTS, create_accounts, little_guard, role_of
from tests.support.aws_pattern import (
    EMAIL,
    deploy_stack,
    deploy_stack_set,
    make_by_hand,
    make_rescuer,
    make_stack_set_roles,
)
from tests.support.followed_plan import assert_guarded, follow
from tests.support.operator import Operator

pytestmark = pytest.mark.long

REGIONS = ("eu-west-1", "us-east-1")
PLACES = [(ACCOUNT_ID, region) for region in REGIONS]
ASKED = [part for region in REGIONS for part in ("--region", region)]
SETTINGS = {
    "REPRIEVE_NOTIFY__EMAILS": EMAIL,
    "REPRIEVE_REGIONS__WATCH": ",".join(REGIONS),
    "REPRIEVE_EXEMPT__DEPLOYERS": DEPLOYER,
}


@pytest.fixture
def operator(sandbox):
    """The account's root, with the settings that are deployed."""
    return Operator(sandbox, SETTINGS)


def test_a_stack_and_a_deployment_by_hand(sandbox, operator, tmp_path):
    """Both Regions stay guarded at each step, and at the end only Reprieve is there."""
    make_rescuer(sandbox)
    deploy_stack(sandbox, "us-east-1", protected=True)
    make_by_hand(sandbox, "eu-west-1")
    titles = follow(
        sandbox,
        operator.run,
        lambda: deploy(sandbox, tmp_path, EXAMPLE, **SETTINGS),
        PLACES,
        *ASKED,
    )
    assert titles == [
        "Deploy Reprieve beside the old deployment",
        "Confirm the subscriptions",
        "Test that Reprieve notifies",
        "Disable the old rules",
        "Test that Reprieve rescues alone",
        "Delete the stacks",
        "Remove the rules that no stack has",
        "Delete what is left",
        "Check the result",
    ]
    for region in REGIONS:
        rules = sandbox.client("events", region).list_rules()["Rules"]
        assert all(each["Name"].startswith("reprieve-") for each in rules)
        topics = sandbox.client("sns", region).list_topics()["Topics"]
        assert [each for each in topics if ":reprieve-" not in each["TopicArn"]] == []
    assert_guarded(sandbox, PLACES, "after the plan")


TWO_ACCOUNTS = f"""{little_guard(*REGIONS)}
[accounts.security]
id = "{ACCOUNT_ID}"
[accounts.security.exempt]
deployers = ["{DEPLOYER}"]

[accounts.test]
id = "{ACCOUNTS["test"]}"
role_arn = "{role_of("test")}"
[accounts.test.exempt]
deployers = ["{role_of("test")}"]
"""


def test_a_stack_set_in_two_accounts(sandbox, tmp_path):
    """It is removed by its administrator; each account and Region stays guarded at each step."""
    sandbox.reset()
    members = (ACCOUNT_ID, ACCOUNTS["test"])
    accounts = create_accounts(sandbox, tmp_path, TWO_ACCOUNTS)
    make_stack_set_roles(sandbox, ACCOUNT_ID, members)
    for account in members:
        make_rescuer(sandbox, account=account)
    deploy_stack_set(sandbox, "eu-west-1", accounts=members, regions=REGIONS)

    alone = accounts.run("adopt", "--account", "test", *ASKED)
    assert f"Remove their stack instances in the account {ACCOUNT_ID}, which its role" in alone.text
    assert "  $ aws cloudformation" not in alone.text

    titles = follow(
        sandbox,
        accounts.run,
        accounts.deploy,
        [(account, region) for account in members for region in REGIONS],
        *ASKED,
    )
    assert "Delete the stack sets" in titles
    assert "Delete the stacks" not in titles
    for account in members:
        for region in REGIONS:
            client = sandbox.client("cloudformation", region, account)
            assert client.describe_stacks()["Stacks"] == []
    (left,) = sandbox.client("cloudformation", "eu-west-1").list_stack_sets()["Summaries"]
    assert left["Status"] == "DELETED"
