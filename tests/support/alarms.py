"""An alarm on a rule whose deliveries fail, for the tests of the sandbox."""

from tests.support.emulated_account import (
    CLOUDWATCH,
    PATTERN,
    REGION,
    TOPIC_ARN,
    TOPIC_TARGET,
    Account,
    allow,
)

NOTIFY = allow("sns:Publish", TOPIC_ARN, Principal=CLOUDWATCH)


def metric(name="FailedInvocations", of="guard", namespace="AWS/Events", dimension="RuleName"):
    """Return a metric as CloudWatch's API takes it."""
    dimensions = [{"Name": dimension, "Value": of}]
    return {"Namespace": namespace, "MetricName": name, "Dimensions": dimensions}


(EVENT_NAME,) = PATTERN["detail"]["eventName"]


def put_alarm(account, **changes):
    """Create the alarm `late` on failed invocations of the rule `guard`, with some changes.

    Wait until it is evaluated: what happens next belongs to the next period.
    """
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
    account.sandbox.settle()


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
    account.make_topic(*(statements or [NOTIFY]))
    account.make_rule(TOPIC_TARGET)
    return account
