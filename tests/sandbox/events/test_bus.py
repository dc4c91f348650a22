"""The sandbox's event buses: which rules match, what targets get, and how failures are handled."""

import json

import pytest

from sandbox.core.account import ACCOUNT_ID
from tests.support.emulated_account import (
    EVENTS,
    PUBLISH,
    REGION,
    RULE_ARN,
    TOPIC_ARN,
    TOPIC_TARGET,
    Account,
    allow,
)


def test_an_event_for_a_topic_is_sent_to_its_subscribers(sandbox):
    """The body is the event. The recipients are the topic's e-mail addresses."""
    account = Account(sandbox)
    account.make_topic(PUBLISH)
    account.make_rule(TOPIC_TARGET)
    key = account.schedule()
    (delivery,) = sandbox.deliveries
    assert (delivery.error, delivery.recipients) == (None, ("people@example.com",))
    assert json.loads(delivery.body)["detail"]["requestParameters"]["keyId"] == key
    assert (
        delivery.rule_arn,
        delivery.target_id,
        delivery.target_arn,
        delivery.region,
        delivery.event_name,
    ) == (RULE_ARN, "alert", TOPIC_ARN, REGION, "ScheduleKeyDeletion")


@pytest.mark.parametrize(
    ("statement", "allowed"),
    [
        (None, False),  # SNS's default policy: only the topic's owner.
        (PUBLISH, True),
        (allow("sns:Publish", TOPIC_ARN, Principal={"Service": "cloudwatch.amazonaws.com"}), False),
        (allow("sns:Subscribe", TOPIC_ARN, Principal=EVENTS), False),
        (allow("sns:Publish", TOPIC_ARN + "2", Principal=EVENTS), False),
        ({**PUBLISH, "Condition": {"ArnEquals": {"aws:SourceArn": RULE_ARN}}}, True),
        ({**PUBLISH, "Condition": {"ArnLike": {"aws:SourceArn": RULE_ARN[:-2] + "*"}}}, True),
        ({**PUBLISH, "Condition": {"ArnEquals": {"aws:SourceArn": RULE_ARN + "2"}}}, False),
        ({**PUBLISH, "Condition": {"StringEquals": {"AWS:SourceAccount": ACCOUNT_ID}}}, True),
        ({**PUBLISH, "Condition": {"StringEquals": {"aws:SourceAccount": "1"}}}, False),
    ],
)
def test_eventbridge_needs_permission_from_the_topic_policy(sandbox, statement, allowed):
    """The policy must allow sns:Publish on this topic for this rule."""
    account = Account(sandbox)
    account.make_topic(*([statement] if statement else []))
    account.make_rule(TOPIC_TARGET)
    account.schedule()
    (delivery,) = sandbox.deliveries
    assert (delivery.error is None) == allowed
    if not allowed:
        assert "does not allow events.amazonaws.com sns:Publish" in delivery.error


def test_a_condition_that_the_sandbox_does_not_support_fails_the_delivery(sandbox):
    """The error says what the sandbox cannot do."""
    account = Account(sandbox)
    statement = {**PUBLISH, "Condition": {"IpAddress": {"aws:SourceArn": "10.0.0.0/8"}}}
    account.make_topic(statement)
    account.make_rule(TOPIC_TARGET)
    account.schedule()
    assert "cannot do this: the condition operator IpAddress" in sandbox.deliveries[0].error


@pytest.mark.parametrize(
    ("key_principal", "delivered"), [(EVENTS, True), ({"Service": "sns.amazonaws.com"}, False)]
)
def test_an_encrypted_topic_needs_its_key_to_let_eventbridge_in(sandbox, key_principal, delivered):
    """The key policy must allow GenerateDataKey and Decrypt."""
    account = Account(sandbox)
    account.make_topic(PUBLISH)
    root = {"AWS": f"arn:aws:iam::{ACCOUNT_ID}:root"}
    statements = [
        allow("kms:*", Principal=root),
        allow(["kms:GenerateDataKey*", "kms:Decrypt"], Principal=key_principal),
    ]
    policy = json.dumps({"Version": "2012-10-17", "Statement": statements})
    key = account.client("kms").create_key(Policy=policy)["KeyMetadata"]["KeyId"]
    account.client("sns").set_topic_attributes(
        TopicArn=TOPIC_ARN, AttributeName="KmsMasterKeyId", AttributeValue=key
    )
    account.make_rule(TOPIC_TARGET)
    account.schedule()
    assert (sandbox.deliveries[-1].error is None) == delivered


@pytest.mark.parametrize("state", ["ENABLED", "DISABLED"])
def test_only_an_enabled_rule_delivers_events(sandbox, state):
    """The two rules differ in their state only."""
    account = Account(sandbox)
    account.make_topic(PUBLISH)
    account.make_rule(TOPIC_TARGET, state=state)
    account.schedule()
    assert bool(sandbox.deliveries) == (state == "ENABLED")


def test_a_rule_gets_events_of_its_own_region_only(sandbox):
    """A call in another Region does not reach it."""
    account = Account(sandbox)
    account.make_topic(PUBLISH)
    account.make_rule(TOPIC_TARGET)
    elsewhere = sandbox.client("kms", "eu-west-2")
    elsewhere.schedule_key_deletion(KeyId=elsewhere.create_key()["KeyMetadata"]["KeyId"])
    sandbox.settle()
    assert sandbox.deliveries == []


def dead_letters_of(account, *statements):
    """Return the dead letters of a rule that cannot publish. The queue has these statements."""
    queue = account.make_queue("dead", *statements)
    account.make_topic()
    account.make_rule({**TOPIC_TARGET, "DeadLetterConfig": {"Arn": queue}})
    account.schedule()
    return account.messages("dead")


def test_an_undelivered_event_goes_to_the_dead_letter_queue(sandbox):
    """The message is the unchanged event. Its attributes describe the failure."""
    statement = allow(
        "sqs:SendMessage",
        Principal=EVENTS,
        Condition={"ArnEquals": {"aws:SourceArn": RULE_ARN}},
    )
    (message,) = dead_letters_of(Account(sandbox), statement)
    attributes = {k: v["StringValue"] for k, v in message["MessageAttributes"].items()}
    assert json.loads(message["Body"])["detail"]["eventName"] == "ScheduleKeyDeletion"
    assert attributes == {
        "RULE_ARN": RULE_ARN,
        "TARGET_ARN": TOPIC_ARN,
        "ERROR_CODE": "NO_PERMISSIONS",
        "ERROR_MESSAGE": sandbox.deliveries[0].error,
        "EXHAUSTED_RETRY_CONDITION": "MaximumRetryAttempts",
        "RETRY_ATTEMPTS": "0",
    }


def test_a_dead_letter_queue_needs_a_policy_too(sandbox):
    """Without one the event is lost, and the delivery's error says so."""
    assert dead_letters_of(Account(sandbox)) == []
    assert "not kept in the dead-letter queue" in sandbox.deliveries[0].error


def test_a_text_template_reaches_people_with_its_quotation_marks(sandbox):
    """Each quoted line arrives as a quoted line. The word "time" has no special meaning."""
    account = Account(sandbox)
    account.make_topic(PUBLISH)
    transformer = {
        "InputPathsMap": {"key": "$.detail.requestParameters.keyId", "none": "$.detail.none"},
        "InputTemplate": '"Key <key> at this time"\n"none: <none>"',
    }
    account.make_rule({**TOPIC_TARGET, "InputTransformer": transformer})
    key = account.schedule()
    assert sandbox.deliveries[0].body == f'"Key {key} at this time"\n"none: "'


def test_emitted_events_are_delivered_like_others(sandbox):
    """`emit` puts any envelope on a Region's default bus."""
    account = Account(sandbox)
    account.make_topic(PUBLISH)
    account.make_rule(TOPIC_TARGET, pattern={"detail-type": ["KMS CMK Deletion"]})
    for kind in ("KMS CMK Deletion", "KMS CMK Rotation"):
        event = {"source": "aws.kms", "detail-type": kind, "detail": {"key-id": "k"}}
        sandbox.emit(event, REGION)
    sandbox.settle()
    assert [delivery.event_name for delivery in sandbox.deliveries] == ["KMS CMK Deletion"]


def test_put_events_accepts_custom_sources_and_refuses_awss(sandbox):
    """An entry whose source begins with aws. has an error code."""
    account = Account(sandbox)
    account.make_topic(PUBLISH)
    account.make_rule(TOPIC_TARGET, pattern={"source": ["mine", "aws.kms"]})
    entry = {"DetailType": "t", "Detail": "{}"}
    entries = [{**entry, "Source": "mine"}, {**entry, "Source": "aws.kms"}]
    entries.append({**entry, "Source": "mine", "Detail": "no JSON"})
    answer = account.client("events").put_events(Entries=entries)
    sandbox.settle()
    assert answer["FailedEntryCount"] == 2
    codes = [e.get("ErrorCode") for e in answer["Entries"]]
    assert codes == [None, "NotAuthorizedForSourceException", "MalformedDetail"]
    assert len(sandbox.deliveries) == 1


def test_a_lost_event_reaches_no_rule(sandbox):
    """A test chooses which events are lost. A reset loses no more."""
    account = Account(sandbox)
    account.make_topic(PUBLISH)
    account.make_rule(TOPIC_TARGET, pattern={"source": ["aws.kms"]})
    sandbox.lose_events(lambda event: event["detail"].get("eventName") == "CreateKey")
    account.schedule()
    assert [d.event_name for d in sandbox.deliveries] == ["ScheduleKeyDeletion"]
    sandbox.lose_events(None)
    account.schedule()
    assert len(sandbox.deliveries) == 3


def test_matched_events_and_attempts_are_counted_for_each_rule(sandbox, monkeypatch):
    """A rule without targets matches too."""
    counted = []
    account = Account(sandbox)
    account.make_topic(PUBLISH)
    account.make_rule(TOPIC_TARGET)
    events = account.client("events")
    events.put_rule(Name="idle", EventPattern=json.dumps({"source": ["aws.kms"]}))
    metrics = sandbox._services.alarms._metrics
    monkeypatch.setattr(metrics, "count", lambda *given: counted.append(given))
    account.schedule()
    assert sorted(counted) == [
        (REGION, "AWS/Events", "InvocationAttempts", "guard"),
        (REGION, "AWS/Events", "MatchedEvents", "guard"),
        (REGION, "AWS/Events", "MatchedEvents", "idle"),
        (REGION, "AWS/Events", "MatchedEvents", "idle"),
    ]
