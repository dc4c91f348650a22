"""Every threat of the catalogue, and a watch, by the call that makes it."""

from datetime import UTC, datetime, timedelta

import pytest

from reprieve.events.threats import BY_NAME
from sandbox.core.account import ACCOUNT_ID
from sandbox.deployment import EXAMPLE
from tests.support.account import EMAIL, ending

REGION = "eu-west-1"
MATERIAL = {"ImportToken": b"token", "EncryptedKeyMaterial": b"material"}
STAYS = {"ExpirationModel": "KEY_MATERIAL_DOES_NOT_EXPIRE"}
WATCH = """
[[watch]]
name = "tagged"
summary = "a key was tagged"
pattern = '{"source": ["aws.kms"], "detail": {"eventName": ["TagResource"]}}'
"""


@pytest.fixture(scope="module")
def account(sandbox, deployments, tmp_path_factory):
    """Deploy to one Region with all threats, a watch, and no remediation."""
    directory = tmp_path_factory.mktemp("account")
    settings_file = directory / "watch.toml"
    settings_file.write_text(EXAMPLE.read_text() + WATCH)
    return deployments.account(
        sandbox,
        directory,
        settings_file=settings_file,
        REPRIEVE_REGIONS__WATCH=REGION,
        REPRIEVE_REMEDIATION__ENABLED="false",
        REPRIEVE_NOTIFY__THREATS=",".join(BY_NAME),
    )


@pytest.fixture
def notified(account):
    """Return what gives the rules whose alerts came since the test began, in their order."""
    since = len(account.sandbox.deliveries)

    def rules() -> list[str]:
        account.sandbox.settle()
        found = account.sandbox.deliveries[since:]
        assert [each.error for each in found if each.error] == []
        assert all((EMAIL,) == each.recipients for each in found)
        return [each.rule_arn.rpartition("/reprieve-")[2] for each in found]

    return rules


@pytest.fixture
def kms(account):
    """Return a KMS client."""
    return account.kms(REGION)


@pytest.fixture
def key(account) -> str:
    """Return the id of a key."""
    return str(account.create_key(REGION)["KeyId"])


@pytest.fixture
def imported(account) -> str:
    """Return the id of a key whose material waits to be imported."""
    return str(account.create_key(REGION, Origin="EXTERNAL")["KeyId"])


def test_without_remediation_an_alert_is_sent_and_the_key_stays_pending(account):
    """Remediation off: an alert that says so, and nothing cancelled."""
    key = account.create_key(REGION)["KeyId"]
    account.schedule(REGION, key)
    (alert,) = (each for each in account.alerts(key) if "key-deletion-scheduled" in each.rule_arn)
    assert (alert.error, alert.recipients) == (None, (EMAIL,))
    assert "Cancel it yourself now." in alert.body
    assert account.starts(key) == []
    assert account.state(REGION, key) == "PendingDeletion"
    account.kms(REGION).cancel_key_deletion(KeyId=key)
    account.sandbox.settle()


def test_without_remediation_the_patrol_reminds_once_a_day(account):
    """Of each key, with the days that are left; it cancels nothing, and may not."""
    key = account.create_key(REGION)["Arn"]
    account.schedule(REGION, key)
    account.age(REGION, hours=1)
    since = len(account.messages(REGION))
    assert ending(account.patrol(REGION)) == "Success"
    assert account.messages(REGION, since) == []
    assert ending(account.patrol(REGION, remind=True)) == "Success"
    (reminder,) = account.messages(REGION, since)
    assert reminder.subject == "Reprieve: 1 KMS key pending deletion (eu-west-1)"
    assert reminder.recipients == (EMAIL,)
    assert f"{key}, scheduled by [arn:aws:iam::{ACCOUNT_ID}:root] at " in reminder.body
    assert ": 6 days left" in reminder.body
    assert account.state(REGION, key) == "PendingDeletion"
    account.kms(REGION).cancel_key_deletion(KeyId=key)
    account.sandbox.settle()


def test_a_disabled_key_is_told_and_an_enabled_one_is_not(notified, kms, key):
    """Nothing is undone: the settings say so."""
    kms.disable_key(KeyId=key)
    kms.enable_key(KeyId=key)
    assert notified() == ["key-disabled"]


def test_imported_material(notified, kms, imported):
    """Sent when it will expire and when it is deleted; not when it stays."""
    kms.import_key_material(KeyId=imported, **MATERIAL, **STAYS)
    assert notified() == []
    later = datetime.now(UTC) + timedelta(days=400)
    kms.import_key_material(KeyId=imported, **MATERIAL, ValidTo=later)
    assert notified() == ["key-material-expiring"]
    kms.delete_imported_key_material(KeyId=imported)
    assert notified() == ["key-material-expiring", "key-material-deleted"]


def test_time_takes_material_and_keys(account, notified, kms, imported, key):
    """KMS itself reports both, with no trail at all."""
    soon = datetime.now(UTC) + timedelta(days=3)
    kms.import_key_material(KeyId=imported, **MATERIAL, ValidTo=soon)
    kms.schedule_key_deletion(KeyId=key, PendingWindowInDays=7)
    assert sorted(notified()) == ["key-deletion-scheduled", "key-material-expiring"]
    account.sandbox.lose_events(lambda event: "via CloudTrail" in event["detail-type"])
    try:
        account.sandbox.advance(4)
        assert notified()[-1] == "key-material-expired"
        account.sandbox.advance(4)
        assert notified()[-1] == "key-gone"
    finally:
        account.sandbox.lose_events(None)
    assert key in account.sandbox.deliveries[-1].body
    assert len(notified()) == 4


def test_a_key_store_that_goes(notified, kms):
    """Sent when it is disconnected and when it is deleted; not when it is connected."""
    made = kms.create_custom_key_store(CustomKeyStoreName="hsm")
    store = {"CustomKeyStoreId": made["CustomKeyStoreId"]}
    kms.connect_custom_key_store(**store)
    assert notified() == []
    kms.disconnect_custom_key_store(**store)
    kms.delete_custom_key_store(**store)
    assert set(notified()) == {"key-store-disconnected", "key-store-deleted"}


def test_a_key_policy(notified, kms, key):
    """Changed is one thing, changed with the lockout check bypassed another."""
    policy = kms.get_key_policy(KeyId=key, PolicyName="default")["Policy"]
    put = {"KeyId": key, "PolicyName": "default", "Policy": policy}
    kms.put_key_policy(**put)
    assert notified() == ["key-policy-changed"]
    kms.put_key_policy(**put, BypassPolicyLockoutSafetyCheck=True)
    assert notified() == ["key-policy-changed", "key-policy-bypassed"]


def test_an_alias(account, notified, kms, key):
    """Deleted; the alert names it and the key."""
    kms.create_alias(AliasName="alias/payments", TargetKeyId=key)
    kms.delete_alias(AliasName="alias/payments")
    assert notified() == ["alias-deleted"]
    alert = account.sandbox.deliveries[-1].body
    assert '"Alias: alias/payments"' in alert
    assert key in alert


def test_a_watch(account, notified, kms, key):
    """The user's own pattern, and its summary."""
    kms.tag_resource(KeyId=key, Tags=[{"TagKey": "a", "TagValue": "b"}])
    assert notified() == ["watch-tagged"]
    assert '"Reprieve: a key was tagged (Region ' in account.sandbox.deliveries[-1].body


def test_calls_that_are_refused_endanger_nothing(notified, kms, key):
    """They reach the trail, and no person."""
    for call, parameters in (
        (kms.delete_imported_key_material, {"KeyId": key}),
        (kms.disconnect_custom_key_store, {"CustomKeyStoreId": "cks-1234567890abcdef0"}),
        (kms.put_key_policy, {"KeyId": key, "PolicyName": "default", "Policy": "{"}),
    ):
        with pytest.raises(kms.exceptions.ClientError):
            call(**parameters)
    assert notified() == []
