"""Which of the calls against the guard `reprieve status` and the next Region's patrol find."""

import pytest

from sandbox.deployment import DEPLOYER
from tests.support.account import EMAIL, REGIONS
from tests.support.attacks import ATTACKS
from tests.support.operator import Operator

pytestmark = pytest.mark.long

REGION, HOME = REGIONS
SETTINGS = {
    "REPRIEVE_REGIONS__WATCH": ",".join(REGIONS),
    "REPRIEVE_NOTIFY__EMAILS": EMAIL,
    "REPRIEVE_EXEMPT__DEPLOYERS": DEPLOYER,
    "REPRIEVE_SETTINGS": "/dev/null",
}
# It disguises a production key and changes nothing of the guard.
DISGUISE = 33
# What a target runs is a fixed version of a document: a new version changes nothing.
WITHOUT_EFFECT = 13
# The patrol compares rules, targets, topics, subscriptions, runbooks and trails. It leaves out
# data protection policies, roles, alarms and the queue's attributes. Without EventBridge's role
# (19 to 22), which the account has once, no patrol starts at all.
PATROL_LEAVES_OUT = {9, WITHOUT_EFFECT, *range(15, 23), *range(28, 33), DISGUISE}


@pytest.fixture(scope="module")
def account(sandbox, deployments, tmp_path_factory):
    """Deploy to two Regions."""
    settings = {name: value for name, value in SETTINGS.items() if name != "REPRIEVE_SETTINGS"}
    return deployments.account(sandbox, tmp_path_factory.mktemp("account"), **settings)


@pytest.fixture(scope="module")
def whole(account):
    """The account as it was deployed, to start each test from."""
    return account.sandbox.snapshot()


@pytest.fixture(autouse=True)
def fresh(account, whole):
    """Start from the deployed account."""
    account.sandbox.restore(whole)


def findings(account):
    """Return everything that `reprieve status` finds in the Region, the roles included."""
    operator = Operator(account.sandbox, SETTINGS)
    (found,) = operator.run("status", "--region", REGION, "--json").json["accounts"]
    checks = [check for region in found["regions"] for check in region["checks"]]
    return [each["problem"] for check in (*checks, found["roles"]) for each in check["findings"]]


def test_before_the_calls_status_finds_nothing(account):
    """The near miss of all of them."""
    assert findings(account) == []


@pytest.mark.parametrize("attack", ATTACKS, ids=str)
def test_status_and_the_patrol_of_the_region_before_find_what_a_call_changed(account, attack):
    """Status finds all calls except the disguise of a key, and the patrol finds most."""
    attack.perform(account, REGION)
    account.sandbox.settle()
    found = findings(account)
    assert bool(found) == (attack.id != DISGUISE), found
    if attack.id in PATROL_LEAVES_OUT:
        return
    account.age(HOME, hours=1)
    before = len(account.messages(HOME))
    account.sandbox.run_schedules(HOME, "reprieve-patrol")
    account.sandbox.settle(300)
    subjects = [mail.subject for mail in account.messages(HOME, before)]
    expected = f"Reprieve: ACT NOW: the guard is broken ({REGION})"
    assert expected in subjects
