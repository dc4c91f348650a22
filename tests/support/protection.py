"""Principals of a deployed account, and what they can do under a service control policy."""

import json

from botocore.exceptions import ClientError
from botocore.parsers import ResponseParserError

from reprieve.guard.protection import protection_of
from sandbox.core.account import ACCOUNT_ID
from tests.support.account import EMAIL, REGIONS, Account
from tests.support.operator import Operator
from tests.support.settings import load_one

REGION = "eu-west-1"
DEPLOYER = f"arn:aws:iam::{ACCOUNT_ID}:role/ci/deployer"
DEPLOYED = {
    "REPRIEVE_REGIONS__WATCH": ",".join(REGIONS),
    "REPRIEVE_NOTIFY__EMAILS": EMAIL,
    "REPRIEVE_EXEMPT__DEPLOYERS": DEPLOYER,
}
SETTINGS = DEPLOYED | {"REPRIEVE_SETTINGS": "/dev/null"}
TOPIC = f"arn:aws:sns:{REGION}:{ACCOUNT_ID}:reprieve-alerts"
DENIED = "with an explicit deny in a service control policy"
ADMINISTRATOR = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}],
}


def create_role(account, name, path="/"):
    """Create a role that may do everything, and that everybody in the account may assume."""
    iam = account.sandbox.client("iam", "us-east-1")
    trust = {"Effect": "Allow", "Principal": {"AWS": ACCOUNT_ID}, "Action": "sts:AssumeRole"}
    document = json.dumps({"Statement": [trust]})
    iam.create_role(Path=path, RoleName=name, AssumeRolePolicyDocument=document)
    iam.put_role_policy(RoleName=name, PolicyName="all", PolicyDocument=json.dumps(ADMINISTRATOR))


def deploy_with_administrators(sandbox, deployments, directory) -> Account:
    """Deploy to two Regions; create the deployers' role, and an administrator's role and user."""
    account: Account = deployments.account(sandbox, directory, **DEPLOYED)
    create_role(account, "deployer", "/ci/")
    create_role(account, "admin")
    iam = sandbox.client("iam", "us-east-1")
    iam.create_user(UserName="admin")
    iam.put_user_policy(
        UserName="admin", PolicyName="all", PolicyDocument=json.dumps(ADMINISTRATOR)
    )
    return account


def printed_policy(**changed):
    """Return the policy that `reprieve policy protect` prints; `changed` are other settings."""
    return json.loads(protection_of(load_one(SETTINGS | changed)).text)


def credentials(account, who):
    """Return the access key of the administrator's user, or of a session of a role.

    `role` is the administrator's; other names are those of roles.
    """
    if who == "user":
        key = account.sandbox.client("iam", REGION).create_access_key(UserName="admin")
        return key["AccessKey"]["AccessKeyId"], key["AccessKey"]["SecretAccessKey"]
    sts = account.sandbox.client("sts", REGION)
    name = "admin" if who == "role" else who
    arn = DEPLOYER if who == "deployer" else f"arn:aws:iam::{ACCOUNT_ID}:role/{name}"
    found = sts.assume_role(RoleArn=arn, RoleSessionName="alice")["Credentials"]
    return found["AccessKeyId"], found["SecretAccessKey"], found["SessionToken"]


def clients_of(account, who):
    """Return a function that returns clients of a principal; `root` is the account's root."""
    if who == "root":
        return account.sandbox.client
    key = credentials(account, who)
    return lambda service, region: account.sandbox._clients.make(service, region, *key)


def outcome(act, client):
    """Make a call; return what came of it."""
    try:
        act(client)
    except (ClientError, ResponseParserError) as error:
        if DENIED in str(error):
            return "denied"
        # moto answers as JSON that it does not know PutDataProtectionPolicy.
        if "put_data_protection_policy action has not been implemented" in str(error):
            return "allowed"
        raise
    return "allowed"


def queue_call(operation, **parameters):
    """Return a call on the dead-letter queue."""

    def act(client):
        url = f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT_ID}/reprieve-dead-letters"
        getattr(client("sqs", REGION), operation)(QueueUrl=url, **parameters)

    return act


def call(service, operation, **parameters):
    """Return a call in the Region."""
    return lambda client: getattr(client(service, REGION), operation)(**parameters)


def operator(account, who):
    """Return somebody who runs `reprieve` with these credentials."""
    names = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
    key = credentials(account, who)
    return Operator(account.sandbox, SETTINGS, dict(zip(names, key, strict=False)))
