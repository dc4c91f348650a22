"""The examples of docs/examples/, deployed in one Region: a key is rescued with each of them.

The other examples have other partitions, which the sandbox does not simulate, or eighty accounts:
tests/e2e/hub deploys three.
"""

import json

import pytest

from sandbox.deployment import PROJECT
from tests.support.account import Account, deploy

REGION = "eu-west-1"
BUCKET = "reprieve-state-111122223333"


def prepare(sandbox) -> None:
    """Create what the examples expect in an account."""
    sandbox.client("s3", REGION).create_bucket(
        Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION}
    )
    everything = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    sandbox.client("iam", REGION).create_policy(
        PolicyName="TeamBoundary",
        PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [everything]}),
    )


@pytest.mark.parametrize("example", ["one-account", "slack-and-pager", "roles-with-boundary"])
def test_an_example_rescues_a_key(sandbox, tmp_path, example):
    """And the next plan is empty."""
    sandbox.reset()
    prepare(sandbox)
    file = PROJECT / "docs" / "examples" / f"{example}.toml"
    deployment = deploy(sandbox, tmp_path, file, REPRIEVE_REGIONS__WATCH=REGION)
    account = Account(sandbox, deployment)
    key = account.create_key(REGION)["Arn"]
    account.schedule(REGION, key)
    assert account.state(REGION, key) == "Disabled"
    assert [mail for mail in sandbox.mails if key in mail.body]
    assert deployment.plan() == {}
