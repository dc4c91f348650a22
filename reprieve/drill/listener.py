"""A temporary queue that receives what the guard's topic sends."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from reprieve.aws.account import Account
from reprieve.drill.cleanup import (
    queue_leftover,
    remove_queue,
    remove_subscription,
    subscription_leftover,
)
from reprieve.drill.result import Leftover
from reprieve.names import DRILL_TAG


@dataclass
class Listener:
    """A queue with a subscription to a topic. Both are None until they exist.

    `beginning` is what the names of this deployment's drill queues begin with.
    """

    account: Account
    region: str
    topic: str
    run: str
    beginning: str
    queue: str | None = None
    subscription: str | None = None

    @property
    def _sqs(self) -> Any:
        return self.account.client("sqs", self.region)

    @property
    def _sns(self) -> Any:
        return self.account.client("sns", self.region)

    def open(self) -> str:
        """Create the queue and subscribe it; return its URL. Raises what boto3 does."""
        name = f"{self.beginning}{self.run}"
        arn = f"{self.topic.replace(':sns:', ':sqs:').rpartition(':')[0]}:{name}"
        self.queue = str(
            self._sqs.create_queue(
                QueueName=name,
                Attributes={"Policy": json.dumps(_queue_policy(arn, self.topic))},
                tags={DRILL_TAG: self.run},
            )["QueueUrl"]
        )
        # Without raw delivery: `watch` reads the Subject.
        self.subscription = self._sns.subscribe(
            TopicArn=self.topic, Protocol="sqs", Endpoint=arn, ReturnSubscriptionArn=True
        )["SubscriptionArn"]
        return self.queue

    def close(self) -> tuple[Leftover, ...]:
        """Remove the subscription and the queue; return what could not be removed."""
        left = []
        if self.subscription:
            left.append(remove_subscription(self._sns, self.region, self.subscription))
            self.subscription = None
        if self.queue:
            left.append(remove_queue(self._sqs, self.region, self.queue))
            self.queue = None
        return tuple(each for each in left if each)

    def remaining(self, problem: str) -> Iterator[Leftover]:
        """Yield how to remove by hand what nobody has tried to remove yet."""
        if self.subscription:
            yield subscription_leftover(self.region, self.subscription, problem)
        if self.queue:
            yield queue_leftover(self.region, self.queue, problem)


def _queue_policy(queue: str, topic: str) -> dict[str, Any]:
    """Return the policy that lets a topic send to a queue; both are ARNs."""
    allow = {
        "Effect": "Allow",
        "Principal": {"Service": "sns.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": queue,
        "Condition": {"ArnEquals": {"aws:SourceArn": topic}},
    }
    return {"Version": "2012-10-17", "Statement": [allow]}
