"""CloudWatch emits an event for each change of an alarm's state."""

import json

import pytest

from sandbox.core.account import ACCOUNT_ID
from tests.support.emulated_account import EVENTS, REGION, allow, policy

ALARM_ARN = f"arn:aws:cloudwatch:{REGION}:{ACCOUNT_ID}:alarm:letters"
QUEUE_ARN = f"arn:aws:sqs:{REGION}:{ACCOUNT_ID}:heard"
DIMENSIONS = [{"Name": "QueueName", "Value": "letters"}]
ALARM = {
    "AlarmName": "letters",
    "AlarmDescription": "a dead letter",
    "Namespace": "AWS/SQS",
    "MetricName": "ApproximateNumberOfMessagesVisible",
    "Dimensions": DIMENSIONS,
    "Statistic": "Maximum",
    "Period": 60,
    "EvaluationPeriods": 1,
    "Threshold": 0.0,
    "ComparisonOperator": "GreaterThanThreshold",
    "TreatMissingData": "notBreaching",
}


@pytest.fixture
def events(sandbox):
    """Return a function that returns the alarm events so far, which a rule sends to a queue."""
    sqs = sandbox.client("sqs", REGION)
    url = sqs.create_queue(QueueName="heard")["QueueUrl"]
    document = policy(allow("sqs:SendMessage", Principal=EVENTS))
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": document})
    rule = sandbox.client("events", REGION)
    rule.put_rule(Name="alarms", EventPattern='{"source": ["aws.cloudwatch"]}')
    rule.put_targets(Rule="alarms", Targets=[{"Id": "q", "Arn": QUEUE_ARN}])
    sqs.create_queue(QueueName="letters")

    def heard():
        sandbox.settle()
        found = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
        for message in found:
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return [json.loads(message["Body"]) for message in found]

    return heard


def fail(sandbox):
    """Put a message into the queue that the alarm watches, and let an event come by."""
    sqs = sandbox.client("sqs", REGION)
    url = sqs.get_queue_url(QueueName="letters")["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody="x")
    sandbox.client("cloudwatch", REGION).put_metric_alarm(**ALARM)


def test_a_change_of_state_is_an_event(sandbox, events):
    """In the form of the CloudWatch User Guide, "Alarm events and EventBridge"."""
    fail(sandbox)
    (event,) = events()
    assert event["detail-type"] == "CloudWatch Alarm State Change"
    assert (event["account"], event["region"]) == (ACCOUNT_ID, REGION)
    assert event["resources"] == [ALARM_ARN]
    detail = event["detail"]
    states = detail.pop("state"), detail.pop("previousState")
    assert [state["value"] for state in states] == ["ALARM", "INSUFFICIENT_DATA"]
    for state in states:
        assert state["reason"]
        assert state["timestamp"].endswith("+0000")
    (metric,) = detail["configuration"].pop("metrics")
    assert metric.pop("id")
    assert metric == {
        "metricStat": {
            "metric": {
                "namespace": "AWS/SQS",
                "name": "ApproximateNumberOfMessagesVisible",
                "dimensions": {"QueueName": "letters"},
            },
            "period": 60,
            "stat": "Maximum",
        },
        "returnData": True,
    }
    assert detail == {
        "alarmName": "letters",
        "configuration": {"description": "a dead letter"},
    }


def test_the_metrics_of_an_expression_are_listed(sandbox, events):
    """Each with its id."""
    given = {
        name: value
        for name, value in ALARM.items()
        if name not in ("Namespace", "MetricName", "Dimensions", "Statistic", "Period")
    }
    metric = {
        "Namespace": ALARM["Namespace"],
        "MetricName": ALARM["MetricName"],
        "Dimensions": DIMENSIONS,
    }
    stat = {"Metric": metric, "Period": 60, "Stat": "Maximum"}
    queries = [
        {"Id": "all", "Expression": "SUM([m1])", "Label": "letters", "ReturnData": True},
        {"Id": "m1", "MetricStat": stat, "ReturnData": False},
    ]
    client = sandbox.client("cloudwatch", REGION)
    client.put_metric_alarm(**given, Metrics=queries)
    client.set_alarm_state(AlarmName="letters", StateValue="ALARM", StateReason="a test")
    (event, *_) = events()
    shown = event["detail"]["configuration"]["metrics"]
    assert shown[0] == {
        "id": "all",
        "expression": "SUM([m1])",
        "label": "letters",
        "returnData": True,
    }
    assert (shown[1]["id"], shown[1]["returnData"]) == ("m1", False)


def test_an_alarm_whose_state_somebody_sets_sends_an_event_too(sandbox, events):
    """Only if the state is another one."""
    client = sandbox.client("cloudwatch", REGION)
    client.put_metric_alarm(**ALARM, ActionsEnabled=False)
    assert [event["detail"]["state"]["value"] for event in events()] == ["OK"]
    for _ in range(2):
        client.set_alarm_state(AlarmName="letters", StateValue="ALARM", StateReason="a test")
    (event,) = events()
    assert event["detail"]["state"]["reason"] == "a test"


def test_the_delivery_of_its_event_does_not_end_an_alarm(sandbox, events):
    """The event counts for the next period, which has not ended."""
    queue = sandbox.client("sqs", REGION).get_queue_url(QueueName="heard")["QueueUrl"]
    sandbox.client("sqs", REGION).set_queue_attributes(QueueUrl=queue, Attributes={"Policy": ""})
    watched = {
        **ALARM,
        "AlarmName": "failures",
        "Namespace": "AWS/Events",
        "MetricName": "FailedInvocations",
        "Dimensions": [{"Name": "RuleName", "Value": "alarms"}],
        "Statistic": "Sum",
    }
    sandbox.client("cloudwatch", REGION).put_metric_alarm(**watched)
    sandbox.settle()
    sandbox.emit({"source": "aws.cloudwatch", "detail-type": "x", "detail": {}}, REGION)
    sandbox.settle()
    assert [change.state for change in sandbox.alarms] == []
    sandbox.client("events", REGION).put_rule(Name="any", EventPattern='{"source": ["mine"]}')
    target = {"Id": "q", "Arn": QUEUE_ARN}
    sandbox.client("events", REGION).put_targets(Rule="any", Targets=[target])
    sandbox.emit({"source": "mine", "detail-type": "x", "detail": {}}, REGION)
    sandbox.settle()
    assert [change.state for change in sandbox.alarms] == ["ALARM"]


def test_the_metrics_of_a_rule_on_another_bus_can_be_watched(sandbox):
    """By the name of the bus and of the rule."""
    rules = sandbox.client("events", REGION)
    rules.create_event_bus(Name="hub")
    rules.put_rule(Name="r", EventBusName="hub", EventPattern='{"source": ["mine"]}')
    for bus in ("hub", "another"):
        dimensions = {"EventBusName": bus, "RuleName": "r"}
        sandbox.client("cloudwatch", REGION).put_metric_alarm(
            **{
                **ALARM,
                "AlarmName": bus,
                "Namespace": "AWS/Events",
                "MetricName": "FailedInvocations",
                "Dimensions": [{"Name": n, "Value": v} for n, v in dimensions.items()],
                "Statistic": "Sum",
            }
        )
    sandbox.settle()
    target = {"Id": "q", "Arn": QUEUE_ARN}
    rules.put_targets(Rule="r", EventBusName="hub", Targets=[target])
    entry = {"Source": "mine", "DetailType": "t", "Detail": "{}", "EventBusName": "hub"}
    rules.put_events(Entries=[entry])
    sandbox.settle()
    assert [(change.name, change.state) for change in sandbox.alarms] == [("hub", "ALARM")]
