"""Roles of the sandbox's account, and clients with their credentials."""

import json
from collections.abc import Callable
from typing import Any

import boto3

from sandbox.core.account import ACCOUNT_ID
from sandbox.server import Sandbox


def assume_new_role(
    sandbox: Sandbox, name: str, actions: str | list[str]
) -> Callable[[str, str], Any]:
    """Create a role that may call some actions, and assume it as the session `alice`.

    Return a function that returns the role's client of a service in a Region.
    """
    iam, sts = (sandbox.client(service, "us-east-1") for service in ("iam", "sts"))
    trust = _policy(Principal={"AWS": f"arn:aws:iam::{ACCOUNT_ID}:root"}, Action="sts:AssumeRole")
    arn = iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    permissions = _policy(Action=actions, Resource="*")
    iam.put_role_policy(RoleName=name, PolicyName="demo", PolicyDocument=permissions)
    session = sts.assume_role(RoleArn=arn, RoleSessionName="alice")["Credentials"]

    def client(service: str, region: str) -> Any:
        return boto3.client(
            service,
            region_name=region,
            endpoint_url=sandbox.endpoint,
            aws_access_key_id=session["AccessKeyId"],
            aws_secret_access_key=session["SecretAccessKey"],
            aws_session_token=session["SessionToken"],
        )

    return client


def _policy(**statement: Any) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **statement}]})
