"""Alerts through an encrypted topic, and past it where its own key is endangered."""

from typing import Any

import pytest

from sandbox.deployment import DEPLOYER
from tests.support.account import EMAIL, Account, Policy, deploy
from tests.support.operator import Operator, user_allowed

REGION = "eu-west-1"


@pytest.fixture(scope="module")
def account(sandbox, tmp_path_factory):
    """Deploy with a key of Reprieve's own, and the stricter topic policy, as who may just that."""
    settings: dict[str, Any] = {
        "REPRIEVE_REGIONS__WATCH": REGION,
        "REPRIEVE_NOTIFY__ENCRYPTION": "own",
        "REPRIEVE_NOTIFY__STRICT_TOPIC_POLICY": "true",
    }
    deployer = user_allowed(sandbox, settings, "deploy")
    directory = tmp_path_factory.mktemp("account")
    deployment = deploy(sandbox, directory, **(settings | dict(deployer.credentials)))
    return Account(sandbox, deployment)


@pytest.fixture(scope="module")
def alert_key(account) -> str:
    """Return the ARN of the key that encrypts the topic."""
    return topic(account, "reprieve-alerts")["KmsMasterKeyId"]


def topic(account: Account, name: str) -> dict[str, str]:
    """Return the attributes of a topic."""
    sns = account.sandbox.client("sns", REGION)
    (arn,) = (t["TopicArn"] for t in sns.list_topics()["Topics"] if t["TopicArn"].endswith(name))
    attributes: dict[str, str] = sns.get_topic_attributes(TopicArn=arn)["Attributes"]
    return attributes


def mails(account: Account, name: str, since: int = 0) -> list[str]:
    """Return what people got of a topic, behind the first `since` of them."""
    return [m.body for m in account.sandbox.mails if m.topic_arn.endswith(f":{name}")][since:]


def test_the_key_is_one_that_is_looked_after(account, alert_key):
    """It rotates; and the lifeline needs none."""
    assert account.kms(REGION).get_key_rotation_status(KeyId=alert_key)["KeyRotationEnabled"]
    assert "KmsMasterKeyId" not in topic(account, "reprieve-lifeline")


@pytest.fixture
def operator(account):
    """The account's root, with the settings that were deployed."""
    return Operator(
        account.sandbox,
        {
            "REPRIEVE_NOTIFY__EMAILS": EMAIL,
            "REPRIEVE_REGIONS__WATCH": REGION,
            "REPRIEVE_NOTIFY__ENCRYPTION": "own",
            "REPRIEVE_NOTIFY__STRICT_TOPIC_POLICY": "true",
            "REPRIEVE_EXEMPT__DEPLOYERS": DEPLOYER,
            "REPRIEVE_SETTINGS": "/dev/null",
        },
    )


def problems(operator) -> list[str]:
    """Return what status finds in the Region."""
    printed = operator.run("status", "--region", REGION, "--json")
    (row,) = printed.json["accounts"][0]["regions"]
    return [each["problem"] for check in row["checks"] for each in check["findings"]]


def test_status_and_drill_pass_through_the_encrypted_topic(operator):
    """The deployment is as the settings make it, and a drill proves it."""
    printed = operator.run("status", "--region", REGION)
    assert printed.exit_code == 0, printed.text
    assert operator.run("drill", "--yes", "--timeout", "60").exit_code == 0


def test_status_finds_what_is_wrong_with_the_lifeline(account, operator):
    """Its policy, and each address that does not subscribe to it."""
    with Policy.of_topic(account, REGION, "reprieve-lifeline").without("AlarmsPublish"):
        found = problems(operator)
    expected = "the statement AlarmsPublish is missing"
    assert found == [f"The lifeline reprieve-lifeline has another policy: {expected}."]
    sns = account.sandbox.client("sns", REGION)
    arn = topic(account, "reprieve-lifeline")["TopicArn"]
    (there,) = sns.list_subscriptions_by_topic(TopicArn=arn)["Subscriptions"]
    sns.unsubscribe(SubscriptionArn=there["SubscriptionArn"])
    found = problems(operator)
    sns.subscribe(TopicArn=arn, Protocol="email", Endpoint=EMAIL)
    assert found == [f"{EMAIL} does not subscribe to the lifeline."]


def test_an_alert_and_an_outcome_come_through_the_encrypted_topic(account):
    """EventBridge and the runbook may use the key; the lifeline has nothing to say."""
    before = len(mails(account, "reprieve-lifeline"))
    key = account.create_key(REGION)["KeyId"]
    account.schedule(REGION, key)
    (alert,) = account.alerts(key)
    assert (alert.error, alert.recipients) == (None, (EMAIL,))
    assert [m.subject for m in account.outcomes(key)] == ["Reprieve: KMS key saved (eu-west-1)"]
    assert mails(account, "reprieve-lifeline", before) == []


def test_the_deletion_of_the_alert_key_itself_is_reported_and_cancelled(account, alert_key):
    """The topic is silent; the lifeline reports the key, the silence and the rescue."""
    before = len(mails(account, "reprieve-lifeline"))
    muted = len(mails(account, "reprieve-alerts"))
    account.schedule(REGION, alert_key)
    assert mails(account, "reprieve-alerts", muted) == []
    heard = "\n".join(mails(account, "reprieve-lifeline", before))
    assert "ACT NOW: restore the key that encrypts the alerts" in heard
    assert f"aws kms enable-key --region {REGION} --key-id {alert_key}" in heard
    # Rescued, but disabled: the runbook's own message could not be sent, and that is reported too.
    assert account.state(REGION, alert_key) == "Disabled"
    assert "a rescue in eu-west-1 failed" in heard
    assert "reprieve-dead-letters" in heard
    account.kms(REGION).enable_key(KeyId=alert_key)


def test_disabling_the_alert_key_is_reported(account, alert_key):
    """And once it is enabled, the next alert comes through."""
    before = len(mails(account, "reprieve-lifeline"))
    account.kms(REGION).disable_key(KeyId=alert_key)
    account.sandbox.settle()
    assert any(
        " Call DisableKey, by " in body for body in mails(account, "reprieve-lifeline", before)
    )
    account.kms(REGION).enable_key(KeyId=alert_key)
    key = account.create_key(REGION)["KeyId"]
    account.schedule(REGION, key)
    assert [alert.error for alert in account.alerts(key)] == [None]


def test_disabling_another_key_does_not_concern_the_lifeline(account):
    """The near miss: the encrypted topic reports it."""
    before = len(mails(account, "reprieve-lifeline"))
    key = account.create_key(REGION)["KeyId"]
    account.kms(REGION).disable_key(KeyId=key)
    account.sandbox.settle()
    assert mails(account, "reprieve-lifeline", before) == []
    assert [alert.error for alert in account.alerts(key)] == [None]


def test_a_key_policy_that_locks_eventbridge_out_is_heard_of(account, alert_key):
    """A narrower policy of the key silences the topic: reported at once, the lost alert is kept."""
    before = len(mails(account, "reprieve-lifeline"))
    key = account.create_key(REGION)["KeyId"]
    with Policy.of_key(account, REGION, alert_key).without("AlertsAreEncrypted"):
        account.schedule(REGION, key)
    (alert,) = account.alerts(key)
    assert "does not allow events.amazonaws.com kms:GenerateDataKey" in alert.error
    heard = "\n".join(mails(account, "reprieve-lifeline", before))
    assert " Call PutKeyPolicy, by " in heard
    assert account.state(REGION, key) == "Disabled"


def test_status_finds_what_is_wrong_with_the_key_of_the_alerts(account, operator, alert_key):
    """That it is disabled, beside what that brings about; and that its policy was changed."""
    kms = account.kms(REGION)
    kms.disable_key(KeyId=alert_key)
    disabled = problems(operator)
    kms.enable_key(KeyId=alert_key)
    account.sandbox.settle()
    assert "The key that encrypts the alerts is Disabled: no alert can be sent." in disabled
    with Policy.of_key(account, REGION, alert_key).without("AlertsAreEncrypted"):
        changed = problems(operator)
    missing = "the statement AlertsAreEncrypted is missing"
    assert f"The key that encrypts the alerts has another policy: {missing}." in changed
