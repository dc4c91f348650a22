"""The sandbox's event buses: which rules match, what targets get, and how failures are handled."""

import json
import uuid
from http.client import HTTPConnection

import pytest
from botocore.exceptions import ClientError

from sandbox.core.account import ACCOUNT_ID
from sandbox.server import Sandbox
from tests.support.emulated_account import (
    AUTOMATION_TARGET,
    PATTERN,
    REGION,
    RULE_ARN,
    RUNBOOK,
    TOPIC_ARN,
    Account,
    allow,
    role_arn,
)

EVENTS = {"Service": "events.amazonaws.com"}
TOPIC = {"Id": "alert", "Arn": TOPIC_ARN}
PUBLISH = allow("sns:Publish", TOPIC_ARN, Principal=EVENTS)


def code_of(call, **parameters):
    """Return the error code of a call that fails."""
    with pytest.raises(ClientError) as raised:
        call(**parameters)
    return raised.value.response["Error"]["Code"]


def ask(sandbox, method, path):
    """Return the sandbox's answer to a request that is no AWS call."""
    connection = HTTPConnection(sandbox.endpoint.removeprefix("http://"))
    connection.request(method, path)
    answer = connection.getresponse().read()
    connection.close()
    return answer


def test_an_event_for_a_topic_is_sent_to_its_subscribers(sandbox):
    """The body is the event. The recipients are the topic's e-mail addresses."""
    account = Account(sandbox)
    account.make_topic(PUBLISH)
    account.make_rule(TOPIC)
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
    account.make_rule(TOPIC)
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
    account.make_rule(TOPIC)
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
    account.make_rule(TOPIC)
    account.schedule()
    assert (sandbox.deliveries[-1].error is None) == delivered


@pytest.mark.parametrize("state", ["ENABLED", "DISABLED"])
def test_only_an_enabled_rule_delivers_events(sandbox, state):
    """The two rules differ in their state only."""
    account = Account(sandbox)
    account.make_topic(PUBLISH)
    account.make_rule(TOPIC, state=state)
    account.schedule()
    assert bool(sandbox.deliveries) == (state == "ENABLED")


def test_a_rule_gets_events_of_its_own_region_only(sandbox):
    """A call in another Region does not reach it."""
    account = Account(sandbox)
    account.make_topic(PUBLISH)
    account.make_rule(TOPIC)
    elsewhere = sandbox.client("kms", "eu-west-2")
    elsewhere.schedule_key_deletion(KeyId=elsewhere.create_key()["KeyMetadata"]["KeyId"])
    sandbox.settle()
    assert sandbox.deliveries == []


def dead_letters_of(account, *statements):
    """Return the dead letters of a rule that cannot publish. The queue has these statements."""
    queue = account.make_queue("dead", *statements)
    account.make_topic()
    account.make_rule({**TOPIC, "DeadLetterConfig": {"Arn": queue}})
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
    account.make_rule({**TOPIC, "InputTransformer": transformer})
    key = account.schedule()
    assert sandbox.deliveries[0].body == f'"Key {key} at this time"\n"none: "'


def test_emitted_events_are_delivered_like_others(sandbox):
    """`emit` puts any envelope on a Region's default bus."""
    account = Account(sandbox)
    account.make_topic(PUBLISH)
    account.make_rule(TOPIC, pattern={"detail-type": ["KMS CMK Deletion"]})
    for kind in ("KMS CMK Deletion", "KMS CMK Rotation"):
        event = {"source": "aws.kms", "detail-type": kind, "detail": {"key-id": "k"}}
        sandbox.emit(event, REGION)
    sandbox.settle()
    assert [delivery.event_name for delivery in sandbox.deliveries] == ["KMS CMK Deletion"]


def test_put_events_accepts_custom_sources_and_refuses_awss(sandbox):
    """An entry whose source begins with aws. has an error code."""
    account = Account(sandbox)
    account.make_topic(PUBLISH)
    account.make_rule(TOPIC, pattern={"source": ["mine", "aws.kms"]})
    entry = {"DetailType": "t", "Detail": "{}"}
    entries = [{**entry, "Source": "mine"}, {**entry, "Source": "aws.kms"}]
    entries.append({**entry, "Source": "mine", "Detail": "no JSON"})
    answer = account.client("events").put_events(Entries=entries)
    sandbox.settle()
    assert answer["FailedEntryCount"] == 2
    codes = [e.get("ErrorCode") for e in answer["Entries"]]
    assert codes == [None, "NotAuthorizedForSourceException", "MalformedDetail"]
    assert len(sandbox.deliveries) == 1


def test_a_pattern_that_eventbridge_refuses_is_refused(sandbox):
    """An unknown operator must not count as a match."""
    events = sandbox.client("events", REGION)
    wrong = json.dumps({"source": [{"starts-with": "aws."}]})
    code = code_of(events.put_rule, Name="r", EventPattern=wrong)
    assert code == "InvalidEventPatternException"
    assert code_of(events.put_rule, Name="a b", EventPattern="{}") == "ValidationException"


DOCUMENT = f"arn:aws:ssm:{REGION}::document/{RUNBOOK}"


@pytest.mark.parametrize(
    ("target", "code"),
    [
        ({"Arn": DOCUMENT, "RoleArn": role_arn("r")}, "ValidationException"),
        ({"Arn": AUTOMATION_TARGET}, "ValidationException"),
        ({"Arn": TOPIC_ARN, "RoleArn": role_arn("r")}, "SandboxCannot"),
        ({"Arn": f"arn:aws:lambda:{REGION}:{ACCOUNT_ID}:function:f"}, "SandboxCannot"),
        ({"Arn": TOPIC_ARN.replace(REGION, "us-east-1")}, "ValidationException"),
        ({"Arn": TOPIC_ARN, "Input": "{}", "InputPath": "$.id"}, "ValidationException"),
        ({"Arn": TOPIC_ARN, "RetryPolicy": {"MaximumRetryAttempts": 186}}, "ValidationException"),
        (
            {"Arn": TOPIC_ARN, "RetryPolicy": {"MaximumEventAgeInSeconds": 86401}},
            "ValidationException",
        ),
        (
            {"Arn": TOPIC_ARN, "InputTransformer": {"InputTemplate": '"<undefined>"'}},
            "ValidationException",
        ),
    ],
)
def test_an_invalid_target_is_not_kept(sandbox, target, code):
    """The valid target of the same call is not kept either."""
    account = Account(sandbox)
    account.make_rule()
    events = account.client("events")
    targets = [{"Id": "good", "Arn": TOPIC_ARN}, {"Id": "bad", **target}]
    assert code_of(events.put_targets, Rule="guard", Targets=targets) == code
    assert events.list_targets_by_rule(Rule="guard")["Targets"] == []


def test_a_rule_has_five_targets_at_most(sandbox):
    """The sixth is refused. Replacing one of the five is allowed."""
    account = Account(sandbox)
    five = [{"Id": str(n), "Arn": TOPIC_ARN} for n in range(5)]
    account.make_rule(*five)
    events = account.client("events")
    sixth = [{"Id": "5", "Arn": TOPIC_ARN}]
    assert code_of(events.put_targets, Rule="guard", Targets=sixth) == "LimitExceededException"
    assert events.put_targets(Rule="guard", Targets=five[:1])["FailedEntryCount"] == 0


def test_test_event_pattern_answers_as_the_bus_decides(sandbox):
    """It refuses invalid patterns too."""
    events = sandbox.client("events", REGION)
    event = {
        "id": str(uuid.uuid4()),
        "source": "aws.kms",
        "detail": {"eventName": "ScheduleKeyDeletion"},
    }
    tried = {"EventPattern": json.dumps(PATTERN), "Event": json.dumps(event)}
    assert events.test_event_pattern(**tried)["Result"]
    with pytest.raises(ClientError, match="InvalidEventPatternException"):
        events.test_event_pattern(**tried | {"EventPattern": '{"source":[{"starts-with":"a"}]}'})


def test_deliveries_and_executions_are_available_as_json(sandbox):
    """Their paths begin with /_sandbox/."""
    account = Account(sandbox)
    account.make_roles()
    account.make_rule(account.automation_target())
    account.schedule()
    seen = {
        name: json.loads(ask(sandbox, "GET", f"/_sandbox/{name}"))
        for name in ("deliveries", "executions")
    }
    assert seen["deliveries"][0]["target_id"] == "rescue"
    assert seen["executions"][0]["document"] == RUNBOOK


def test_a_reset_empties_the_account_and_creates_a_new_trail(sandbox):
    """The reset over moto's API does the same."""
    account = Account(sandbox)
    account.make_topic(PUBLISH)
    account.make_rule(TOPIC)
    account.schedule()
    ask(sandbox, "POST", "/moto-api/reset")
    assert (sandbox.deliveries, account.client("events").list_rules()["Rules"]) == ([], [])
    account.make_topic(PUBLISH)
    account.make_rule(TOPIC)
    account.schedule()
    assert [delivery.error for delivery in sandbox.deliveries] == [None]


def test_a_second_sandbox_in_one_process_is_refused(sandbox):
    """moto has one state per process."""
    with pytest.raises(RuntimeError, match="has a sandbox already"):
        Sandbox().start()


def test_settle_raises_an_error_for_a_job_that_does_not_end(sandbox):
    """The error says how many jobs are left."""
    from threading import Event

    ended = Event()
    sandbox._work.submit(ended.wait)
    with pytest.raises(TimeoutError, match="1 deliveries or automations"):
        sandbox.settle(timeout=0.05)
    ended.set()
    sandbox.settle()


def test_every_access_key_belongs_to_the_sandboxs_account(sandbox):
    """So does a key that moto has not created."""
    client = sandbox._clients.make("sts", REGION, "AKIAIOSFODNN7EXAMPLE", "x")
    assert client.get_caller_identity()["Account"] == ACCOUNT_ID


def test_the_environment_makes_programs_use_the_sandbox_only(sandbox):
    """It has the endpoint, which no proxy is used for."""
    environment = sandbox.environment()
    assert environment["AWS_ENDPOINT_URL"] == sandbox.endpoint
    assert sandbox.endpoint.startswith("http://127.0.0.1:")
    assert "127.0.0.1" in environment["NO_PROXY"]
