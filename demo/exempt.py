"""The demo of exempt deletions: two roles, one of them exempt, in three Regions."""

import json
from collections.abc import Callable
from typing import Any, Final

import boto3

from demo.rescue import Rescue
from sandbox.core.account import ACCOUNT_ID
from sandbox.server import Sandbox

_EXEMPT, _OTHER = "KeyAdministrator", "Developer"

SETTINGS: Final = {
    "REPRIEVE_REGIONS__WATCH": "ap-southeast-2,eu-west-1,us-east-1",
    "REPRIEVE_EXEMPT__PRINCIPALS": f"arn:aws:iam::{ACCOUNT_ID}:role/{_EXEMPT}",
}


def rows(regions: tuple[str, ...]) -> list[Rescue]:
    """Return a key for each role in each Region."""
    return [
        Rescue(region, by=role, exempt=role == _EXEMPT)
        for region in regions
        for role in (_EXEMPT, _OTHER)
    ]


def callers(sandbox: Sandbox) -> Callable[[Rescue], Any]:
    """Create the roles; return a function that returns the KMS client of a row's role."""
    iam, sts = (sandbox.client(service, "us-east-1") for service in ("iam", "sts"))
    sessions = {}
    for role in (_EXEMPT, _OTHER):
        trust = _policy(
            Principal={"AWS": f"arn:aws:iam::{ACCOUNT_ID}:root"}, Action="sts:AssumeRole"
        )
        arn = iam.create_role(RoleName=role, AssumeRolePolicyDocument=trust)["Role"]["Arn"]
        permissions = _policy(Action="kms:ScheduleKeyDeletion", Resource="*")
        iam.put_role_policy(RoleName=role, PolicyName="keys", PolicyDocument=permissions)
        sessions[role] = sts.assume_role(RoleArn=arn, RoleSessionName="alice")["Credentials"]

    def caller_of(row: Rescue) -> Any:
        session = sessions[row.by]
        return boto3.client(
            "kms",
            region_name=row.region,
            endpoint_url=sandbox.endpoint,
            aws_access_key_id=session["AccessKeyId"],
            aws_secret_access_key=session["SecretAccessKey"],
            aws_session_token=session["SessionToken"],
        )

    return caller_of


def _policy(**statement: Any) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **statement}]})
