"""The AWS provider's arguments about accounts: `allowed_account_ids` and `assume_role`."""

import json

import pytest

from sandbox.core.account import ACCOUNT_ID
from sandbox.processes import CommandFailed
from tests.support.emulated_account import REGION
from tests.support.terraform import Configuration

pytestmark = pytest.mark.long

OTHER = "222233334444"
ROLE = f"arn:aws:iam::{OTHER}:role/deployer"


def document(statement):
    """Return a policy of one statement."""
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def configuration(**provider):
    """Return a configuration of one topic, with these arguments of the provider."""
    return {
        "provider": {"aws": {"region": REGION, **provider}},
        "resource": {"aws_sns_topic": {"alerts": {"name": "alerts"}}},
        "output": {"topic": {"value": "${aws_sns_topic.alerts.arn}"}},
    }


@pytest.fixture
def role(sandbox):
    """Create a role of another account that the default account may assume with an id."""
    sandbox.add_account(OTHER)
    iam = sandbox.client("iam", REGION, OTHER)
    trust = {
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT_ID}:root"},
        "Action": "sts:AssumeRole",
        "Condition": {"StringEquals": {"sts:ExternalId": "reprieve"}},
    }
    iam.create_role(RoleName="deployer", AssumeRolePolicyDocument=document(trust))
    everything = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    iam.put_role_policy(RoleName="deployer", PolicyName="p", PolicyDocument=document(everything))
    return ROLE


def test_terraform_deploys_to_the_account_of_a_role_and_to_no_other(sandbox, role, tmp_path):
    """With the wrong account, or without the role's consent, it changes nothing."""
    assume = {"role_arn": role, "external_id": "reprieve"}
    right = configuration(assume_role=assume, allowed_account_ids=[OTHER])
    terraform = Configuration(tmp_path, sandbox.environment(), right)
    for wrong, words in (
        (configuration(allowed_account_ids=[OTHER]), f"AWS account ID not allowed: {ACCOUNT_ID}"),
        (
            configuration(assume_role=assume, allowed_account_ids=[ACCOUNT_ID]),
            f"AWS account ID not allowed: {OTHER}",
        ),
        (configuration(assume_role={"role_arn": role}), "Cannot assume IAM Role"),
    ):
        terraform.write(wrong)
        with pytest.raises(CommandFailed, match=words):
            terraform.apply()
    terraform.write(right)
    assert terraform.apply() == {"topic": f"arn:aws:sns:{REGION}:{OTHER}:alerts"}
    assert terraform.planned() == []
    assert sandbox.client("sns", REGION).list_topics()["Topics"] == []
