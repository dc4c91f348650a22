"""The hub in a stack of its own: cdktf deploys it before the stack that forwards to it."""

from itertools import groupby

import pytest

from sandbox.deployment import Deployment, deployer
from tests.support.account import Account
from tests.support.state import SMALL

pytestmark = pytest.mark.long

HUB, SPOKE = "us-east-1", "eu-west-1"
SETTINGS = SMALL | {
    "REPRIEVE_REGIONS__WATCH": f"{HUB},{SPOKE}",
    "REPRIEVE_NOTIFY__TOPOLOGY": "hub",
    "REPRIEVE_STATE__SPLIT": "region",
}


@pytest.fixture(scope="module")
def deployed(sandbox, tmp_path_factory) -> tuple[Account, list[str]]:
    """Deploy from nothing; return the account, and what was created, in its order."""
    directory = tmp_path_factory.mktemp("hub")
    deployment = Deployment(sandbox, directory, settings=deployer(sandbox) | SETTINGS)
    lines: list[str] = []
    deployment.cdktf(
        "deploy", "reprieve*", "--auto-approve", "--parallelism", "1", on_line=lines.append
    )
    created = [line for line in lines if "Creation complete" in line and "aws_" in line]
    where = [
        "roles" if "aws_iam_" in line else HUB if f".{HUB}_" in line else SPOKE for line in created
    ]
    return Account(sandbox, deployment), [place for place, _ in groupby(where)]


def test_the_hub_is_deployed_before_the_spoke(deployed):
    """After the roles, and each completely before the next."""
    assert deployed[1] == ["roles", HUB, SPOKE]


def test_a_key_of_the_spoke_is_rescued_and_the_hub_sends_the_alert(deployed):
    """Its rules name the hub's event buses by their ARNs."""
    account, _ = deployed
    key = account.create_key(SPOKE)["Arn"]
    account.schedule(SPOKE, key)
    assert account.state(SPOKE, key) == "Disabled"
    mails = [mail for mail in account.sandbox.mails if key in mail.body]
    assert {mail.topic_arn.split(":")[3] for mail in mails} == {HUB}
    assert len(mails) == 2
