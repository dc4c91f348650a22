"""The recorder: which calls of the other services become records and events, and when."""

import json

import pytest

from sandbox.core.account import ACCOUNT_ID
from tests.support.emulated_account import (
    EVENTS,
    REGION,
    TOPIC_ARN,
    Account,
    allow,
    error_code_of,
    policy,
    role_arn,
    trust,
)

HOME = "us-east-1"


@pytest.fixture
def account(sandbox):
    """Return an account whose queue `seen` gets every event of CloudTrail in the Region."""
    account = Account(sandbox)
    queue = account.make_queue("seen", allow("sqs:SendMessage", Principal=EVENTS))
    pattern = {"detail-type": ["AWS API Call via CloudTrail"]}
    account.client("events").put_rule(Name="all", EventPattern=json.dumps(pattern))
    account.client("events").put_targets(Rule="all", Targets=[{"Id": "q", "Arn": queue}])
    sandbox.settle()
    account.client("sqs").purge_queue(QueueUrl=queue_url(account, "seen"))
    sandbox.settle()
    sandbox.history.clear()
    account.messages("seen")
    return account


def queue_url(account, name):
    """Return the URL of a queue."""
    return account.client("sqs").get_queue_url(QueueName=name)["QueueUrl"]


def seen(account):
    """Return the events that arrived since the last call, oldest first."""
    account.sandbox.settle()
    events = [json.loads(message["Body"]) for message in account.messages("seen")]
    return sorted(events, key=lambda event: event["time"])


def records(account, region=REGION):
    """Return what CloudTrail's history has of a Region since the account was made."""
    return account.sandbox.history.records.get(region, [])


def client_of_user(account, service, *statements):
    """Return a client of a new user with these policy statements."""
    iam = account.client("iam")
    iam.create_user(UserName="alice")
    key = iam.create_access_key(UserName="alice")["AccessKey"]
    if statements:
        iam.put_user_policy(UserName="alice", PolicyName="p", PolicyDocument=policy(*statements))
    make = account.sandbox._clients.make
    return make(service, REGION, key["AccessKeyId"], key["SecretAccessKey"])


def test_a_write_call_becomes_a_record_and_an_event(account):
    """The event has the service's source. The record has no `resources`."""
    account.client("sns").create_topic(Name="alerts")
    (event,) = seen(account)
    (record,) = records(account)
    assert event["detail"] == record
    assert (event["source"], event["region"], event["resources"]) == ("aws.sns", REGION, [])
    assert (
        record["eventSource"],
        record["eventName"],
        record["requestParameters"],
        record["responseElements"],
        record["userIdentity"]["arn"],
        record["readOnly"],
    ) == (
        "sns.amazonaws.com",
        "CreateTopic",
        {"name": "alerts"},
        {"topicArn": TOPIC_ARN},
        f"arn:aws:iam::{ACCOUNT_ID}:root",
        False,
    )
    assert not {"resources", "errorCode"} & set(record)


def test_the_keys_of_a_map_stay_as_they_are_and_addresses_are_hidden(account):
    """SQS's documented log entry has `attributes` with their own names."""
    account.client("sns").create_topic(Name="alerts")
    account.client("sns").subscribe(TopicArn=TOPIC_ARN, Protocol="email", Endpoint="a@example.com")
    url = queue_url(account, "seen")
    account.client("sqs").set_queue_attributes(QueueUrl=url, Attributes={"DelaySeconds": "0"})
    _, subscribe, attributes = [record["requestParameters"] for record in records(account)]
    assert subscribe["endpoint"] == "HIDDEN_DUE_TO_SECURITY_REASONS"
    assert attributes == {"queueUrl": url, "attributes": {"DelaySeconds": "0"}}


def test_reads_and_data_events_are_not_recorded(account):
    """A trail logs neither by default, and EventBridge delivers neither."""
    sns, sqs, url = account.client("sns"), account.client("sqs"), queue_url(account, "seen")
    sns.list_topics()
    account.client("events").put_events(
        Entries=[{"Source": "mine", "DetailType": "t", "Detail": "{}"}]
    )
    sqs.send_message(QueueUrl=url, MessageBody="x")
    sqs.receive_message(QueueUrl=url)
    account.client("cloudwatch").put_metric_data(
        Namespace="mine", MetricData=[{"MetricName": "m", "Value": 1}]
    )
    account.client("ssm").describe_automation_executions()
    assert records(account) == []


def test_a_failed_call_has_the_services_code(account):
    """The parameters are those of the call, and there is no response."""
    code = error_code_of(account.client("events").disable_rule, Name="none")
    (record,) = records(account)
    assert code == "ResourceNotFoundException"
    assert (record["errorCode"], record["requestParameters"], record["responseElements"]) == (
        code,
        {"name": "none"},
        None,
    )


def test_a_denied_call_has_the_code_access_denied_and_no_parameters(account):
    """SNS itself answers with AuthorizationError."""
    sns = client_of_user(account, "sns")
    assert error_code_of(sns.create_topic, Name="alerts") == "AuthorizationError"
    (record,) = records(account)
    assert (record["errorCode"], record["requestParameters"]) == ("AccessDenied", None)
    assert "not authorized to perform: sns:CreateTopic" in record["errorMessage"]
    assert record["userIdentity"]["userName"] == "alice"


def test_a_call_that_the_sandbox_cannot_do_is_not_recorded(account):
    """AWS might have accepted it."""
    targets = [{"Id": "f", "Arn": f"arn:aws:lambda:{REGION}:{ACCOUNT_ID}:function:f"}]
    code = error_code_of(account.client("events").put_targets, Rule="all", Targets=targets)
    assert (code, records(account)) == ("SandboxCannot", [])


@pytest.mark.parametrize("region", [REGION, HOME])
def test_iam_is_recorded_in_one_region_only(account, region):
    """Through the endpoint of whatever Region the call was made."""
    iam = account.sandbox.client("iam", region)
    iam.create_role(RoleName="r", AssumeRolePolicyDocument=trust("ec2.amazonaws.com"))
    (record,) = records(account, HOME)
    assert (record["eventName"], record["awsRegion"]) == ("CreateRole", HOME)
    assert records(account) == []
    assert seen(account) == []


def test_a_rule_is_disabled_before_its_own_event_comes(account):
    """So the rule never sees the call that disables it. The history has it."""
    account.client("events").disable_rule(Name="all")
    assert seen(account) == []
    assert [record["eventName"] for record in records(account)] == ["DisableRule"]


def test_the_event_of_stop_logging_itself_arrives_and_no_later_one(sandbox):
    """The trail logs the call as the last one."""
    account = Account(sandbox)
    heard = []
    sandbox.lose_events(lambda event: heard.append(event["detail"].get("eventName")))
    sandbox.client("cloudtrail", HOME).stop_logging(Name="sandbox")
    account.client("sns").create_topic(Name="alerts")
    sandbox.client("cloudtrail", HOME).start_logging(Name="sandbox")
    account.client("sns").delete_topic(TopicArn=TOPIC_ARN)
    assert heard == ["StopLogging", "DeleteTopic"]


def test_selectors_silence_other_services_too(account):
    """An advanced selector excludes SNS. The history has the call all the same."""
    fields = [
        {"Field": "eventCategory", "Equals": ["Management"]},
        {"Field": "eventSource", "NotEquals": ["sns.amazonaws.com"]},
    ]
    account.sandbox.client("cloudtrail", HOME).put_event_selectors(
        TrailName="sandbox", AdvancedEventSelectors=[{"FieldSelectors": fields}]
    )
    account.client("sns").create_topic(Name="alerts")
    account.client("sqs").create_queue(QueueName="other")
    assert [event["source"] for event in seen(account)] == ["aws.sqs"]
    assert [r["eventName"] for r in records(account)] == ["CreateTopic", "CreateQueue"]


def test_a_trail_without_global_events_logs_no_iam_call(sandbox):
    """The history has the call all the same."""
    heard = []
    cloudtrail = sandbox.client("cloudtrail", HOME)
    cloudtrail.update_trail(
        Name="sandbox", IsMultiRegionTrail=False, IncludeGlobalServiceEvents=False
    )
    sandbox.lose_events(lambda event: heard.append(event["detail"]["eventName"]))
    sandbox.client("iam", HOME).create_user(UserName="u")
    cloudtrail.stop_logging(Name="sandbox")
    assert heard == ["StopLogging"]
    names = [record["eventName"] for record in sandbox.history.records[HOME]]
    assert names == ["UpdateTrail", "CreateUser", "StopLogging"]


def test_the_calls_of_an_automation_are_recorded_as_its_roles(account):
    """The role's session calls by way of Systems Manager."""
    iam, ssm = account.client("iam"), account.client("ssm")
    iam.create_role(RoleName="helper", AssumeRolePolicyDocument=trust("ssm.amazonaws.com"))
    statement = allow("events:DeleteRule")
    iam.put_role_policy(RoleName="helper", PolicyName="p", PolicyDocument=policy(statement))
    account.client("events").put_rule(Name="guard", EventPattern='{"source": ["mine"]}')
    code = (
        "import boto3\n"
        "def handler(given, context):\n"
        "    boto3.client('events').delete_rule(Name='guard')\n"
        "    return {}\n"
    )
    inputs = {"Runtime": "python3.11", "Handler": "handler", "Script": code, "InputPayload": {}}
    steps = [{"name": "s", "action": "aws:executeScript", "inputs": inputs, "isEnd": True}]
    content = {
        "schemaVersion": "0.3",
        "assumeRole": role_arn("helper"),
        "mainSteps": steps,
    }
    ssm.create_document(Name="disabler", DocumentType="Automation", Content=json.dumps(content))
    ssm.start_automation_execution(DocumentName="disabler")
    account.sandbox.settle()
    record = next(r for r in records(account) if r["eventName"] == "DeleteRule")
    identity = record["userIdentity"]
    assert (identity["invokedBy"], record["sourceIPAddress"], record.get("errorCode")) == (
        "ssm.amazonaws.com",
        "ssm.amazonaws.com",
        None,
    )
    assert identity["sessionContext"]["sessionIssuer"]["arn"] == role_arn("helper")
