"""The real AWS provider deploys rules with schedules, event-bus targets and data protection."""

import json
from pathlib import Path

import pytest

from sandbox.core.account import ACCOUNT_ID
from sandbox.deployment import Deployment
from sandbox.server import Sandbox
from tests.support.attacked_resources import PROTECTION
from tests.support.emulated_account import EVENTS, PUBLISH, REGION, allow, policy, trust

pytestmark = pytest.mark.long

OTHER = "us-east-1"
BUS_ARN = f"arn:aws:events:{OTHER}:{ACCOUNT_ID}:event-bus/default"
PATTERN = json.dumps({"source": ["aws.kms"]})
RESOURCES = {
    "aws_sns_topic": {"alerts": {"name": "alerts"}},
    "aws_sns_topic_policy": {
        "alerts": {"arn": "${aws_sns_topic.alerts.arn}", "policy": policy(PUBLISH)}
    },
    "aws_sns_topic_data_protection_policy": {
        "alerts": {"arn": "${aws_sns_topic.alerts.arn}", "policy": PROTECTION}
    },
    "aws_iam_role": {
        "forward": {"name": "forward", "assume_role_policy": trust("events.amazonaws.com")}
    },
    "aws_iam_role_policy": {
        "forward": {
            "name": "p",
            "role": "${aws_iam_role.forward.name}",
            "policy": policy(allow("events:PutEvents", BUS_ARN)),
        }
    },
    "aws_cloudwatch_event_rule": {
        "patrol": {"name": "patrol", "schedule_expression": "rate(6 hours)"},
        "nightly": {"name": "nightly", "schedule_expression": "cron(0 3 ? * MON-FRI *)"},
        "forward": {"name": "forward", "event_pattern": PATTERN},
    },
    "aws_cloudwatch_event_target": {
        "patrol": {
            "rule": "${aws_cloudwatch_event_rule.patrol.name}",
            "arn": "${aws_sns_topic.alerts.arn}",
            "input": '"Patrol"',
        },
        "forward": {
            "rule": "${aws_cloudwatch_event_rule.forward.name}",
            "arn": BUS_ARN,
            "role_arn": "${aws_iam_role.forward.arn}",
        },
    },
}


def deployed(sandbox: Sandbox, directory: Path) -> Deployment:
    """Deploy the resources, and return the deployment."""
    deployment = Deployment(sandbox, directory)
    deployment.stack_directory.mkdir(parents=True)
    content = {"provider": {"aws": {"region": REGION}}, "resource": RESOURCES}
    (deployment.stack_directory / "main.tf.json").write_text(json.dumps(content))
    deployment.init()
    deployment.apply()
    return deployment


def listen(sandbox: Sandbox) -> None:
    """Make a rule in the other Region that sends KMS's events to the queue `heard`."""
    sqs, events = sandbox.client("sqs", OTHER), sandbox.client("events", OTHER)
    url = sqs.create_queue(QueueName="heard")["QueueUrl"]
    document = policy(allow("sqs:SendMessage", Principal=EVENTS))
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": document})
    events.put_rule(Name="listen", EventPattern=PATTERN)
    queue = f"arn:aws:sqs:{OTHER}:{ACCOUNT_ID}:heard"
    events.put_targets(Rule="listen", Targets=[{"Id": "q", "Arn": queue}])


def test_what_terraform_deploys_works_and_has_no_drift(sandbox: Sandbox, tmp_path: Path) -> None:
    """A second plan changes nothing, the schedule runs, and the event crosses Regions."""
    deployment = deployed(sandbox, tmp_path)
    assert deployment.plan() == {}
    listen(sandbox)
    sandbox.run_schedules()
    sandbox.client("kms", REGION).create_key()
    sandbox.settle()
    assert sorted((d.target_arn.split(":")[2], d.region, d.error) for d in sandbox.deliveries) == [
        ("events", REGION, None),
        ("sns", REGION, None),
        ("sqs", OTHER, None),
    ]
    assert [mail.body for mail in sandbox.mails] == ['"Patrol"']
    deployment.terraform("destroy", "-auto-approve")
    rules = sandbox.client("events", REGION).list_rules()["Rules"]
    assert [rule["Name"] for rule in rules] == []
