"""Deletions that were decided: an alert is sent, and they are not cancelled."""

import json
from datetime import UTC, datetime, timedelta

import boto3
import pytest

from sandbox.core.account import ACCOUNT_ID
from sandbox.deployment import EXAMPLE
from tests.support.account import EMAIL, REGIONS, Account, deploy, ending

REGION = REGIONS[0]
ADMINISTRATOR = f"arn:aws:iam::{ACCOUNT_ID}:role/KeyAdministrator"


@pytest.fixture(scope="module")
def exempt_key(sandbox):
    """Create the key that the settings will exempt."""
    return sandbox.client("kms", REGION).create_key()["KeyMetadata"]["KeyId"]


@pytest.fixture(scope="module")
def account(sandbox, exempt_key, tmp_path_factory):
    """Deploy with a role and a key exempt, by tag too, and two roles for a time."""
    settings_file = tmp_path_factory.mktemp("settings") / "reprieve.toml"
    today = datetime.now(UTC).date()
    entries = [
        f"[[exemption]]\nuntil = {today + timedelta(days=days)}\n"
        f'principal = "arn:aws:iam::{ACCOUNT_ID}:role/{role}"\nreason = "It moves."\n'
        for role, days in (("Migration", 1), ("Former", -1))
    ]
    settings_file.write_text(EXAMPLE.read_text() + "\n".join(["", *entries]))
    deployment = deploy(
        sandbox,
        tmp_path_factory.mktemp("account"),
        settings_file,
        REPRIEVE_REGIONS__WATCH=",".join(REGIONS),
        REPRIEVE_EXEMPT__PRINCIPALS=ADMINISTRATOR,
        REPRIEVE_EXEMPT__KEYS=exempt_key,
        REPRIEVE_EXEMPT__TAGS="reprieve:exempt=true",
    )
    return Account(sandbox, deployment)


def policy(**statement) -> str:
    """Return a policy of one statement."""
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **statement}]})


def kms_as(account, role: str):
    """Return a KMS client of a session of a new role that may do all with keys."""
    iam = account.sandbox.client("iam", REGION)
    anyone = policy(Principal={"AWS": "*"}, Action="sts:AssumeRole")
    iam.create_role(RoleName=role, AssumeRolePolicyDocument=anyone)
    iam.put_role_policy(
        RoleName=role, PolicyName="keys", PolicyDocument=policy(Action="kms:*", Resource="*")
    )
    session = account.sandbox.client("sts", REGION).assume_role(
        RoleArn=f"arn:aws:iam::{ACCOUNT_ID}:role/{role}", RoleSessionName="alice"
    )["Credentials"]
    return boto3.client(
        "kms",
        region_name=REGION,
        endpoint_url=account.sandbox.endpoint,
        aws_access_key_id=session["AccessKeyId"],
        aws_secret_access_key=session["SecretAccessKey"],
        aws_session_token=session["SessionToken"],
    )


def assert_approved(account, key: str) -> None:
    """One alert says that it is approved, and it is not cancelled."""
    (alert,) = account.alerts(key)
    assert (alert.error, alert.recipients) == (None, (EMAIL,))
    assert alert.rule_arn.endswith("rule/reprieve-key-deletion-approved")
    assert "Exempt, so not cancelled." in alert.body
    assert account.starts(key) == []
    assert account.state(REGION, key) == "PendingDeletion"


def assert_rescued(account, key: str) -> None:
    """One alert says that it is being cancelled, and it is cancelled."""
    (alert,) = account.alerts(key)
    assert alert.rule_arn.endswith("rule/reprieve-key-deletion-scheduled")
    assert account.state(REGION, key) == "Disabled"


def assert_left(account, key: str, why: str) -> None:
    """The runbook starts, leaves the key alone, and says why; the patrol leaves it too."""
    (alert,) = account.alerts(key)
    assert "Reprieve cancels it, unless exempt." in alert.body
    assert account.endings(key) == ["Success"]
    (outcome,) = account.outcomes(key)
    assert f"because the settings exempt {why}" in outcome.body
    assert account.state(REGION, key) == "PendingDeletion"
    account.age(REGION, hours=1)
    assert ending(account.patrol(REGION)) == "Success"
    assert account.state(REGION, key) == "PendingDeletion"


def test_a_role_is_exempt_until_its_last_day(account):
    """Without a new deployment: the runbook and the patrol look at the date."""
    keys = {}
    for role in ("Migration", "Former"):
        keys[role] = account.create_key(REGION)["KeyId"]
        kms_as(account, role).schedule_key_deletion(KeyId=keys[role])
        account.sandbox.settle()
    assert_rescued(account, keys["Former"])
    assert_left(
        account, keys["Migration"], f"deletions by arn:aws:iam::{ACCOUNT_ID}:role/Migration"
    )


def test_a_key_with_the_tag_is_exempt_whoever_deletes_it(account):
    """And a key with another value is not."""
    keys = [
        account.create_key(REGION, Tags=[{"TagKey": "reprieve:exempt", "TagValue": value}])["KeyId"]
        for value in ("true", "false")
    ]
    for key in keys:
        account.schedule(REGION, key)
    assert_rescued(account, keys[1])
    assert_left(account, keys[0], "keys with the tag reprieve:exempt=true")


def test_a_session_of_an_exempt_role_is_let_through_and_that_of_another_is_not(account):
    """The role counts, not the name of its session."""
    for role, check in (("KeyAdministrator", assert_approved), ("KeyAdmin", assert_rescued)):
        key = account.create_key(REGION)["KeyId"]
        kms_as(account, role).schedule_key_deletion(KeyId=key)
        account.sandbox.settle()
        check(account, key)


def test_an_exempt_key_is_let_through_and_another_is_not(account, exempt_key):
    """Whatever principal schedules it."""
    account.schedule(REGION, exempt_key)
    assert_approved(account, exempt_key)
    other = account.create_key(REGION)["KeyId"]
    account.schedule(REGION, other)
    assert_rescued(account, other)
