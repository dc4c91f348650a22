"""The real provider deploys an event bus, its policy, a rule on it, and a rule that forwards to it.

A user deploys, so that the permission of each call is checked.
"""

import json

import pytest

from sandbox.core.account import ACCOUNT_ID
from tests.support.emulated_account import REGION, allow, policy, trust
from tests.support.terraform import Configuration

pytestmark = pytest.mark.long

PATTERN = json.dumps({"source": ["aws.kms"]})
BUS = "${aws_cloudwatch_event_bus.hub.name}"
CONFIGURATION = {
    "provider": {"aws": {"region": REGION}},
    "resource": {
        "aws_cloudwatch_event_bus": {"hub": {"name": "hub", "tags": {"team": "security"}}},
        "aws_cloudwatch_event_bus_policy": {
            "hub": {
                "event_bus_name": BUS,
                "policy": policy(
                    allow(
                        "events:PutEvents",
                        "${aws_cloudwatch_event_bus.hub.arn}",
                        Sid="organization",
                        Principal="*",
                        Condition={"StringEquals": {"aws:PrincipalOrgID": "o-exampleorg1"}},
                    )
                ),
            }
        },
        "aws_sqs_queue": {"heard": {"name": "heard"}},
        "aws_iam_role": {
            "forward": {
                "name": "forward",
                "assume_role_policy": trust("events.amazonaws.com"),
                "inline_policy": [
                    {
                        "name": "p",
                        "policy": policy(
                            allow("events:PutEvents", "${aws_cloudwatch_event_bus.hub.arn}")
                        ),
                    }
                ],
            }
        },
        "aws_cloudwatch_event_rule": {
            "forward": {"name": "forward", "event_pattern": PATTERN},
            "listen": {"name": "listen", "event_pattern": PATTERN, "event_bus_name": BUS},
        },
        "aws_cloudwatch_event_target": {
            "forward": {
                "rule": "${aws_cloudwatch_event_rule.forward.name}",
                "target_id": "hub",
                "arn": "${aws_cloudwatch_event_bus.hub.arn}",
                "role_arn": "${aws_iam_role.forward.arn}",
            },
            "listen": {
                "rule": "${aws_cloudwatch_event_rule.listen.name}",
                "event_bus_name": BUS,
                "target_id": "heard",
                "arn": "${aws_sqs_queue.heard.arn}",
            },
        },
    },
    "output": {"bus": {"value": "${aws_cloudwatch_event_bus.hub.arn}"}},
}


def test_the_provider_deploys_a_bus_with_its_policy_and_rules(sandbox, tmp_path):
    """A second plan is empty, and an event of the default bus reaches the rule on the new one."""
    iam = sandbox.client("iam", REGION)
    iam.create_user(UserName="deployer")
    iam.put_user_policy(UserName="deployer", PolicyName="p", PolicyDocument=policy(allow("*")))
    key = iam.create_access_key(UserName="deployer")["AccessKey"]
    credentials = {
        "AWS_ACCESS_KEY_ID": key["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": key["SecretAccessKey"],
    }
    terraform = Configuration(tmp_path, sandbox.environment() | credentials, CONFIGURATION)
    assert terraform.apply() == {"bus": f"arn:aws:events:{REGION}:{ACCOUNT_ID}:event-bus/hub"}
    assert terraform.planned() == []
    sandbox.client("kms", REGION).create_key()
    sandbox.settle()
    found = [(d.rule_arn.partition(":rule/")[2], d.target_id) for d in sandbox.deliveries]
    assert found == [("forward", "hub"), ("hub/listen", "heard")]
    terraform.write({"provider": CONFIGURATION["provider"]})
    assert terraform.apply() == {}
    buses = sandbox.client("events", REGION).list_event_buses()["EventBuses"]
    assert [bus["Name"] for bus in buses] == ["default"]
