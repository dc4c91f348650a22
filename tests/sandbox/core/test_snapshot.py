"""A snapshot of the account: other sandboxes start from it, and go on independently."""

import pytest

from sandbox.server import Sandbox
from tests.support.emulated_account import REGION, TOPIC_ARN


@pytest.fixture
def snapshot(sandbox):
    """Return a snapshot of an account with a resource of several services, and the key's id."""
    key = sandbox.client("kms", REGION).create_key()["KeyMetadata"]["KeyId"]
    sandbox.client("kms", REGION).schedule_key_deletion(KeyId=key)
    sandbox.client("sns", REGION).create_topic(Name="alerts")
    queue = sandbox.client("sqs", REGION).create_queue(QueueName="letters")["QueueUrl"]
    sandbox.client("sqs", REGION).send_message(QueueUrl=queue, MessageBody="before")
    sandbox.client("ssm", REGION).put_parameter(Name="one", Value="1", Type="String")
    sandbox.client("events", REGION).put_rule(Name="rule", EventPattern='{"source": ["aws.kms"]}')
    sandbox.advance(1)
    return sandbox.snapshot(), key, queue


def test_a_snapshot_restores_every_service_and_the_history(sandbox, snapshot):
    """Also after a reset, which empties the account."""
    copy, key, queue = snapshot
    sandbox.restore(copy)
    state = sandbox.client("kms", REGION).describe_key(KeyId=key)["KeyMetadata"]["KeyState"]
    assert state == "PendingDeletion"
    assert sandbox.client("sns", REGION).list_topics()["Topics"] == [{"TopicArn": TOPIC_ARN}]
    (message,) = sandbox.client("sqs", REGION).receive_message(QueueUrl=queue)["Messages"]
    assert message["Body"] == "before"
    parameter = sandbox.client("ssm", REGION).get_parameter(Name="one")["Parameter"]
    assert parameter["Value"] == "1"
    assert sandbox.client("events", REGION).describe_rule(Name="rule")["State"] == "ENABLED"
    trail = sandbox.client("cloudtrail", REGION)
    assert trail.get_trail_status(Name="sandbox")["IsLogging"]
    names = {event["EventName"] for event in trail.lookup_events()["Events"]}
    assert {"CreateKey", "ScheduleKeyDeletion", "CreateTopic", "PutRule"} <= names


def test_a_restored_account_does_not_change_the_snapshot(sandbox, snapshot):
    """A second restore gives the same account again."""
    copy, key, _ = snapshot
    kms = sandbox.client("kms", REGION)
    sandbox.restore(copy)
    kms.cancel_key_deletion(KeyId=key)
    sandbox.restore(copy)
    assert kms.describe_key(KeyId=key)["KeyMetadata"]["KeyState"] == "PendingDeletion"


def test_a_restored_account_accepts_new_resources(sandbox, snapshot):
    """moto creates its backends and locks as before."""
    sandbox.restore(snapshot[0])
    sqs = sandbox.client("sqs", REGION)
    url = sqs.create_queue(QueueName="another")["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody="after")
    assert len(sqs.receive_message(QueueUrl=url)["Messages"]) == 1
    sandbox.client("ssm", "us-west-2").put_parameter(Name="two", Value="2", Type="String")


def test_a_snapshot_is_taken_of_a_running_sandbox_only():
    """Before it starts there is no account."""
    with pytest.raises(RuntimeError, match="not running"):
        Sandbox().snapshot()
