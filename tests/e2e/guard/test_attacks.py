"""Calls against the guard itself: who is alerted, and what becomes of a key afterwards."""

import pytest

from tests.support.account import EMAIL, REGIONS, Account
from tests.support.attacks import ATTACKS

pytestmark = pytest.mark.long

REGION, HOME = REGIONS
# The call that only prepares an attack: it changes a production key, and nothing of the guard.
# The drill refuses such a key: tests/e2e/commands/test_drill_proof.py.
DISGUISE = 33
# After these the Region's own topic reaches nobody any more; the home Region's does.
MUTES_THE_REGION = {7, 8, 9, 10, 11, 12}
# After these EventBridge can start no runbook, and forward no event: its role is the account's.
DISABLES_EVENTBRIDGE = {19, 20, 21, 22}


@pytest.fixture(scope="module")
def deployed(account) -> bytes:
    """The account as it was deployed, to start each test from."""
    return bytes(account.sandbox.snapshot())


@pytest.fixture(autouse=True)
def fresh(account, deployed) -> None:
    """Start from the deployed account."""
    account.sandbox.restore(deployed)


def alerted(account: Account) -> dict[str, set[str]]:
    """Return who got an alert about the guard or a trail, by the Region of the topic."""
    found: dict[str, set[str]] = {}
    for delivery in account.sandbox.deliveries:
        if delivery.target_id in ("guard-changed-alert", "trail-changed-alert"):
            found.setdefault(delivery.region, set()).update(delivery.recipients)
    return found


@pytest.mark.parametrize("attack", [each for each in ATTACKS if each.id != DISGUISE], ids=str)
def test_a_call_against_the_guard_is_reported_in_two_regions_and_loses_no_key(account, attack):
    """In the Region of the call if its topic still works, and in another one.

    A key is then rescued by its event, or by the patrol. Without EventBridge's role people are
    notified, and the key waits for them.
    """
    key = account.create_key(REGION)["KeyId"]
    attack.perform(account, REGION)
    account.sandbox.settle()
    found = alerted(account)
    assert found[HOME] == {EMAIL}
    if attack.id not in MUTES_THE_REGION | DISABLES_EVENTBRIDGE:
        assert found[REGION] == {EMAIL}
    account.schedule(REGION, key)
    if attack.id not in DISABLES_EVENTBRIDGE:
        account.age(REGION, hours=1)
        account.patrol(REGION)
        assert account.state(REGION, key) == "Disabled"
        return
    assert account.state(REGION, key) == "PendingDeletion"
    (alert,) = account.alerts(key)
    assert alert.recipients == (EMAIL,)
    alarms = {change.name for change in account.sandbox.alarms if change.state == "ALARM"}
    assert "reprieve-dead-letters" in alarms


def test_the_alert_names_the_call_the_resource_and_the_caller(account):
    """Also the one in the other Region: it says where it happened."""
    account.sandbox.client("events", REGION).disable_rule(Name="reprieve-key-deletion-scheduled")
    account.sandbox.settle()
    bodies = [
        delivery.body.splitlines()
        for delivery in account.sandbox.deliveries
        if delivery.target_id == "guard-changed-alert"
    ]
    assert len(bodies) == 2
    for lines in bodies:
        assert lines[0].startswith('"Reprieve: a resource of Reprieve itself was changed in ')
        assert '"Call: DisableRule"' in lines
        assert '"Resource: reprieve-key-deletion-scheduled"' in lines
        assert any(line.startswith(f'"Region: {REGION}, account: ') for line in lines)


def test_a_deployers_changes_raise_no_alert(account):
    """A deployment that changes something; the near miss is everybody else."""
    account.deployment.settings["REPRIEVE_RELIABILITY__STORM_THRESHOLD"] = "20"
    account.deployment.synth()
    account.deployment.apply()
    account.sandbox.settle()
    assert alerted(account) == {}


def test_a_change_of_something_else_raises_no_alert(account):
    """Rules, topics and queues of other names, and calls that only read."""
    events, sns, sqs = (account.sandbox.client(each, REGION) for each in ("events", "sns", "sqs"))
    events.put_rule(Name="mine", EventPattern='{"source": ["aws.kms"]}')
    sns.create_topic(Name="mine")
    sqs.create_queue(QueueName="mine")
    events.describe_rule(Name="reprieve-key-deletion-scheduled")
    account.sandbox.settle()
    assert alerted(account) == {}
