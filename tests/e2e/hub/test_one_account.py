"""The hub in one account: the alerts of all Regions are sent from one."""

import json

import pytest

from tests.support.account import Account, ending
from tests.support.operator import user_allowed
from tests.support.status import watched_problems

HUB, SPOKE = "us-east-1", "eu-west-1"
SETTINGS = {
    "REPRIEVE_REGIONS__WATCH": f"{HUB},{SPOKE}",
    "REPRIEVE_NOTIFY__TOPOLOGY": "hub",
}


@pytest.fixture(scope="module")
def account(sandbox, deployments, tmp_path_factory) -> Account:
    """Deploy the hub in the home Region, and one spoke."""
    return deployments.account(sandbox, tmp_path_factory.mktemp("hub"), **SETTINGS)


def settings_of(account: Account) -> dict[str, str]:
    """Return the settings that were deployed, as an operator has them."""
    given = account.deployment.settings
    return {name: value for name, value in given.items() if name.startswith("REPRIEVE_")}


def texts(account: Account, needle: str) -> list[str]:
    """Return what was sent to people about something, wherever from."""
    return [mail.body for mail in account.sandbox.mails if needle in mail.body]


def test_an_address_subscribes_once(account):
    """There is one topic, in the hub's Region."""
    topics = {
        region: account.sandbox.client("sns", region).list_topics()["Topics"]
        for region in (HUB, SPOKE)
    }
    assert [len(each) for each in topics.values()] == [1, 0]


@pytest.mark.parametrize("region", [HUB, SPOKE])
def test_a_key_is_rescued_and_one_inbox_gets_both_messages(account, region):
    """The alert and the result name the key's own Region."""
    key = account.create_key(region)["Arn"]
    account.schedule(region, key)
    assert account.state(region, key) == "Disabled"
    alert, result = sorted(texts(account, key), key=lambda body: "cancelled" in body)
    assert f"scheduled for deletion in {region}. Reprieve is cancelling it." in alert
    assert f"--region {region} --key-id" in alert
    assert "KMS key saved" in result or "Reprieve cancelled the deletion" in result
    topics = {mail.topic_arn.split(":")[3] for mail in account.sandbox.mails if key in mail.body}
    assert topics == {HUB}


def test_a_threat_without_a_remedy_is_reported(account):
    """The alert says that nobody undoes it."""
    key = account.create_key(SPOKE)["Arn"]
    account.kms(SPOKE).disable_key(KeyId=key)
    account.sandbox.settle()
    (alert,) = texts(account, key)
    assert "a KMS key was disabled in eu-west-1. Enable it again" in alert
    assert "Reprieve does not enable the key, because the settings turn that off." in alert


def test_an_attack_on_a_spokes_guard_is_reported_once(account):
    """Also one on the rule that reports it."""
    events = account.sandbox.client("events", SPOKE)
    before = len(account.sandbox.mails)
    events.disable_rule(Name="reprieve-guard-changed")
    account.sandbox.settle()
    try:
        (mail,) = account.sandbox.mails[before:]
        assert "DisableRule" in mail.body
        assert mail.topic_arn.split(":")[3] == HUB
    finally:
        events.enable_rule(Name="reprieve-guard-changed")
        account.sandbox.settle()


def test_an_attack_on_the_hub_itself_is_reported(account):
    """Its Region's own guard sends that alert, without the bus."""
    events = account.sandbox.client("events", HUB)
    policy = json.loads(events.describe_event_bus(Name="reprieve-hub")["Policy"])
    before = len(account.sandbox.mails)
    events.put_permission(
        EventBusName="reprieve-hub", Policy=json.dumps(policy | {"Statement": []})
    )
    account.sandbox.settle()
    try:
        (mail,) = account.sandbox.mails[before:]
        assert "PutPermission" in mail.body
    finally:
        events.put_permission(EventBusName="reprieve-hub", Policy=json.dumps(policy))
        account.sandbox.settle()


def test_the_patrols_report_arrives(account):
    """A deletion whose event was lost is cancelled and reported."""
    sandbox = account.sandbox
    key = account.create_key(SPOKE)["Arn"]
    sandbox.lose_events(lambda event: event["source"] == "aws.kms")
    account.schedule(SPOKE, key)
    sandbox.lose_events(None)
    account.age(SPOKE, hours=1)
    assert ending(account.patrol(SPOKE)) == "Success"
    assert account.state(SPOKE, key) == "Disabled"
    (report,) = texts(account, key)
    assert "the patrol saved 1 KMS key (eu-west-1)" in report


def test_status_passes(account):
    """It knows every bus, rule and target, with the documented policy of the command."""
    printed = user_allowed(account.sandbox, settings_of(account), "status").run("status", "--json")
    (found,) = printed.json["accounts"]
    assert (watched_problems(printed), found["roles"]["findings"]) == ([], [])
    assert printed.exit_code == 0


def test_the_drill_passes_in_each_region(account):
    """Its messages arrive at the hub, and it leaves nothing there."""
    operator = user_allowed(account.sandbox, settings_of(account), "drill")
    printed = operator.run("drill", "--yes", "--json", "--timeout", "60")
    (found,) = printed.json["accounts"]
    assert [each["problem"] for each in found["regions"]] == [None, None]
    assert [each["leftovers"] for each in found["regions"]] == [[], []]
    assert printed.exit_code == 0
    assert (
        account.sandbox.client("sqs", HUB)
        .list_queues(QueueNamePrefix="reprieve-drill")
        .get("QueueUrls", [])
        == []
    )
