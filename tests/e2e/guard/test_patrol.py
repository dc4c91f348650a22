"""The patrol: it finds what no event reported, and a guard that somebody dismantled."""

import json
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from sandbox.core.account import ACCOUNT_ID
from tests.support.account import EMAIL, REGIONS, Account, Policy, ending

REGION, NEXT = REGIONS


@contextmanager
def unheard(account: Account) -> Iterator[None]:
    """Lose every event for a while, as EventBridge and CloudTrail may."""
    account.sandbox.lose_events(lambda event: True)
    try:
        yield
    finally:
        account.sandbox.settle()
        account.sandbox.lose_events(None)


def scheduled_unheard(account: Account, region: str = REGION) -> str:
    """Schedule the deletion of a new key without an event; return the key's ARN."""
    key = account.create_key(region)
    with unheard(account):
        account.kms(region).schedule_key_deletion(KeyId=key["KeyId"], PendingWindowInDays=7)
    return str(key["Arn"])


def new_messages(account: Account, region: str, *, remind: bool = False) -> dict[str, str]:
    """Let the patrol run; return the bodies of its messages by their subjects."""
    before = len(account.messages(region))
    execution = account.patrol(region, remind=remind)
    sent = account.messages(region, before)
    assert {mail.recipients for mail in sent} <= {(EMAIL,)}
    assert ending(execution) == "Success"
    return {str(mail.subject): mail.body for mail in sent}


@pytest.fixture(autouse=True)
def tidy(account) -> Iterator[None]:
    """Leave no key pending deletion behind a test."""
    yield
    for region in REGIONS:
        kms = account.kms(region)
        for key in kms.list_keys()["Keys"]:
            if account.state(region, key["KeyId"]).startswith("Pending"):
                kms.cancel_key_deletion(KeyId=key["KeyId"])
    account.sandbox.settle()


def test_a_key_whose_event_was_missed_is_rescued(account):
    """The message says that, which key, and who scheduled its deletion."""
    key = scheduled_unheard(account)
    assert account.state(REGION, key) == "PendingDeletion"
    account.age(REGION, hours=1)
    sent = new_messages(account, REGION)
    assert list(sent) == ["Reprieve: the patrol saved 1 KMS key (eu-west-1)"]
    (body,) = sent.values()
    assert "Reprieve's patrol cancelled the deletion of 1 KMS key in eu-west-1." in body
    assert f"{key}, scheduled by [arn:aws:iam::{ACCOUNT_ID}:root] at " in body
    assert account.state(REGION, key) == "Disabled"


def test_an_account_where_all_is_well_gets_no_message(account):
    """Neither from a patrol nor from the daily one."""
    key = account.create_key(REGION)["KeyId"]
    account.schedule(REGION, key)
    account.age(REGION, hours=1)
    assert new_messages(account, REGION) == {}
    assert new_messages(account, REGION, remind=True) == {}


def test_a_fresh_deletion_is_left_to_its_event(account):
    """Its rescue may still be waiting; six hours later it is missed."""
    key = scheduled_unheard(account)
    account.age(REGION, hours=0.1)
    assert new_messages(account, REGION) == {}
    assert account.state(REGION, key) == "PendingDeletion"


def test_a_deletion_that_the_history_does_not_show_yet_is_looked_at_again(account):
    """The record is up to 15 minutes late: the patrol waits, and then does not need it."""
    account.sandbox.history.age(1)
    key = scheduled_unheard(account)
    account.age(REGION, hours=0)
    account.sandbox.history.replace({region: [] for region in account.sandbox.history.records})
    execution = account.patrol(REGION)
    assert [step.name for step in execution.steps if step.name.startswith("Inspect")] == [
        "Inspect",
        "InspectAgain",
    ]
    assert account.state(REGION, key) == "Disabled"
    (mail,) = [each for each in account.sandbox.mails if key in each.body]
    assert f"{key}, scheduled by an unknown caller." in mail.body


def test_an_earlier_deletion_is_reported_once_a_day_and_not_cancelled(account):
    """Installing Reprieve must not undo a planned clean-up."""
    key = scheduled_unheard(account)
    account.age(REGION, hours=48)
    assert new_messages(account, REGION) == {}
    sent = new_messages(account, REGION, remind=True)
    assert list(sent) == [
        "Reprieve: 1 KMS key pending deletion since before the deployment (eu-west-1)"
    ]
    (body,) = sent.values()
    assert f"{key}, scheduled by " in body
    assert "6 days left" in body
    assert account.state(REGION, key) == "PendingDeletion"


def test_a_key_that_the_patrol_may_not_rescue_is_an_urgent_message(account):
    """The key's policy denies it: the execution fails, and says so."""
    key = scheduled_unheard(account)
    account.age(REGION, hours=1)

    def deny(policy):
        policy["Statement"].append(
            {
                "Sid": "NotByReprieve",
                "Effect": "Deny",
                "Principal": "*",
                "Action": "kms:CancelKeyDeletion",
                "Resource": "*",
            }
        )

    before = len(account.messages(REGION))
    with Policy.of_key(account, REGION, key).changed(deny):
        execution = account.patrol(REGION)
    assert execution.status == "Failed"
    subjects = [mail.subject for mail in account.messages(REGION, before)]
    assert "Reprieve: ACT NOW: 1 KMS key NOT saved (eu-west-1)" in subjects


def test_without_cloudtrails_history_it_rescues_all_the_same(account):
    """Nobody knows then who scheduled what: that is said, and no key is lost."""
    key = scheduled_unheard(account)
    account.age(REGION, hours=1)
    with Policy.of_role(account, REGION, "reprieve-patrol").changed(
        lambda policy: [
            statement["Action"].remove("cloudtrail:LookupEvents")
            for statement in policy["Statement"]
            if "cloudtrail:LookupEvents" in statement["Action"]
        ]
    ):
        sent = new_messages(account, REGION)
    assert "Reprieve: the patrol cannot read CloudTrail's history (eu-west-1)" in sent
    assert account.state(REGION, key) == "Disabled"


def test_the_dead_letter_queue_is_reported_and_emptied(account):
    """The patrol reports an alert that could not be delivered; the queue is empty afterwards."""
    key = account.create_key(REGION)["KeyId"]
    with Policy.of_topic(account, REGION).without("EventBridgePublishes"):
        account.schedule(REGION, key)
    sent = new_messages(account, REGION)
    # The change of the topic's policy itself could not be reported either.
    body = sent["Reprieve: 2 events not delivered (eu-west-1)"]
    where = f"account {ACCOUNT_ID}, Region {REGION}"
    assert f"ScheduleKeyDeletion, {where}, key {key}, at " in body
    assert "missing: its alert (" in body
    sqs = account.sandbox.client("sqs", REGION)
    url = sqs.get_queue_url(QueueName="reprieve-dead-letters")["QueueUrl"]
    counts = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    hidden = counts["ApproximateNumberOfMessagesNotVisible"]
    assert (counts["ApproximateNumberOfMessages"], hidden) == ("0", "0")
    assert new_messages(account, REGION) == {}


def test_a_broken_guard_is_reported_by_the_region_before_it(account):
    """A disabled rule, another pattern, a missing target, a filter: each by name."""
    events = account.sandbox.client("events", NEXT)
    sns = account.sandbox.client("sns", NEXT)
    (subscription,) = sns.list_subscriptions_by_topic(
        TopicArn=f"arn:aws:sns:{NEXT}:{ACCOUNT_ID}:reprieve-alerts"
    )["Subscriptions"]
    arn = subscription["SubscriptionArn"]
    pattern = events.describe_rule(Name="reprieve-key-gone")["EventPattern"]
    with unheard(account):
        events.disable_rule(Name="reprieve-key-deletion-scheduled")
        events.put_rule(Name="reprieve-key-gone", EventPattern='{"source": ["aws.never"]}')
        sns.set_subscription_attributes(
            SubscriptionArn=arn, AttributeName="FilterPolicy", AttributeValue='{"a": ["b"]}'
        )
    try:
        sent = new_messages(account, REGION)
    finally:
        with unheard(account):
            events.enable_rule(Name="reprieve-key-deletion-scheduled")
            events.put_rule(Name="reprieve-key-gone", EventPattern=pattern, State="ENABLED")
            sns.set_subscription_attributes(
                SubscriptionArn=arn, AttributeName="FilterPolicy", AttributeValue="{}"
            )
    body = sent["Reprieve: ACT NOW: the guard is broken (us-east-1)"]
    assert body.splitlines()[2:5] == [
        f"The subscription of {EMAIL} to the topic reprieve-alerts has a filter.",
        "The rule reprieve-key-deletion-scheduled is DISABLED.",
        "The rule reprieve-key-gone, or one of its targets, was changed.",
    ]
    assert new_messages(account, REGION) == {}


def test_a_stopped_trail_is_reported(account):
    """Without a trail no event comes; the patrol needs none."""
    trail = account.sandbox.client("cloudtrail", "us-east-1")
    with unheard(account):
        trail.stop_logging(Name="sandbox")
    try:
        sent = new_messages(account, REGION)
    finally:
        with unheard(account):
            trail.start_logging(Name="sandbox")
    body = sent["Reprieve: ACT NOW: the guard is broken (us-east-1)"]
    assert "(sandbox: its logging is stopped)" in body


def test_the_guard_as_deployed_is_what_the_patrol_expects(account):
    """In each Region: what terraform deployed has the fingerprints of the guard's data."""
    for region in REGIONS:
        execution = account.patrol(region)
        (check,) = (step for step in execution.steps if step.name == "CheckGuard")
        assert check.outputs["Problems"] == "0", json.dumps(check.outputs)
