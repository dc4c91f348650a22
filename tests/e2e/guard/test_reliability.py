"""Whatever cannot be delivered is kept, and reported."""

import json
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from sandbox.core.quotas import Quotas
from tests.support.account import Account, Policy

REGION = "eu-west-1"
DEAD_LETTERS = "reprieve-dead-letters"


@pytest.fixture(autouse=True)
def calm(account) -> Iterator[None]:
    """Empty the queue behind each test, and let the alarms see it.

    What the tests do to the guard is not heard of: those alerts could not be delivered either.
    """
    # These tests schedule more deletions in a minute than is normal; in a second they do not.
    account.sandbox.quotas = Quotas(alarm_period=1.0)
    account.sandbox.lose_events(lambda event: event["source"] not in ("aws.kms", "aws.ssm"))
    yield
    while dead_letters(account):
        pass
    # Twice: an alarm's own mail may have failed at the subscriber that it was about.
    for _ in range(2):
        account.schedule(REGION, account.create_key(REGION)["KeyId"])
    states = account.sandbox.client("cloudwatch", REGION).describe_alarms()["MetricAlarms"]
    assert "ALARM" not in {alarm["StateValue"] for alarm in states}


def dead_letters(account: Account) -> list[dict]:
    """Take up to ten messages out of the queue."""
    sqs = account.sandbox.client("sqs", REGION)
    url = sqs.get_queue_url(QueueName=DEAD_LETTERS)["QueueUrl"]
    found = sqs.receive_message(
        QueueUrl=url, MaxNumberOfMessages=10, MessageAttributeNames=["All"]
    ).get("Messages", [])
    for message in found:
        sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    return found


def alarmed(account: Account, since: int) -> dict[str, list[str | None]]:
    """Return the alarms that went off: for each topic that they notify, what went wrong."""
    return {
        change.name: [error for _, error in change.actions]
        for change in account.sandbox.alarms[since:]
        if change.state == "ALARM"
    }


@contextmanager
def queue_without_policy(account: Account) -> Iterator[None]:
    """Take the policy of the dead-letter queue away for a while."""
    sqs = account.sandbox.client("sqs", REGION)
    url = sqs.get_queue_url(QueueName=DEAD_LETTERS)["QueueUrl"]
    former = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["Policy"])["Attributes"]
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": ""})
    try:
        yield
    finally:
        sqs.set_queue_attributes(QueueUrl=url, Attributes=former)


def test_an_alert_that_cannot_be_delivered_is_kept_and_told_of(account):
    """EventBridge is locked out of the topic: the event, whose it was, why; and an alarm's mail."""
    before = len(account.sandbox.alarms)
    key = account.create_key(REGION)["KeyId"]
    with Policy.of_topic(account, REGION).without("EventBridgePublishes"):
        account.schedule(REGION, key)
    (message,) = dead_letters(account)
    attributes = {k: v["StringValue"] for k, v in message["MessageAttributes"].items()}
    assert attributes["RULE_ARN"].endswith("rule/reprieve-key-deletion-scheduled")
    assert attributes["TARGET_ARN"].endswith(":reprieve-alerts")
    assert "does not allow events.amazonaws.com sns:Publish" in attributes["ERROR_MESSAGE"]
    assert key in message["Body"]
    assert alarmed(account, before) == {
        "reprieve-dead-letters": [None],
        "reprieve-failed-invocations-rescue": [None],
    }
    sent = [mail for mail in account.sandbox.mails if (mail.subject or "").startswith("ALARM: ")]
    (mail,) = (mail for mail in sent if '"reprieve-dead-letters"' in mail.subject)
    assert "ACT NOW: an alert was not delivered" in mail.body
    assert account.state(REGION, key) == "Disabled"


def test_a_rescue_that_cannot_be_started_is_kept_and_told_of(account):
    """EventBridge may not start the runbook: the key is lost unless somebody is notified."""
    before = len(account.sandbox.alarms)
    key = account.create_key(REGION)["KeyId"]
    with Policy.of_role(account, REGION, "reprieve-eventbridge").without("StartRunbook"):
        account.schedule(REGION, key)
    (message,) = dead_letters(account)
    assert key in message["Body"]
    assert "reprieve-rescue-key" in message["MessageAttributes"]["TARGET_ARN"]["StringValue"]
    assert "reprieve-dead-letters" in alarmed(account, before)
    assert account.state(REGION, key) == "PendingDeletion"


def test_what_not_even_the_queue_takes_is_told_of(account):
    """The queue stays empty, so its alarm does; the other one says which rules to look for."""
    before = len(account.sandbox.alarms)
    key = account.create_key(REGION)["KeyId"]
    locked_out = Policy.of_topic(account, REGION).without("EventBridgePublishes")
    with queue_without_policy(account), locked_out:
        account.schedule(REGION, key)
    assert dead_letters(account) == []
    assert alarmed(account, before) == {"reprieve-failed-invocations-rescue": [None]}
    sent = [m for m in account.sandbox.mails if "reprieve-failed-invocations" in m.body]
    assert any(
        mail.topic_arn.endswith(":reprieve-alerts")
        and "reprieve-key-deletion-scheduled" in mail.body
        for mail in sent
    )


def test_a_subscriber_that_cannot_be_reached_is_told_of(account):
    """A team's queue was deleted, the subscription to it forgotten."""
    sns, sqs = (account.sandbox.client(service, REGION) for service in ("sns", "sqs"))
    url = sqs.create_queue(QueueName="team")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]
    (topic,) = [topic["TopicArn"] for topic in sns.list_topics()["Topics"]]
    subscription = sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn["QueueArn"])
    sqs.delete_queue(QueueUrl=url)
    before = len(account.sandbox.alarms)
    key = account.create_key(REGION)["KeyId"]
    try:
        account.schedule(REGION, key)
    finally:
        sns.unsubscribe(SubscriptionArn=subscription["SubscriptionArn"])
    assert "reprieve-failed-notifications" in alarmed(account, before)
    assert [alert.error for alert in account.alerts(key)] == [None]


def test_what_is_delivered_sets_no_alarm_off(account):
    """The near miss of all of them."""
    before = len(account.sandbox.alarms)
    key = account.create_key(REGION)["KeyId"]
    account.schedule(REGION, key)
    assert alarmed(account, before) == {}
    assert dead_letters(account) == []


def test_nobody_else_may_use_the_queue_and_the_topic(account):
    """Their policies name EventBridge for Reprieve's rules, and alarms of Reprieve's."""
    sqs = account.sandbox.client("sqs", REGION)
    url = sqs.get_queue_url(QueueName=DEAD_LETTERS)["QueueUrl"]
    policy = json.loads(
        sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["Policy"])["Attributes"]["Policy"]
    )
    (allowed,) = (each for each in policy["Statement"] if each["Effect"] == "Allow")
    assert allowed["Principal"] == {"Service": "events.amazonaws.com"}
    sources = allowed["Condition"]["ArnLike"]["aws:SourceArn"]
    assert sources.endswith(":rule/reprieve-*")
