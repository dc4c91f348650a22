"""Keys that are enabled again: rescued ones, as they were before, and those that were disabled."""

import pytest

from tests.support.account import Account, Policy

REGION = "eu-west-1"


@pytest.fixture(scope="module")
def account(sandbox, deployments, tmp_path_factory):
    """Deploy to one Region; rescued keys and disabled ones are enabled again."""
    return deployments.account(
        sandbox,
        tmp_path_factory.mktemp("account"),
        REPRIEVE_REGIONS__WATCH=REGION,
        REPRIEVE_REMEDIATION__RE_ENABLE="true",
        REPRIEVE_REMEDIATION__ENABLE_DISABLED="true",
    )


def disable(account: Account, key: str) -> None:
    """Disable a key where no rule matches it: a second before its deletion is scheduled."""
    trail = account.sandbox.client("cloudtrail", "us-east-1")
    trail.stop_logging(Name="sandbox")
    account.kms(REGION).disable_key(KeyId=key)
    trail.start_logging(Name="sandbox")
    account.sandbox.history.age(1)


def subjects(account: Account, key: str) -> list[str | None]:
    """Return the subjects of the runbooks' messages about a key."""
    return [mail.subject for mail in account.outcomes(key)]


def test_a_rescued_key_is_enabled_as_it_was(account):
    """Nobody had disabled it; the message says what its state is."""
    key = account.create_key(REGION)["KeyId"]
    account.schedule(REGION, key)
    assert account.state(REGION, key) == "Enabled"
    (outcome,) = account.outcomes(key)
    assert outcome.subject == "Reprieve: KMS key saved (eu-west-1)"
    assert "It is enabled again, because nobody had disabled it before." in outcome.body


def test_a_key_that_was_disabled_before_stays_disabled(account):
    """The deletion is cancelled; the decision to disable it is kept."""
    key = account.create_key(REGION)["KeyId"]
    disable(account, key)
    account.schedule(REGION, key)
    assert account.state(REGION, key) == "Disabled"
    assert "Its state is Disabled." in account.outcomes(key)[0].body


def test_a_key_that_was_enabled_again_before_is_enabled(account):
    """The last of the two calls counts."""
    key = account.create_key(REGION)["KeyId"]
    disable(account, key)
    account.kms(REGION).enable_key(KeyId=key)
    account.sandbox.history.age(0.5)
    account.schedule(REGION, key)
    assert account.state(REGION, key) == "Enabled"


def test_another_keys_history_does_not_count(account):
    """A near miss: disabled was a neighbour."""
    neighbour, key = (account.create_key(REGION)["KeyId"] for _ in range(2))
    disable(account, neighbour)
    account.schedule(REGION, key)
    assert account.state(REGION, key) == "Enabled"


def test_what_cloudtrail_does_not_know_any_more_counts_as_enabled(account):
    """As the docs say: the history has 90 days."""
    key = account.create_key(REGION)["KeyId"]
    disable(account, key)
    account.sandbox.history.age(91)
    account.schedule(REGION, key)
    assert account.state(REGION, key) == "Enabled"


@pytest.mark.parametrize("sid", ["SeeWhatKeysWere", "CancelKeyDeletion"])
def test_a_key_whose_past_cannot_be_seen_stays_disabled(account, sid):
    """The message says: saved, and not enabled; or, where not even that may be done, NOT saved."""
    key = account.create_key(REGION)["KeyId"]
    with Policy.of_role(account, REGION, "reprieve-automation").without(sid):
        account.schedule(REGION, key)
    saved = sid == "SeeWhatKeysWere"
    assert ("Disabled" if saved else "PendingDeletion") == account.state(REGION, key)
    subject = "KMS key saved, NOT enabled" if saved else "ACT NOW: KMS key NOT saved"
    assert subjects(account, key) == [f"Reprieve: {subject} (eu-west-1)"]
    (execution,) = account.executions(key)
    # A saved key is a success; that it is not enabled is in the message.
    assert execution.status == ("Success" if saved else "Failed")


def test_ten_rescues_at_once_all_learn_what_their_keys_were(account):
    """CloudTrail answers two lookups a second: each rescue asks again until it has its answers."""
    keys = [account.create_key(REGION)["KeyId"] for _ in range(10)]
    for key in keys:
        account.kms(REGION).schedule_key_deletion(KeyId=key, PendingWindowInDays=7)
    account.sandbox.settle(120)
    assert {account.state(REGION, key) for key in keys} == {"Enabled"}


def test_a_key_that_is_disabled_and_then_scheduled_gets_one_message_of_each_kind(account):
    """The runbook that enables it waits for the rescue, and does not complain about the state."""
    key = account.create_key(REGION)["KeyId"]
    account.kms(REGION).disable_key(KeyId=key)
    account.schedule(REGION, key)
    assert [s for s in subjects(account, key) if "NOT" in str(s)] == []
    assert account.state(REGION, key) == "Enabled"


def test_a_disabled_key_is_enabled_again(account):
    """An alert, the key enabled, a result."""
    key = account.create_key(REGION)["KeyId"]
    account.kms(REGION).disable_key(KeyId=key)
    account.sandbox.settle()
    (alert,) = account.alerts(key)
    assert "Reprieve is enabling it." in alert.body
    assert subjects(account, key) == ["Reprieve: KMS key enabled again (eu-west-1)"]
    assert account.state(REGION, key) == "Enabled"


def test_a_disabled_key_that_may_not_be_enabled(account):
    """The message says what to do by hand, and Systems Manager reports the failure as well."""
    key = account.create_key(REGION)["KeyId"]

    def deny(policy):
        policy["Statement"].append(
            {
                "Sid": "NotByReprieve",
                "Effect": "Deny",
                "Principal": {"AWS": "*"},
                "Action": "kms:EnableKey",
                "Resource": "*",
            }
        )

    with Policy.of_key(account, REGION, key).changed(deny):
        account.kms(REGION).disable_key(KeyId=key)
        account.sandbox.settle()
    assert account.state(REGION, key) == "Disabled"
    assert subjects(account, key) == ["Reprieve: ACT NOW: KMS key NOT enabled (eu-west-1)"]
    (execution,) = account.executions(key)
    sent = [mail.body for mail in account.sandbox.mails if execution.execution_id in mail.body]
    assert any("a rescue in eu-west-1 failed" in body for body in sent)
