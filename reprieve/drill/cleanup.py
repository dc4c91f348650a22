"""Remove queues and subscriptions: those of this drill, and those that earlier drills left."""

from typing import Any

from reprieve.aws.account import NO_QUEUE, NO_TOPIC, Account, explain, is_code
from reprieve.drill.result import Leftover


def remove_queue(sqs: Any, region: str, url: str) -> Leftover | None:
    """Remove a queue; return what to do if that fails, None if the queue is gone."""
    try:
        sqs.delete_queue(QueueUrl=url)
    except Exception as error:
        # SQS lists a queue for a while after its deletion.
        if not is_code(error, *NO_QUEUE):
            return queue_leftover(region, url, explain(error))
    return None


def remove_subscription(sns: Any, region: str, arn: str) -> Leftover | None:
    """Remove a subscription; return what to do if that fails, None if the subscription is gone."""
    try:
        sns.unsubscribe(SubscriptionArn=arn)
    except Exception as error:
        return subscription_leftover(region, arn, explain(error))
    return None


def queue_leftover(region: str, url: str, problem: str) -> Leftover:
    """Return how a queue is removed by hand, and why it is still there."""
    command = f"aws sqs delete-queue --region {region} --queue-url {url}"
    return Leftover(f"the queue {url}", problem, command)


def subscription_leftover(region: str, arn: str, problem: str) -> Leftover:
    """Return how a subscription is removed by hand, and why it is still there."""
    command = f"aws sns unsubscribe --region {region} --subscription-arn {arn}"
    return Leftover(f"the subscription {arn}", problem, command)


def remove_earlier(
    account: Account, region: str, topic: str, beginning: str
) -> tuple[int, tuple[Leftover, ...]]:
    """Remove the queues and subscriptions of drills that did not finish.

    The names of their queues have this `beginning`.

    Return how many were removed, and what could not be removed or listed.

    Raises:
        ClientError: there is no such topic.
    """
    sqs, sns = account.client("sqs", region), account.client("sns", region)
    subscriptions, unread_topic = _list_subscriptions(sns, region, topic, beginning)
    queues, unread_queues = _list_queues(sqs, region, beginning)
    attempts = [
        *(remove_subscription(sns, region, each) for each in subscriptions),
        *(remove_queue(sqs, region, each) for each in queues),
    ]
    left = tuple(each for each in (unread_topic, unread_queues, *attempts) if each)
    return attempts.count(None), left


def _list_subscriptions(
    sns: Any, region: str, topic: str, beginning: str
) -> tuple[list[str], Leftover | None]:
    try:
        pages = sns.get_paginator("list_subscriptions_by_topic").paginate(TopicArn=topic)
        found = [
            each["SubscriptionArn"]
            for page in pages
            for each in page["Subscriptions"]
            if each["Protocol"] == "sqs"
            and each["Endpoint"].rpartition(":")[2].startswith(beginning)
        ]
    except Exception as error:
        if is_code(error, *NO_TOPIC):
            raise
        command = f"aws sns list-subscriptions-by-topic --region {region} --topic-arn {topic}"
        return [], Leftover("the subscriptions of earlier drills, if any", explain(error), command)
    return found, None


def _list_queues(sqs: Any, region: str, beginning: str) -> tuple[list[str], Leftover | None]:
    try:
        pages = sqs.get_paginator("list_queues").paginate(QueueNamePrefix=beginning)
        return [url for page in pages for url in page.get("QueueUrls", [])], None
    except Exception as error:
        command = f"aws sqs list-queues --region {region} --queue-name-prefix {beginning}"
        return [], Leftover("the queues of earlier drills, if any", explain(error), command)
