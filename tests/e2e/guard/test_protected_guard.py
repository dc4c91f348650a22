"""Reprieve works, and can be deployed, under the policy of `reprieve policy protect`."""

import pytest

from sandbox.deployment import Deployment
from tests.support.account import EMAIL, REGIONS
from tests.support.attack_calls import RULE
from tests.support.protection import (
    DEPLOYED,
    REGION,
    TOPIC,
    call,
    clients_of,
    create_role,
    credentials,
    deploy_with_administrators,
    operator,
    outcome,
    printed_policy,
    queue_call,
)


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


def test_status_and_sweep_work_for_everybody_under_the_policy(account, policy):
    """They only read the guard, and a sweep rescues keys."""
    key = account.create_key(REGION)["KeyId"]
    administrator = operator(account, "role")
    events = account.sandbox.client("events", REGION)
    events.disable_rule(Name=RULE)
    account.kms(REGION).schedule_key_deletion(KeyId=key)
    account.sandbox.settle()
    events.enable_rule(Name=RULE)
    account.sandbox.set_service_control_policy(policy)
    regions = [part for region in REGIONS for part in ("--region", region)]
    status = administrator.run("status", *regions, "--json")
    assert (status.exit_code, status.json["healthy"]) == (0, True)
    sweep = administrator.run("sweep", *regions, "--cancel", "--yes", "--json")
    assert sweep.exit_code == 0
    account.sandbox.set_service_control_policy(None)
    assert account.state(REGION, key) == "Disabled"


def test_reprieves_own_roles_are_not_denied_their_work(account, policy):
    """The patrol empties the queue, sends alerts and rescues keys; another role may not."""
    create_role(account, "reprieve-patrol")
    key = account.create_key(REGION)["KeyId"]
    account.kms(REGION).disable_key(KeyId=key)
    patrol, administrator = clients_of(account, "reprieve-patrol"), clients_of(account, "role")
    account.sandbox.set_service_control_policy(policy)
    for act in (
        queue_call("receive_message"),
        call("sns", "publish", TopicArn=TOPIC, Message="found"),
    ):
        assert outcome(act, patrol) == "allowed"
        assert outcome(act, administrator) == "denied"
    assert outcome(call("kms", "enable_key", KeyId=key), patrol) == "allowed"


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
