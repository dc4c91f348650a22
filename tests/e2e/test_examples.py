"""The examples of docs/examples/, deployed in one Region: a key is rescued with each of them.

The other examples have other partitions, which the sandbox does not simulate, or eighty accounts:
tests/e2e/hub deploys three.
"""

import json

import pytest
from botocore.exceptions import ClientError

from sandbox.deployment import PROJECT, Deployment, deployer
from tests.support.account import Account

pytestmark = pytest.mark.long

REGION = "eu-west-1"
BUCKET = "reprieve-state-111122223333"
BOUNDARY = "arn:aws:iam::111122223333:policy/TeamBoundary"


def prepare(sandbox) -> None:
    """Create what the examples expect in an account."""
    sandbox.client("s3", REGION).create_bucket(
        Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION}
    )
    everything = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    sandbox.client("iam", REGION).create_policy(
        PolicyName=BOUNDARY.rpartition("/")[2],
        PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [everything]}),
    )


CREATING = [
    "cloudwatch:PutMetricAlarm",
    "events:PutRule",
    "iam:CreateRole",
    "sns:CreateTopic",
    "sqs:CreateQueue",
    "ssm:CreateDocument",
]


def demand(sandbox, boundary, *tags):
    """Attach a policy that denies what has not each of the tags, and roles without the boundary."""
    untagged = [
        {
            "Effect": "Deny",
            "Action": CREATING,
            "Resource": "*",
            "Condition": {"Null": {f"aws:RequestTag/{tag}": "true"}},
        }
        for tag in tags
    ]
    unbound = {
        "Effect": "Deny",
        "Action": "iam:CreateRole",
        "Resource": "*",
        "Condition": {"StringNotEquals": {"iam:PermissionsBoundary": boundary}},
    }
    allowed = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    sandbox.set_service_control_policy(
        {"Version": "2012-10-17", "Statement": [allowed, *untagged, unbound]}
    )


@pytest.mark.parametrize("example", ["one-account", "slack-and-pager", "roles-with-boundary"])
def test_an_example_rescues_a_key(sandbox, tmp_path, example):
    """And the next plan is empty. A policy that demands tags and a boundary lets all through."""
    sandbox.reset()
    prepare(sandbox)
    settings = deployer(sandbox) | {"REPRIEVE_REGIONS__WATCH": REGION}
    if example == "roles-with-boundary":
        demand(sandbox, BOUNDARY, "Team", "CostCenter")
        with pytest.raises(ClientError, match="explicit deny"):
            sandbox.client("sns", REGION).create_topic(Name="untagged")
    file = PROJECT / "docs" / "examples" / f"{example}.toml"
    deployment = Deployment(sandbox, tmp_path, settings_file=file, settings=settings)
    deployment.deploy()
    sandbox.set_service_control_policy(None)
    account = Account(sandbox, deployment)
    key = account.create_key(REGION)["Arn"]
    account.schedule(REGION, key)
    assert account.state(REGION, key) == "Disabled"
    assert [mail for mail in sandbox.mails if key in mail.body]
    assert deployment.plan() == {}
