"""The records and events of the 33 calls by which the guard can be attacked."""

import json

import pytest

from sandbox.core.account import ACCOUNT_ID
from tests.support.attacked_resources import ALARM, CONTENT, DENY
from tests.support.emulated_account import (
    AUTOMATION_TARGET,
    EVENTS,
    PUBLISH,
    REGION,
    TOPIC_ARN,
    TOPIC_TARGET,
    Account,
    allow,
)
from tests.support.recorded_calls import CASES, HAVE_NO_RESPONSE

HOME = "us-east-1"


def make_guard(sandbox):
    """Create everything that the calls change. Return what stands for the placeholders."""
    account = Account(sandbox)
    account.make_topic(PUBLISH)
    account.make_roles()
    account.client("sns").create_topic(Name="elsewhere")
    account.client("iam").create_policy(PolicyName="deny", PolicyDocument=DENY)
    account.make_queue("dead", allow("sqs:SendMessage", Principal=EVENTS))
    account.make_rule(TOPIC_TARGET, account.automation_target(Arn=AUTOMATION_TARGET))
    account.client("ssm").create_document(Name="rescue", DocumentType="Automation", Content=CONTENT)
    account.client("cloudwatch").put_metric_alarm(**ALARM)
    subscriptions = account.client("sns").list_subscriptions_by_topic(TopicArn=TOPIC_ARN)
    return {
        "<subscription>": subscriptions["Subscriptions"][0]["SubscriptionArn"],
        "<queue>": account.client("sqs").get_queue_url(QueueName="dead")["QueueUrl"],
        "<key>": account.client("kms").create_key()["KeyMetadata"]["KeyId"],
    }


def filled(value, known):
    """Replace the placeholders in parameters."""
    return {name: known.get(item, item) if isinstance(item, str) else item
            for name, item in value.items()}  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_call_makes_the_record_and_the_event_of_aws(sandbox, case):
    """One of each, after the call. IAM's are in us-east-1. The history has the record too."""
    known = make_guard(sandbox)
    sandbox.settle()
    sandbox.history.clear()
    events = []
    sandbox.lose_events(lambda event: events.append(event))
    region = HOME if case.service == "cloudtrail" else REGION
    client = sandbox.client(case.service, region)
    getattr(client, case.method)(**filled(case.parameters, known))
    sandbox.settle()
    (event,) = [each for each in events if each["detail-type"] == "AWS API Call via CloudTrail"]
    record_region = HOME if case.service in ("cloudtrail", "iam") else REGION
    record = event["detail"]
    assert sandbox.history.records == {record_region: [record]}
    source = {"cloudwatch": "monitoring"}.get(case.service, case.service)
    assert (
        event["source"],
        event["region"],
        record["eventSource"],
        record["eventName"],
        record["awsRegion"],
        record["userIdentity"]["arn"],
        record.get("errorCode"),
    ) == (
        f"aws.{source}",
        record_region,
        f"{source}.amazonaws.com",
        client.meta.method_to_api_mapping[case.method],
        record_region,
        f"arn:aws:iam::{ACCOUNT_ID}:root",
        None,
    )
    assert record["requestParameters"] == filled(case.recorded, known)
    assert (record["responseElements"] is None) == (case.method in HAVE_NO_RESPONSE)
    assert json.loads(json.dumps(record)) == record


def test_every_one_of_the_33_calls_is_tried():
    """Some of them consist of several calls."""
    numbers = {int(case.number.rstrip("abc")) for case in CASES}
    assert numbers == set(range(1, 34))
