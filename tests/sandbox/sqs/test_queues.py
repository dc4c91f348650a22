"""Queues, where moto's differ from AWS's."""

import json

import pytest

from tests.support.emulated_account import EVENTS, Account, allow, policy


@pytest.fixture
def queue(sandbox):
    """Return functions that read and set attributes of a queue with a policy."""
    account = Account(sandbox)
    account.make_queue("dead", allow("sqs:SendMessage", Principal=EVENTS))
    sqs = account.client("sqs")
    url = sqs.get_queue_url(QueueName="dead")["QueueUrl"]

    def read():
        names = ["All"]
        return sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]

    def change(**attributes):
        sqs.set_queue_attributes(QueueUrl=url, Attributes=attributes)

    return read, change


def test_a_new_attribute_leaves_the_policy_alone(queue):
    """SetQueueAttributes sets what it is given, and nothing else."""
    read, change = queue
    before = json.loads(read()["Policy"])
    change(MessageRetentionPeriod="60")
    after = read()
    assert (json.loads(after["Policy"]), after["MessageRetentionPeriod"]) == (before, "60")


@pytest.mark.parametrize(("text", "statements"), [("", None), (policy(allow("sqs:*")), 1)])
def test_a_new_policy_replaces_the_old_one(queue, text, statements):
    """An empty text removes it."""
    read, change = queue
    change(Policy=text)
    kept = read().get("Policy")
    assert (len(json.loads(kept)["Statement"]) if kept else None) == statements
