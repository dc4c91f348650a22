"""The plan of `reprieve adopt`, followed command by command: no moment is unguarded."""

import pytest

from sandbox.core.account import ACCOUNT_ID
from sandbox.deployment import DEPLOYER
from tests.support.account import deploy
from tests.support.aws_pattern import EMAIL, make_by_hand, make_rescuer
from tests.support.followed_plan import assert_guarded, follow
from tests.support.operator import Operator

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


def test_a_deployment_by_hand(sandbox, operator, tmp_path):
    """Both Regions stay guarded at each step, and at the end only Reprieve is there."""
    make_rescuer(sandbox)
    for region in REGIONS:
        make_by_hand(sandbox, region)
    titles = follow(
        sandbox, operator, lambda: deploy(sandbox, tmp_path, **SETTINGS), PLACES, *ASKED
    )
    assert titles == [
        "Deploy Reprieve beside the old deployment",
        "Confirm the subscriptions",
        "Test that Reprieve notifies",
        "Disable the old rules",
        "Test that Reprieve rescues alone",
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
