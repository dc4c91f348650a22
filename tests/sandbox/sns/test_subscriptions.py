"""Subscriptions that nobody has confirmed, and those that SNS has suspended."""

import pytest

from sandbox.core.quotas import Quotas, RateLimiter
from tests.support.emulated_account import REGION, TOPIC_ARN

ADDRESS = "security@example.com"


@pytest.fixture
def sns(sandbox):
    """Return an SNS client of an account with a topic and one subscriber."""
    sns = sandbox.client("sns", REGION)
    sns.create_topic(Name="alerts")
    sns.subscribe(TopicArn=TOPIC_ARN, Protocol="email", Endpoint=ADDRESS)
    return sns


@pytest.fixture
def clock(sandbox, monkeypatch):
    """Return the time of the quotas, in seconds. A test sets `clock[0]`."""
    times = [0.0]
    monkeypatch.setattr(sandbox._limits, "rates", RateLimiter(lambda: times[0]))
    return times


def listed(sns):
    """Return the ARN that each list shows."""
    pages = sns.list_subscriptions(), sns.list_subscriptions_by_topic(TopicArn=TOPIC_ARN)
    return [each["SubscriptionArn"] for page in pages for each in page["Subscriptions"]]


def received(sandbox):
    """Return how many messages the subscriber got."""
    return sum(ADDRESS in mail.recipients for mail in sandbox.mails)


def publish(sns, count):
    """Publish some messages."""
    for number in range(count):
        sns.publish(TopicArn=TOPIC_ARN, Message=str(number))


def test_a_pending_subscription_shows_its_state_and_receives_nothing(sandbox, sns):
    """SNS does not show its ARN. After the confirmation it receives what is published then."""
    sandbox.set_pending(REGION, ADDRESS)
    assert listed(sns) == ["PendingConfirmation"] * 2
    publish(sns, 1)
    sandbox.set_pending(REGION, ADDRESS, pending=False)
    publish(sns, 1)
    assert [mail.recipients for mail in sandbox.mails] == [(), (ADDRESS,)]


def test_ten_messages_in_a_second_are_delivered(sandbox, sns, clock):
    """And ten more in the next one."""
    publish(sns, 10)
    clock[0] = 1.0
    publish(sns, 10)
    assert received(sandbox) == 20
    assert "PendingConfirmation" not in listed(sns)


def test_more_messages_in_a_second_suspend_the_subscription(sandbox, sns, clock):
    """Neither the eleventh message nor a later one arrives, until it is confirmed again."""
    publish(sns, 11)
    clock[0] = 60.0
    publish(sns, 1)
    assert received(sandbox) == 10
    assert listed(sns) == ["PendingConfirmation"] * 2
    sandbox.set_pending(REGION, ADDRESS, pending=False)
    publish(sns, 1)
    assert received(sandbox) == 11


def test_a_suspended_subscription_looks_like_one_that_was_never_confirmed(sandbox, sns, clock):
    """Its attributes are the same, and the topic counts both as pending."""
    (arn, _) = listed(sns)
    sandbox.quotas = Quotas(emails_per_second=1)
    publish(sns, 2)
    suspended = sns.get_subscription_attributes(SubscriptionArn=arn)["Attributes"]
    assert suspended["PendingConfirmation"] == "true"
    sandbox.set_pending(REGION, ADDRESS, pending=False)
    confirmed = sns.get_subscription_attributes(SubscriptionArn=arn)["Attributes"]
    assert confirmed["PendingConfirmation"] == "false"
    sandbox.set_pending(REGION, ADDRESS)
    pending = sns.get_subscription_attributes(SubscriptionArn=arn)["Attributes"]
    assert pending == suspended
    topic = sns.get_topic_attributes(TopicArn=TOPIC_ARN)["Attributes"]
    assert (topic["SubscriptionsPending"], topic["SubscriptionsConfirmed"]) == ("1", "0")


def test_only_messages_that_pass_the_filter_count(sandbox, sns, clock):
    """A subscription whose filter excludes the storm stays active. So do queues."""
    queue = sandbox.client("sqs", REGION).create_queue(QueueName="inbox")["QueueUrl"]
    attributes = sandbox.client("sqs", REGION).get_queue_attributes(
        QueueUrl=queue, AttributeNames=["QueueArn"]
    )["Attributes"]
    sns.subscribe(TopicArn=TOPIC_ARN, Protocol="sqs", Endpoint=attributes["QueueArn"])
    sns.subscribe(
        TopicArn=TOPIC_ARN,
        Protocol="email",
        Endpoint="filtered@example.com",
        Attributes={"FilterPolicy": '{"kind": ["alert"]}'},
    )
    sandbox.quotas = Quotas(emails_per_second=1)
    publish(sns, 3)
    sns.publish(
        TopicArn=TOPIC_ARN,
        Message="m",
        MessageAttributes={"kind": {"DataType": "String", "StringValue": "alert"}},
    )
    assert sandbox.mails[-1].recipients == ("filtered@example.com",)
    shown = sns.list_subscriptions_by_topic(TopicArn=TOPIC_ARN)["Subscriptions"]
    pending = {s["Endpoint"] for s in shown if s["SubscriptionArn"] == "PendingConfirmation"}
    assert pending == {ADDRESS}
