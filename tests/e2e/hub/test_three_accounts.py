"""Three accounts with two Regions each, from one synthesis: all alerts in one inbox."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from reprieve.aws.account import Account
from reprieve.drill.drill import Plan, drill, hub_among
from reprieve.settings.loader import load
from sandbox.deployment import Deployment
from sandbox.server import Sandbox
from tests.support.quotas import UNHURRIED

HUB, OTHER = "eu-west-1", "us-east-1"
ACCOUNTS = {
    "security": "111122223333",
    "production": "222233334444",
    "test": "333344445555",
}
FOREIGN = "444455556666"
SETTINGS = f"""
[notify]
emails = ["security@example.com"]
topology = "hub"
hub = {{ account = "security", region = "{HUB}" }}

[regions]
watch = ["{HUB}", "{OTHER}"]
""" + "".join(f'\n[accounts.{name}]\nid = "{id}"\n' for name, id in ACCOUNTS.items())


class AccountDeployment(Deployment):
    """The stack of one account, with the credentials of its root."""

    def __init__(self, sandbox: Sandbox, directory: Path, name: str) -> None:
        credentials = sandbox.environment(ACCOUNTS[name])
        keys = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
        super().__init__(
            sandbox,
            directory,
            settings_file=directory / "reprieve.toml",
            settings={key: credentials[key] for key in keys},
            stack=f"reprieve-{name}",
        )

    def deploy_stack(self) -> None:
        """Apply what was synthesised for this account."""
        self.init()
        self.apply()


@pytest.fixture(scope="module")
def deployed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """Deploy the hub's account, then the others at once."""
    directory = tmp_path_factory.mktemp("accounts")
    (directory / "reprieve.toml").write_text(SETTINGS)
    with Sandbox(quotas=UNHURRIED, accounts=[*list(ACCOUNTS.values())[1:], FOREIGN]) as sandbox:
        stacks = [AccountDeployment(sandbox, directory, name) for name in ACCOUNTS]
        stacks[0].synth()
        stacks[0].deploy_stack()
        with ThreadPoolExecutor() as workers:
            list(workers.map(AccountDeployment.deploy_stack, stacks[1:]))
        sandbox.settle(120)
        yield sandbox


def hub_bus() -> str:
    """Return the ARN of the hub's first event bus."""
    return f"arn:aws:events:{HUB}:{ACCOUNTS['security']}:event-bus/reprieve-hub"


def bodies(sandbox: Sandbox, needle: str) -> list[str]:
    """Return what any topic sent about something."""
    return [mail.body for mail in sandbox.mails if needle in mail.body]


def test_an_address_confirms_once(deployed):
    """There is one subscription in all accounts and Regions."""
    subscriptions = [
        each
        for account in ACCOUNTS.values()
        for region in (HUB, OTHER)
        for each in deployed.client("sns", region, account).list_subscriptions()["Subscriptions"]
    ]
    assert [each["Endpoint"] for each in subscriptions] == ["security@example.com"]


@pytest.mark.parametrize("region", [HUB, OTHER])
@pytest.mark.parametrize("name", ACCOUNTS)
def test_a_key_of_each_account_is_rescued_and_the_inbox_gets_both_messages(deployed, name, region):
    """They name the account and the Region of the key."""
    account = ACCOUNTS[name]
    kms = deployed.client("kms", region, account)
    key = kms.create_key()["KeyMetadata"]["Arn"]
    kms.schedule_key_deletion(KeyId=key, PendingWindowInDays=7)
    deployed.settle(60)
    assert kms.describe_key(KeyId=key)["KeyMetadata"]["KeyState"] == "Disabled"
    alert, result = sorted(bodies(deployed, key), key=lambda body: "cancelled" in body)
    assert f"scheduled for deletion in {region}. Reprieve is cancelling it." in alert
    for message in (alert, result):
        assert f"egion: {region}, account: {account}" in message or (
            f"Region {region}, account {account}" in message
        )
    inboxes = {mail.topic_arn for mail in deployed.mails if key in mail.body}
    assert inboxes == {f"arn:aws:sns:{HUB}:{ACCOUNTS['security']}:reprieve-alerts"}


def opened(sandbox: Sandbox, name: str) -> Account:
    """Return an account, with the credentials of its root."""
    given = sandbox.environment(ACCOUNTS[name])
    session = boto3.Session(given["AWS_ACCESS_KEY_ID"], given["AWS_SECRET_ACCESS_KEY"])
    root = f"arn:aws:iam::{ACCOUNTS[name]}:root"
    return Account(name, session, ACCOUNTS[name], root)


def test_the_drill_proves_the_whole_path(deployed, monkeypatch, tmp_path):
    """In each Region of an account, the messages arrive at the hub of another one."""
    for name, value in deployed.environment().items():
        monkeypatch.setenv(name, value)
    (tmp_path / "reprieve.toml").write_text(SETTINGS)
    (settings,) = load({"REPRIEVE_ACCOUNT": "production"}, tmp_path).accounts
    account, hub = (opened(deployed, name) for name in ("production", "security"))
    plan = Plan(settings, timeout=60, hub=hub_among([account, hub], settings))
    found = drill(account, [HUB, OTHER], plan, Event())
    assert [each.problem for each in found.regions] == [None, None]
    assert [each.leftovers for each in found.regions] == [(), ()]


FORGED: dict[str, Any] = {
    "Source": "reprieve",
    "DetailType": "Reprieve Result",
    "Detail": json.dumps({"subject": "forged", "lines": ["forged"], "lines-up-to": 3}),
    "EventBusName": hub_bus(),
}


@pytest.mark.parametrize("account", [FOREIGN, ACCOUNTS["production"]])
def test_nobody_but_the_eventbridge_roles_can_put_events_on_the_hubs_bus(deployed, account):
    """Neither a foreign account nor other principals of an account that forwards."""
    events = deployed.client("events", HUB, account)
    with pytest.raises(ClientError, match="AccessDenied"):
        events.put_events(Entries=[FORGED])
    deployed.settle()
    assert bodies(deployed, "forged") == []


def test_a_rule_of_a_foreign_account_cannot_forward_to_the_hub(deployed):
    """Not even by a role of the same name."""
    iam = deployed.client("iam", OTHER, FOREIGN)
    trust = {"Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}}
    allow = {"Effect": "Allow", "Action": "events:PutEvents", "Resource": "*"}
    iam.create_role(
        RoleName="reprieve-eventbridge",
        AssumeRolePolicyDocument=json.dumps({"Statement": [trust | {"Action": "sts:AssumeRole"}]}),
    )
    iam.put_role_policy(
        RoleName="reprieve-eventbridge",
        PolicyName="p",
        PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [allow]}),
    )
    events = deployed.client("events", HUB, FOREIGN)
    events.put_rule(Name="forged", EventPattern=json.dumps({"source": ["mine"]}))
    role = f"arn:aws:iam::{FOREIGN}:role/reprieve-eventbridge"
    target = {"Id": "hub", "Arn": hub_bus(), "RoleArn": role}
    events.put_targets(Rule="forged", Targets=[target])
    events.put_events(Entries=[{"Source": "mine", "DetailType": "t", "Detail": "{}"}])
    deployed.settle()
    (delivery,) = [each for each in deployed.deliveries if each.rule_arn.endswith("rule/forged")]
    assert delivery.error is not None
    assert "no policy of" in delivery.error
