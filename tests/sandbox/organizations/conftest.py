"""A role whose trust policy has a condition."""

import json

import pytest

from tests.support.emulated_account import REGION


@pytest.fixture
def create_reader(sandbox):
    """Return a function that creates a role for everyone under a condition, and returns its ARN."""

    def create(condition):
        trust = {
            "Effect": "Allow",
            "Principal": {"AWS": "*"},
            "Action": "sts:AssumeRole",
            "Condition": condition,
        }
        document = json.dumps({"Statement": [trust]})
        role = sandbox.client("iam", REGION).create_role(
            RoleName="reader", AssumeRolePolicyDocument=document
        )
        return role["Role"]["Arn"]

    return create
