"""A key is scheduled for deletion: people are notified, and the deletion is cancelled."""

import pytest
from botocore.exceptions import ClientError

from sandbox.core.account import ACCOUNT_ID
from tests.support.account import EMAIL, REGIONS


@pytest.mark.parametrize("region", REGIONS)
def test_a_key_named_by_its_id_is_rescued(account, region):
    """The main case, in each Region: an alert, a cancelled deletion, a key out of danger."""
    key = account.create_key(region)["KeyId"]
    account.schedule(region, key)
    (alert,) = account.alerts(key)
    assert (alert.error, alert.recipients) == (None, (EMAIL,))
    assert account.endings(key) == ["Success"]
    assert account.state(region, key) == "Disabled"


def test_the_alert_says_what_a_person_needs(account):
    """Which key, where, who, from where, how long, whether it is cancelled, and how by hand."""
    key = account.create_key("eu-west-1")
    account.schedule("eu-west-1", key["KeyId"])
    (alert,) = account.alerts(key["KeyId"])
    arn = key["Arn"]
    for line in (
        f'"Key: {arn}"',
        f'"Region: eu-west-1, account: {ACCOUNT_ID}"',
        f'"By: Root [arn:aws:iam::{ACCOUNT_ID}:root] "',
        '"Waiting period in days (30 if none was given): 7"',
        '"State: PendingDeletion"',
        f'"aws kms cancel-key-deletion --region eu-west-1 --key-id {arn}"',
    ):
        assert line in alert.body.splitlines()
    assert '"From: 127.0.0.1, at 20' in alert.body
    assert "Wait for the second message, which reports the result." in alert.body
    assert "<" not in alert.body


def test_a_rescue_that_ends_well_raises_no_second_alarm(account):
    """The near-miss of a failed one: only the alert and the outcome."""
    key = account.create_key("eu-west-1")["KeyId"]
    account.schedule("eu-west-1", key)
    (execution,) = account.executions(key)
    assert account.about(execution.execution_id) == []
    assert len([mail for mail in account.sandbox.mails if key in mail.body]) == 2


def test_a_multi_region_key_is_rescued(account):
    """The bare id of a multi-Region key, mrk-…, passes the runbook's pattern too."""
    key = account.create_key("eu-west-1", MultiRegion=True)["KeyId"]
    assert key.startswith("mrk-")
    account.schedule("eu-west-1", key)
    assert account.state("eu-west-1", key) == "Disabled"
    assert [alert.error for alert in account.alerts(key)] == [None]


def test_a_primary_with_replicas_is_rescued(account):
    """It waits for its replicas: no date yet, and the alert is sent all the same."""
    kms = account.kms("eu-west-1")
    key = account.create_key("eu-west-1", MultiRegion=True)["KeyId"]
    kms.replicate_key(KeyId=key, ReplicaRegion="us-east-1")
    answer = kms.schedule_key_deletion(KeyId=key, PendingWindowInDays=7)
    assert answer["KeyState"] == "PendingReplicaDeletion"
    assert "DeletionDate" not in answer
    account.sandbox.settle()
    (alert,) = account.alerts(key)
    assert '"State: PendingReplicaDeletion"' in alert.body
    assert '"Deletion date (none while the key has replicas): "' in alert.body
    assert account.state("eu-west-1", key) == "Disabled"


def test_a_key_named_by_its_arn_is_rescued(account):
    """However the caller names the key, the runbook finds it."""
    key = account.create_key("eu-west-1")
    account.schedule("eu-west-1", key["Arn"])
    assert account.state("eu-west-1", key["KeyId"]) == "Disabled"
    assert account.endings(key["KeyId"]) == ["Success"]


def test_people_are_told_that_the_key_is_saved(account):
    """The second message: what was done, what the key needs, and where to look closer."""
    key = account.create_key("eu-west-1")
    account.schedule("eu-west-1", key["KeyId"])
    (outcome,) = account.outcomes(key["KeyId"])
    (execution,) = account.executions(key["KeyId"])
    arn = key["Arn"]
    link = "https://console.aws.amazon.com/systems-manager/automation/execution/"
    assert outcome.recipients == (EMAIL,)
    assert outcome.subject == "Reprieve: KMS key saved (eu-west-1)"
    assert outcome.body.splitlines() == [
        f"Reprieve cancelled the deletion of the KMS key {arn}. The key is safe. Its state is "
        "Disabled. To use it again, enable it:",
        f"aws kms enable-key --region eu-west-1 --key-id {arn}",
        "",
        f"Region eu-west-1, account {ACCOUNT_ID}",
        f"Automation execution {execution.execution_id}",
        f"{link}{execution.execution_id}?region=eu-west-1",
    ]


def test_a_denied_call_is_silent(account):
    """A call that changed nothing is recorded by CloudTrail, and alarms nobody."""
    key = account.create_key("eu-west-1")["KeyId"]
    account.schedule("eu-west-1", key)
    before = len(account.sandbox.deliveries)
    with pytest.raises(ClientError, match="ValidationException"):
        account.kms("eu-west-1").schedule_key_deletion(KeyId=key, PendingWindowInDays=3)
    account.sandbox.settle()
    assert before == len(account.sandbox.deliveries)


def test_a_region_that_is_not_watched_is_silent(account):
    """The near-miss of it all: no guard, no alert, and the key stays pending."""
    key = account.create_key("sa-east-1")["KeyId"]
    account.schedule("sa-east-1", key)
    assert account.about(key) == []
    assert account.state("sa-east-1", key) == "PendingDeletion"


def test_without_a_trail_the_guard_is_blind(account):
    """Events come from CloudTrail: if its trail is stopped, nobody is notified."""
    trail = account.sandbox.client("cloudtrail", "us-east-1")
    (name,) = [found["Name"] for found in trail.describe_trails()["trailList"]]
    trail.stop_logging(Name=name)
    try:
        key = account.create_key("eu-west-1")["KeyId"]
        account.schedule("eu-west-1", key)
        assert account.about(key) == []
    finally:
        trail.start_logging(Name=name)
