"""Subscriptions that nobody has confirmed."""

from tests.support.emulated_account import REGION, TOPIC_ARN


def test_a_pending_subscription_shows_its_state_and_receives_nothing(sandbox):
    """SNS does not show its ARN. After the confirmation it receives e-mails."""
    sns = sandbox.client("sns", REGION)
    sns.create_topic(Name="alerts")
    sns.subscribe(TopicArn=TOPIC_ARN, Protocol="email", Endpoint="security@example.com")
    sandbox.set_pending(REGION, "security@example.com")
    (shown,) = sns.list_subscriptions_by_topic(TopicArn=TOPIC_ARN)["Subscriptions"]
    assert shown["SubscriptionArn"] == "PendingConfirmation"
    sns.publish(TopicArn=TOPIC_ARN, Message="hello")
    assert [mail.recipients for mail in sandbox.mails] == [()]
    sandbox.set_pending(REGION, "security@example.com", pending=False)
    assert [mail.recipients for mail in sandbox.mails] == [("security@example.com",)]
