"""An account in which drills are run, and what they leave there."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sandbox.core.account import ACCOUNT_ID
from sandbox.deployment import EXAMPLE
from sandbox.server import Sandbox
from tests.support import breaking
from tests.support.account import REGIONS, Account
from tests.support.breaking import damaged
from tests.support.deployed import Deployments
from tests.support.operator import Operator, Printed

APPROVED = f"arn:aws:iam::{ACCOUNT_ID}:role/decommissioner"
DEPLOYED = {
    "REPRIEVE_REGIONS__WATCH": ",".join(REGIONS),
    "REPRIEVE_NOTIFY__EMAILS": "security@example.com",
    "REPRIEVE_NOTIFY__THREATS": "key-deletion-scheduled",
    "REPRIEVE_RELIABILITY__ALARMS": "false",
    "REPRIEVE_EXEMPT__PRINCIPALS": APPROVED,
}
SETTINGS = DEPLOYED | {"REPRIEVE_SETTINGS": "/dev/null"}
YES = ("drill", "--yes", "--json")
# A drill whose key is deleted at the end leaves none for the next one.
RETIRED = ("--approved-role", APPROVED)


def drill_account(sandbox: Sandbox, deployments: Deployments, directory: Path) -> Account:
    """Deploy to two Regions, with a role whose deletions are approved."""
    account = deployments.account(sandbox, directory, EXAMPLE, **DEPLOYED)
    trust = {"Effect": "Allow", "Principal": {"AWS": ACCOUNT_ID}, "Action": "sts:AssumeRole"}
    may = {
        "Effect": "Allow",
        "Action": ["kms:ScheduleKeyDeletion", "kms:DescribeKey"],
        "Resource": "*",
    }
    iam = sandbox.client("iam", "us-east-1")
    iam.create_role(
        RoleName="decommissioner", AssumeRolePolicyDocument=json.dumps({"Statement": [trust]})
    )
    iam.put_role_policy(
        RoleName="decommissioner",
        PolicyName="delete",
        PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [may]}),
    )
    return account


def root(account: Account) -> Operator:
    """Return the account's root, with the settings that were deployed."""
    return Operator(account.sandbox, SETTINGS)


def rows(printed: Printed) -> dict[str, Any]:
    """Return what `--json` says, by Region."""
    (found,) = printed.json["accounts"]
    return {row["region"]: row for row in found["regions"]}


def drill_resources(account: Account, region: str) -> list[str]:
    """Return the queues and subscriptions of drills that are there."""
    queues = account.sandbox.client("sqs", region).list_queues(QueueNamePrefix="reprieve-drill-")
    sns = account.sandbox.client("sns", region)
    subscriptions = [
        each["Endpoint"]
        for each in sns.list_subscriptions()["Subscriptions"]
        if each["Protocol"] == "sqs"
    ]
    return [*queues.get("QueueUrls", []), *subscriptions]


def keys_of_drills(account: Account, region: str) -> dict[str, str]:
    """Return the states of the keys that have a drill's alias, by id."""
    kms = account.kms(region)
    found = {
        alias["TargetKeyId"]
        for alias in kms.list_aliases()["Aliases"]
        if alias["AliasName"].startswith("alias/reprieve-drill-")
    }
    return {key: account.state(region, key) for key in found}


@contextmanager
def blind(account: Account) -> Iterator[None]:
    """Stop the trail, so that no alert ever comes."""
    with damaged(account.sandbox, breaking.trail_is_stopped):
        yield


def forget_keys(account: Account, region: str) -> None:
    """Take the aliases of all drill keys away: the next drill finds none of them."""
    kms = account.kms(region)
    for alias in kms.list_aliases()["Aliases"]:
        if alias["AliasName"].startswith("alias/reprieve-drill-"):
            kms.delete_alias(AliasName=alias["AliasName"])
