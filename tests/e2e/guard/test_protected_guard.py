"""Reprieve works, and can be deployed, under the policy of `reprieve policy protect`."""

import pytest

from sandbox.deployment import Deployment
from tests.support.account import EMAIL, REGIONS, Policy, ending
from tests.support.attack_calls import RULE
from tests.support.protection import (
    DEPLOYED,
    REGION,
    clients_of,
    credentials,
    deploy_with_administrators,
    operator,
    printed_policy,
)

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def account(sandbox, deployments, tmp_path_factory):
    """Deploy to two Regions; create deployers and administrators."""
    return deploy_with_administrators(sandbox, deployments, tmp_path_factory.mktemp("account"))


@pytest.fixture(scope="module")
def policy():
    """The policy that `reprieve policy protect` prints."""
    return printed_policy()


@pytest.fixture(scope="module")
def whole(account):
    """The account as it was deployed, to start each test from."""
    return account.sandbox.snapshot()


@pytest.fixture(autouse=True)
def fresh(account, whole):
    """Start from the deployed account, without a service control policy."""
    account.sandbox.restore(whole)


def test_a_rescue_works_under_the_policy(account, policy):
    """The alert is sent, the deletion is cancelled, and the result is sent."""
    key = account.create_key(REGION)["KeyId"]
    administrator = clients_of(account, "role")
    account.sandbox.set_service_control_policy(policy)
    administrator("kms", REGION).schedule_key_deletion(KeyId=key)
    account.sandbox.settle()
    found = administrator("kms", REGION).describe_key(KeyId=key)["KeyMetadata"]["KeyState"]
    assert found == "Disabled"
    assert [(alert.error, alert.recipients) for alert in account.alerts(key)] == [(None, (EMAIL,))]
    assert len(account.outcomes(key)) == 1


def test_a_deployer_can_drill_under_the_policy(account, policy):
    """A second drill uses the key of the first."""
    deployer = operator(account, "deployer")
    account.sandbox.set_service_control_policy(policy)
    for _ in range(2):
        printed = deployer.run("drill", "--yes", "--json", "--region", REGION)
        assert (printed.exit_code, printed.json["passed"]) == (0, True)


def test_an_administrator_cannot_drill_under_the_policy(account, policy):
    """A drill does what attacks do: it subscribes to the alerts, and marks a key as its own."""
    administrator = operator(account, "role")
    account.sandbox.set_service_control_policy(policy)
    printed = administrator.run("drill", "--yes", "--json", "--region", REGION)
    assert printed.exit_code == 1
    (drill,) = printed.json["accounts"][0]["regions"]
    assert drill["problem"] == "A service control policy of the organization denies sns:Subscribe."


def test_status_works_for_everybody_under_the_policy(account, policy):
    """It only reads the guard: it finds what it finds without the policy."""
    administrator = operator(account, "role")
    regions = [part for region in REGIONS for part in ("--region", region)]
    without = administrator.run("status", *regions, "--json")
    account.sandbox.set_service_control_policy(policy)
    under = administrator.run("status", *regions, "--json")
    assert (under.exit_code, under.json) == (without.exit_code, without.json)
    assert "service control policy" not in under.text


def test_sweep_works_for_everybody_under_the_policy(account, policy):
    """It cancels a deletion that the guard did not see."""
    key = account.create_key(REGION)["KeyId"]
    administrator = operator(account, "role")
    events = account.sandbox.client("events", REGION)
    events.disable_rule(Name=RULE)
    account.schedule(REGION, key)
    assert account.state(REGION, key) == "PendingDeletion"
    account.sandbox.set_service_control_policy(policy)
    sweep = administrator.run("sweep", "--region", REGION, "--cancel", "--yes", "--json")
    account.sandbox.set_service_control_policy(None)
    assert account.state(REGION, key) == "Disabled"
    (found,) = sweep.json["accounts"][0]["keys"]
    assert found["arn"].endswith(key)


def test_the_patrol_works_under_the_policy(account, policy):
    """It empties the queue, sends its messages and rescues a key whose event was missed."""
    key = account.create_key(REGION)["KeyId"]
    with Policy.of_topic(account, REGION).without("EventBridgePublishes"):
        account.schedule(REGION, account.create_key(REGION)["KeyId"])
    account.sandbox.lose_events(lambda event: True)
    account.schedule(REGION, key)
    account.sandbox.lose_events(None)
    account.age(REGION, hours=1)
    assert account.state(REGION, key) == "PendingDeletion"
    before = len(account.messages(REGION))
    account.sandbox.set_service_control_policy(policy)
    execution = account.patrol(REGION)
    account.sandbox.set_service_control_policy(None)
    assert (ending(execution), account.state(REGION, key)) == ("Success", "Disabled")
    subjects = {mail.subject for mail in account.messages(REGION, before)}
    assert subjects == {
        # About the deletion, and about the change of the topic's policy.
        "Reprieve: 2 events not delivered (eu-west-1)",
        "Reprieve: the patrol saved 1 KMS key (eu-west-1)",
    }


def test_a_deployer_can_deploy_under_the_policy(account, policy):
    """Terraform changes the guard with the deployers' credentials."""
    names = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
    keys = dict(zip(names, credentials(account, "deployer"), strict=True))
    changed = {"REPRIEVE_NOTIFY__TOPIC_NAME": "alerts", "REPRIEVE_REMEDIATION__RE_ENABLE": "true"}
    deployment = Deployment(
        account.sandbox, account.deployment.directory, settings=DEPLOYED | keys | changed
    )
    account.sandbox.set_service_control_policy(policy)
    deployment.synth()
    deployment.apply()
    account.sandbox.set_service_control_policy(None)
    topics = account.sandbox.client("sns", REGION).list_topics()["Topics"]
    assert [topic["TopicArn"].rpartition(":")[2] for topic in topics] == ["alerts"]
