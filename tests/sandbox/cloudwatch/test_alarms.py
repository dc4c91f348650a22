"""The sandbox's alarms: what they count, what they send, and what PutMetricAlarm refuses."""

import json

import pytest
from botocore.exceptions import ClientError
from moto.cloudwatch.models import cloudwatch_backends

from sandbox.core.account import ACCOUNT_ID
from sandbox.iam import authorization
from sandbox.iam.policy_evaluator import Request, decide_resource
from sandbox.iam.principals import role_at, session_of
from sandbox.sns import publish
from tests.support.emulated_account import (
    PATTERN,
    REGION,
    RULE_ARN,
    TOPIC_ARN,
    Account,
    allow,
    policy,
    role_arn,
)

ALARM_ARN = f"arn:aws:cloudwatch:{REGION}:{ACCOUNT_ID}:alarm:late"
CLOUDWATCH = {"Service": "cloudwatch.amazonaws.com"}
EVENTS = {"Service": "events.amazonaws.com"}
SNS = {"Service": "sns.amazonaws.com"}
TELL = allow("sns:Publish", TOPIC_ARN, Principal=CLOUDWATCH)
PUBLISH = allow("sns:Publish", TOPIC_ARN, Principal=EVENTS)
TOPIC = {"Id": "alert", "Arn": TOPIC_ARN}
ROOT = allow("kms:*", Principal={"AWS": f"arn:aws:iam::{ACCOUNT_ID}:root"})
USE = ["kms:GenerateDataKey*", "kms:Decrypt"]


def metric(name="FailedInvocations", of="guard", namespace="AWS/Events", dimension="RuleName"):
    """Return a metric as CloudWatch's API takes it."""
    dimensions = [{"Name": dimension, "Value": of}]
    return {"Namespace": namespace, "MetricName": name, "Dimensions": dimensions}


(EVENT_NAME,) = PATTERN["detail"]["eventName"]
VISIBLE = metric("ApproximateNumberOfMessagesVisible", "dead", "AWS/SQS", "QueueName")
NOT_NOTIFIED = metric("NumberOfNotificationsFailed", "alerts", "AWS/SNS", "TopicName")


def put_alarm(account, **changes):
    """Create the alarm `late` on failed invocations of the rule `guard`, with some changes."""
    parameters = {
        "AlarmName": "late",
        "AlarmDescription": "An alert is late.",
        **({} if "Metrics" in changes else {**metric(), "Statistic": "Sum", "Period": 60}),
        "ComparisonOperator": "GreaterThanThreshold",
        "Threshold": 0,
        "EvaluationPeriods": 1,
        "TreatMissingData": "notBreaching",
        "AlarmActions": [TOPIC_ARN],
        **changes,
    }
    account.client("cloudwatch").put_metric_alarm(**parameters)


def state_of(account):
    """Return the state of the alarm `late`."""
    account.sandbox.settle()
    (alarm,) = account.client("cloudwatch").describe_alarms(AlarmNames=["late"])["MetricAlarms"]
    return alarm["StateValue"]


def happen(account):
    """Emit an event that the rule `guard` matches, and wait for its deliveries."""
    event = {"source": "aws.kms", "detail-type": "t", "detail": {"eventName": EVENT_NAME}}
    account.sandbox.emit(event, REGION)
    account.sandbox.settle()


def failing(sandbox, *statements):
    """Return an account whose rule cannot publish. The alarm can, unless statements are given."""
    account = Account(sandbox)
    account.make_topic(*(statements or [TELL]))
    account.make_rule(TOPIC)
    return account


def allow_publishing(account, *statements):
    """Replace the topic's policy."""
    account.client("sns").set_topic_attributes(
        TopicArn=TOPIC_ARN, AttributeName="Policy", AttributeValue=policy(*statements)
    )


def test_an_alarm_is_sent_for_a_failure_and_ends_when_none_follows(sandbox):
    """The e-mail, the state and the history are right, and the state returns to OK."""
    account = failing(sandbox)
    put_alarm(account, OKActions=[TOPIC_ARN])
    allow_publishing(account, TELL)
    assert state_of(account) == "OK"
    happen(account)
    assert state_of(account) == "ALARM"
    mail, change = sandbox.mails[-1], sandbox.alarms[-1]
    assert mail.subject == 'ALARM: "late" in Europe (Ireland)'
    assert mail.recipients == ("people@example.com",)
    for part in ("has entered the ALARM state, because", "An alert is late.", ALARM_ARN):
        assert part in mail.body
    assert (change.name, change.region, change.state) == ("late", REGION, "ALARM")
    assert change.actions == ((TOPIC_ARN, None),)
    assert "[1.0 (" in change.reason
    allow_publishing(account, TELL, PUBLISH)
    happen(account)
    assert state_of(account) == "OK"
    assert [change.state for change in sandbox.alarms] == ["OK", "ALARM", "OK"]
    assert sandbox.mails[-1].subject.startswith('OK: "late"')


def test_an_alarm_is_sent_only_when_its_state_changes(sandbox):
    """A second failure finds the alarm in ALARM."""
    account = failing(sandbox)
    put_alarm(account)
    happen(account)
    happen(account)
    assert [change.state for change in sandbox.alarms] == ["ALARM"]


@pytest.mark.parametrize(
    "changes",
    [
        metric(of="another"),
        metric("InvocationsSentToDlq"),
        {"Threshold": 1},
        {"ComparisonOperator": "GreaterThanOrEqualToThreshold", "Threshold": 2},
    ],
)
def test_an_alarm_ignores_other_rules_other_metrics_and_too_few_failures(sandbox, changes):
    """Its state stays OK."""
    account = failing(sandbox)
    put_alarm(account, **changes)
    happen(account)
    assert (state_of(account), sandbox.alarms) == ("OK", [])


def test_an_alarm_without_data_is_in_insufficient_data(sandbox):
    """Missing data is treated as missing, and is not a data point of 0."""
    account = failing(sandbox)
    put_alarm(account, TreatMissingData="missing")
    assert state_of(account) == "INSUFFICIENT_DATA"
    happen(account)
    assert state_of(account) == "ALARM"


def test_an_alarm_with_disabled_actions_sends_nothing(sandbox):
    """Its state changes nevertheless."""
    account = failing(sandbox)
    put_alarm(account, ActionsEnabled=False)
    happen(account)
    (change,) = sandbox.alarms
    assert (change.state, change.actions) == ("ALARM", ())
    assert sandbox.mails == []


@pytest.mark.parametrize(
    ("statement", "refusal"),
    [
        ({**TELL, "Condition": {"ArnLike": {"aws:SourceArn": ALARM_ARN[:-2] + "*"}}}, None),
        ({**TELL, "Condition": {"StringEquals": {"aws:SourceAccount": ACCOUNT_ID}}}, None),
        ({**TELL, "Condition": {"ArnLike": {"aws:SourceArn": ALARM_ARN + "r"}}}, "not allow"),
        (allow("sns:Subscribe", TOPIC_ARN, Principal=CLOUDWATCH), "does not allow cloudwatch"),
        ({**TELL, "Condition": {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}}, "cannot do this"),
    ],
)
def test_an_alarm_needs_permission_from_the_topic_policy(sandbox, statement, refusal):
    """The change records why an action failed, and the alarm is in ALARM."""
    account = failing(sandbox, statement)
    put_alarm(account)
    happen(account)
    (change,) = sandbox.alarms
    ((_, error),) = change.actions
    assert error is None if refusal is None else refusal in error
    assert bool(error) == (not sandbox.mails)


def encrypt(account, *statements):
    """Encrypt the topic with a new key with this policy. Return the key's id."""
    key = account.client("kms").create_key(Policy=policy(ROOT, *statements))
    account.client("sns").set_topic_attributes(
        TopicArn=TOPIC_ARN,
        AttributeName="KmsMasterKeyId",
        AttributeValue=key["KeyMetadata"]["KeyId"],
    )
    return key["KeyMetadata"]["KeyId"]


@pytest.mark.parametrize(
    ("principal", "disabled", "refusal"),
    [
        (CLOUDWATCH, False, None),
        (EVENTS, False, "does not allow cloudwatch.amazonaws.com kms:GenerateDataKey"),
        (CLOUDWATCH, True, "is Disabled"),
    ],
)
def test_an_alarm_needs_an_enabled_key_and_its_policy_for_an_encrypted_topic(
    sandbox, principal, disabled, refusal
):
    """Otherwise the change records why the action failed."""
    account = failing(sandbox)
    key = encrypt(account, allow(USE, Principal=principal))
    if disabled:
        account.client("kms").disable_key(KeyId=key)
    put_alarm(account)
    happen(account)
    ((_, error),) = sandbox.alarms[-1].actions
    assert error is None if refusal is None else refusal in error


@pytest.mark.parametrize(
    ("statements", "sent"), [([allow("sqs:SendMessage", Principal=EVENTS)], True), ([], False)]
)
def test_events_sent_to_the_dead_letter_queue_and_lost_events_are_counted(
    sandbox, statements, sent
):
    """Both also count as failed invocations. The queue's length is a metric too."""
    account = Account(sandbox)
    account.make_topic(TELL)
    queue = account.make_queue("dead", *statements)
    account.make_rule({**TOPIC, "DeadLetterConfig": {"Arn": queue}})
    names = ("FailedInvocations", "InvocationsSentToDlq", "InvocationsFailedToBeSentToDlq")
    for name in names:
        put_alarm(account, AlarmName=name, **metric(name))
    put_alarm(account, **VISIBLE, Statistic="Maximum")
    happen(account)
    expected = {"FailedInvocations", names[1] if sent else names[2], *(["late"] if sent else [])}
    assert {change.name for change in sandbox.alarms} == expected


@pytest.mark.parametrize(
    ("statements", "delivered"),
    [
        ([allow("sqs:SendMessage", Principal=SNS)], True),
        ([allow("sqs:SendMessage", Principal=EVENTS)], False),
        (None, False),
    ],
)
def test_a_message_that_a_queue_refuses_is_a_failed_notification(sandbox, statements, delivered):
    """The queue's policy allows SNS, does not allow it, or there is no queue. E-mails are sent."""
    account = failing(sandbox, PUBLISH)
    queue = f"arn:aws:sqs:{REGION}:{ACCOUNT_ID}:inbox"
    if statements:
        account.make_queue("inbox", *statements)
    sns = account.client("sns")
    sns.subscribe(TopicArn=TOPIC_ARN, Protocol="sqs", Endpoint=queue)
    put_alarm(account, **NOT_NOTIFIED)
    happen(account)
    assert state_of(account) == ("OK" if delivered else "ALARM")
    assert sandbox.mails[0].recipients == ("people@example.com",)
    assert bool(statements and account.messages("inbox")) == delivered


def test_failed_notifications_count_for_every_publisher(sandbox):
    """A message that a filter policy excludes is no failure."""
    account = Account(sandbox)
    account.make_topic(TELL)
    sns = account.client("sns")
    sns.subscribe(
        TopicArn=TOPIC_ARN,
        Protocol="sqs",
        Endpoint=f"arn:aws:sqs:{REGION}:{ACCOUNT_ID}:gone",
        Attributes={"FilterPolicy": '{"kind": ["alert"]}'},
    )
    put_alarm(account, **NOT_NOTIFIED)
    sns.publish(TopicArn=TOPIC_ARN, Message="m")
    assert state_of(account) == "OK"
    kind = {"kind": {"DataType": "String", "StringValue": "alert"}}
    sns.publish(TopicArn=TOPIC_ARN, Message="m", MessageAttributes=kind)
    assert state_of(account) == "ALARM"


def maths(expression, *stats, **total):
    """Return the metrics of a sum: m1 is of the rule `guard`, the others of rules without failures.

    `stats` are the ids of the metrics.
    """
    return [
        {"Id": "total", "Expression": expression, "ReturnData": True, **total},
        *(
            {
                "Id": id,
                "ReturnData": False,
                "MetricStat": {
                    "Metric": metric(of="guard" if id == "m1" else id),
                    "Period": 60,
                    "Stat": "Sum",
                },
            }
            for id in stats
        ),
    ]


SUMS = {
    "SUM(METRICS())": "ALARM",
    "SUM(FILL(METRICS(), 0))": "ALARM",
    "SUM([m2, m1])": "ALARM",
    "FILL(m1, 0) + FILL(m2, 0)": "ALARM",
    "SUM([FILL(m2, 0), m1])": "ALARM",
    "m1": "ALARM",
    "m2": "OK",
    "m1 + m2": "OK",  # m2 is missing, and so is the sum.
}


def test_each_form_of_a_sum_has_cloudwatchs_value(sandbox):
    """One rule of the sum has a failure, and one has none."""
    account = failing(sandbox)
    for expression in SUMS:
        put_alarm(account, AlarmName=expression, Metrics=maths(expression, "m1", "m2"))
    happen(account)
    alarms = account.client("cloudwatch").describe_alarms()["MetricAlarms"]
    assert {alarm["AlarmName"]: alarm["StateValue"] for alarm in alarms} == SUMS


TEN = [f"m{n}" for n in range(10)]


def test_a_sum_of_ten_metrics_is_accepted(sandbox):
    """CloudWatch User Guide, "Limits". A test below shows that eleven are refused."""
    account = failing(sandbox)
    put_alarm(account, Metrics=maths("SUM(METRICS())", *TEN))
    happen(account)
    assert state_of(account) == "ALARM"


@pytest.mark.filterwarnings("ignore:.*SandboxCannot does not match an error shape")
@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"Metrics": maths("SUM(METRICS())", *TEN, "m10")}, "ValidationError"),
        ({"Metrics": maths("m1 + m3", "m1", "m2")}, "ValidationError"),
        ({"Metrics": maths("m1", "m1", "m1")}, "ValidationError"),
        ({"Metrics": maths("SUM(METRICS())", "M1")}, "ValidationError"),
        ({"Metrics": maths("m1", "m1", ReturnData=False)}, "ValidationError"),
        ({"Metrics": maths("m1", "m1"), "Statistic": "Sum"}, "ValidationError"),
        ({"AlarmActions": [TOPIC_ARN.replace(REGION, "us-east-1")]}, "ValidationError"),
        ({"AlarmActions": [TOPIC_ARN] * 6}, "ValidationError"),
        ({"Metrics": maths("MAX(METRICS())", "m1", "m2")}, "SandboxCannot"),
        ({"Metrics": maths("m1 - m2", "m1", "m2")}, "SandboxCannot"),
        ({"Statistic": "Average"}, "SandboxCannot"),
        ({"Unit": "Bytes"}, "SandboxCannot"),
        ({"EvaluationPeriods": 2}, "SandboxCannot"),
        ({"TreatMissingData": "breaching"}, "SandboxCannot"),
        ({"ComparisonOperator": "LessThanThreshold"}, "SandboxCannot"),
        (metric("Invocations"), "SandboxCannot"),
        ({"Dimensions": [{"Name": "EventBusName", "Value": "b"}]}, "SandboxCannot"),
        ({"AlarmActions": [f"arn:aws:lambda:{REGION}:{ACCOUNT_ID}:function:f"]}, "SandboxCannot"),
    ],
)
def test_an_alarm_that_is_refused_is_not_kept(running_sandbox, changes, code):
    """CloudWatch's errors have HTTP status 400, the sandbox's have 501."""
    account = Account(running_sandbox)
    with pytest.raises(ClientError) as raised:
        put_alarm(account, AlarmName="refused", **changes)
    answer = raised.value.response
    status = answer["ResponseMetadata"]["HTTPStatusCode"]
    assert (answer["Error"]["Code"], status) == (code, 501 if code == "SandboxCannot" else 400)
    assert "refused" not in cloudwatch_backends[ACCOUNT_ID][REGION].alarms


def test_an_update_that_is_refused_changes_nothing(sandbox):
    """The alarm stays as it was."""
    account = Account(sandbox)
    put_alarm(account)
    with pytest.raises(ClientError):
        put_alarm(account, AlarmDescription="new", AlarmActions=[TOPIC_ARN] * 6)
    (alarm,) = account.client("cloudwatch").describe_alarms()["MetricAlarms"]
    assert alarm["AlarmDescription"] == "An alert is late."


def test_alarms_on_other_metrics_are_kept_and_never_evaluated(sandbox):
    """moto alone handles them."""
    account = Account(sandbox)
    put_alarm(account, Namespace="AWS/EC2", Statistic="Average", EvaluationPeriods=3)
    assert (state_of(account), sandbox.alarms) == ("OK", [])


@pytest.mark.parametrize("over_tls", [True, False])
@pytest.mark.parametrize(
    ("action", "denied", "principal"),
    [
        ("sns:Publish", "sns:Publish", EVENTS),
        ("sns:Publish", "sns:Publish", CLOUDWATCH),
        ("sns:Publish", "sns:Publish", {"AWS": role_arn("automation")}),
        ("sqs:SendMessage", "sqs:*", EVENTS),
        ("sqs:SendMessage", "sqs:*", SNS),
    ],
)
def test_a_policy_that_requires_tls_denies_calls_without_it(action, denied, principal, over_tls):
    """The policy allows the action, and denies it without TLS."""
    deny = {**allow(denied, Principal="*"), "Effect": "Deny"}
    deny["Condition"] = {"Bool": {"aws:SecureTransport": "false"}}
    document = json.loads(policy(allow(action, Principal=principal), deny))
    ((kind, name),) = principal.items()
    context = {**authorization.base_context(REGION)}
    if not over_tls:
        context["aws:SecureTransport"] = "false"
    request = Request(action, TOPIC_ARN, (f"{kind}:{name}",), context)
    assert decide_resource(document, request) == ("allow" if over_tls else "deny")


ROLE = {"AWS": role_arn("automation")}


def test_a_role_publishes_to_an_encrypted_topic(sandbox):
    """The permission for the key comes from the key policy or from the role's own policy."""
    account = Account(sandbox)
    account.make_roles()
    account.make_topic()
    key = encrypt(account)
    for of_key, of_role, refusal in (
        ([allow(USE, Principal=ROLE)], [], None),
        ([], [allow(USE)], None),  # The key policy leaves it to the account's IAM.
        ([], [], "is not authorized to perform: kms:GenerateDataKey"),
        ([], [allow("kms:GenerateDataKey")], "kms:Decrypt"),
        ([allow(USE, Principal=CLOUDWATCH)], [], "kms:GenerateDataKey"),
    ):
        account.client("kms").put_key_policy(
            KeyId=key, PolicyName="default", Policy=policy(ROOT, *of_key)
        )
        account.client("iam").put_role_policy(
            RoleName="automation",
            PolicyName="p",
            PolicyDocument=policy(allow("sns:Publish"), *of_role),
        )
        answer = publish.role_publish_denial_reason(ROLE["AWS"], "session", TOPIC_ARN, REGION)
        assert answer is None if refusal is None else refusal in answer


def test_a_runbook_cannot_publish_with_a_disabled_key(sandbox):
    """With the same runbook, topic, role and permissions, it can once the key is enabled."""
    account = Account(sandbox, kms_statements=[allow("sns:Publish"), allow(USE)])
    account.make_roles()
    account.make_topic()
    key = encrypt(account)
    inputs = {"Service": "sns", "Api": "Publish", "TopicArn": TOPIC_ARN, "Message": "m"}
    content = {
        "schemaVersion": "0.3",
        "description": "Publishes.",
        "assumeRole": ROLE["AWS"],
        "mainSteps": [{"name": "publish", "action": "aws:executeAwsApi", "inputs": inputs}],
    }
    ssm = account.client("ssm")
    ssm.create_document(
        Name="Own", DocumentType="Automation", DocumentFormat="JSON", Content=json.dumps(content)
    )
    for ready in (account.client("kms").disable_key, account.client("kms").enable_key):
        ready(KeyId=key)
        ssm.start_automation_execution(DocumentName="Own")
        sandbox.settle()
    refused, done = sandbox.executions
    assert "is Disabled" in refused.failure
    assert not done.failure
    assert [mail.body for mail in sandbox.mails] == ["m"]


def test_a_topic_policy_that_denies_the_account_denies_its_roles(sandbox):
    """And a service that the policy does not mention may not publish."""
    account = Account(sandbox)
    account.make_roles()
    deny = {**allow("sns:Publish", TOPIC_ARN), "Effect": "Deny"}
    account.make_topic({**deny, "Principal": {"AWS": ACCOUNT_ID}})
    answer = publish.role_publish_denial_reason(ROLE["AWS"], "s", TOPIC_ARN, REGION)
    assert f"denies {session_of(role_at(ROLE['AWS']), 's').arn} sns:Publish" in answer
    assert publish.topic_denial_reason(authorization.EVENTS, TOPIC_ARN, REGION, RULE_ARN)
