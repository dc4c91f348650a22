"""The rules for the events of KMS are on a custom event bus."""

import pytest

from sandbox.deployment import EXAMPLE
from tests.support.account import Account, deploy
from tests.support.operator import user_allowed
from tests.support.status import watched_problems

REGION = "eu-west-1"
SETTINGS = {"REPRIEVE_REGIONS__WATCH": REGION, "REPRIEVE_EVENTS__BUS": "security"}


@pytest.fixture(scope="module")
def account(sandbox, tmp_path_factory) -> Account:
    """Create the bus, and deploy to one Region."""
    sandbox.client("events", REGION).create_event_bus(Name="security")
    deployment = deploy(sandbox, tmp_path_factory.mktemp("bus"), EXAMPLE, **SETTINGS)
    return Account(sandbox, deployment)


def test_a_key_is_rescued_by_a_rule_on_it(account):
    """The alert and the result arrive."""
    key = account.create_key(REGION)["Arn"]
    account.schedule(REGION, key)
    assert account.state(REGION, key) == "Disabled"
    (start,) = account.starts(key)
    assert ":rule/security/reprieve-key-deletion-scheduled" in start.rule_arn
    assert len(account.alerts(key)) == 1
    assert len(account.outcomes(key)) == 1


def test_status_knows_both_buses(account):
    """With the documented policy of the command."""
    given = account.deployment.settings
    settings = {name: value for name, value in given.items() if name.startswith("REPRIEVE_")}
    printed = user_allowed(account.sandbox, settings, "status").run("status", "--json")
    assert watched_problems(printed) == []
