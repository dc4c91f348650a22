"""What a drill removes, and what it says of what it cannot remove."""

import pytest

from reprieve.drill.cleanup import remove_earlier, remove_queue, remove_subscription
from tests.unit.drill.fakes import REGION, FakeAccount, FakeClient, failure

TOPIC = f"arn:aws:sns:{REGION}:111122223333:reprieve-alerts"
OURS = f"arn:aws:sqs:{REGION}:111122223333:reprieve-drill-1"
URL = "https://sqs/reprieve-drill-1"


def account(**answers):
    """Return an account with a queue and a subscription of a drill, and subscriptions of others."""
    subscriptions = [
        {"Protocol": "sqs", "Endpoint": OURS, "SubscriptionArn": f"{TOPIC}:1"},
        {"Protocol": "sqs", "Endpoint": OURS[:-7], "SubscriptionArn": f"{TOPIC}:2"},
        {"Protocol": "email", "Endpoint": "a@example.com", "SubscriptionArn": f"{TOPIC}:3"},
    ]
    sns = {"list_subscriptions_by_topic": {"Subscriptions": subscriptions}, "unsubscribe": {}}
    sqs = {"list_queues": {"QueueUrls": [URL]}, "delete_queue": {}}
    for method, answer in answers.items():
        (sns if method in sns else sqs)[method] = answer
    return FakeAccount({"sns": FakeClient(**sns), "sqs": FakeClient(**sqs)})


def test_queues_and_subscriptions_of_drills_are_removed():
    """Nobody else's: not a queue of another name, not an address."""
    found = account()
    assert remove_earlier(found, REGION, TOPIC, "reprieve-drill-") == (2, ())
    assert found.client("sns", REGION).calls[1:] == [
        ("unsubscribe", {"SubscriptionArn": f"{TOPIC}:1"})
    ]
    assert found.client("sqs", REGION).calls[1:] == [("delete_queue", {"QueueUrl": URL})]


@pytest.mark.parametrize("code", ["QueueDoesNotExist", "AWS.SimpleQueueService.NonExistentQueue"])
def test_a_queue_that_is_gone_is_no_leftover(code):
    """SQS lists a queue for a while after its deletion."""
    assert remove_queue(FakeClient(delete_queue=failure("DeleteQueue", code)), REGION, URL) is None


def test_what_cannot_be_removed_is_named_with_its_command():
    """Everything else is removed all the same."""
    throttled = failure("Unsubscribe", "Throttling")
    removed, (left,) = remove_earlier(
        account(unsubscribe=throttled), REGION, TOPIC, "reprieve-drill-"
    )
    assert removed == 1
    assert left.resource == f"the subscription {TOPIC}:1"
    assert left.problem == "Unsubscribe: Throttling: No."
    assert left.command == (f"aws sns unsubscribe --region {REGION} --subscription-arn {TOPIC}:1")
    assert left == remove_subscription(FakeClient(unsubscribe=throttled), REGION, f"{TOPIC}:1")


def test_what_cannot_be_listed_is_named_with_its_command():
    """The drill itself can go on."""
    denied = {
        "list_queues": failure("ListQueues"),
        "list_subscriptions_by_topic": failure("ListSubscriptionsByTopic"),
    }
    removed, left = remove_earlier(account(**denied), REGION, TOPIC, "reprieve-drill-")
    assert removed == 0
    assert [each.command for each in left] == [
        f"aws sns list-subscriptions-by-topic --region {REGION} --topic-arn {TOPIC}",
        f"aws sqs list-queues --region {REGION} --queue-name-prefix reprieve-drill-",
    ]


def test_a_missing_topic_ends_the_drill():
    """There is no guard to test."""
    gone = failure("ListSubscriptionsByTopic", "NotFound")
    with pytest.raises(type(gone)):
        remove_earlier(account(list_subscriptions_by_topic=gone), REGION, TOPIC, "reprieve-drill-")
