"""A hub that cannot be reached: nothing is lost, and people are notified without it."""

import json

import pytest

from tests.support.account import Account

pytestmark = pytest.mark.long

HUB, SPOKE = "us-east-1", "eu-west-1"
ONCALL = "oncall@example.com"
SETTINGS = {
    "REPRIEVE_REGIONS__WATCH": f"{HUB},{SPOKE}",
    "REPRIEVE_NOTIFY__TOPOLOGY": "hub",
    "REPRIEVE_NOTIFY__HUB": json.dumps({"fallback_emails": [ONCALL]}),
}


@pytest.fixture(scope="module")
def account(sandbox, deployments, tmp_path_factory) -> Account:
    """Deploy the hub, and one spoke with a fallback."""
    return deployments.account(sandbox, tmp_path_factory.mktemp("hub"), **SETTINGS)


@pytest.fixture
def unreachable(account):
    """Cut the hub off."""
    account.sandbox.cut_off(HUB)
    yield account
    account.sandbox.reconnect()
    account.sandbox.settle()


def bodies(account: Account, needle: str, region: str) -> list[str]:
    """Return what the topics of a Region sent to people about something."""
    return [
        mail.body
        for mail in account.sandbox.mails
        if needle in mail.body and mail.topic_arn.split(":")[3] == region
    ]


def test_the_key_is_rescued_at_once_and_the_messages_arrive_later(unreachable):
    """Both of them, as soon as the hub is back."""
    sandbox = unreachable.sandbox
    key = unreachable.create_key(SPOKE)["Arn"]
    unreachable.kms(SPOKE).schedule_key_deletion(KeyId=key, PendingWindowInDays=7)
    sandbox.settle(retries=False)
    assert unreachable.state(SPOKE, key) == "Disabled"
    assert bodies(unreachable, key, HUB) == []
    sandbox.reconnect()
    sandbox.settle()
    arrived = bodies(unreachable, key, HUB)
    assert len(arrived) == 2  # in either order: both waited, and EventBridge promises none
    for sentence in ("Reprieve is cancelling it.", "Reprieve cancelled the deletion"):
        assert [sentence in body for body in arrived].count(True) == 1


def test_a_heartbeat_that_fails_notifies_people_without_the_hub(unreachable):
    """The alarm of the Region goes on, though no alert is waiting."""
    sandbox = unreachable.sandbox
    sandbox.run_schedules(SPOKE, "reprieve-heartbeat")
    sandbox.settle(retries=False)
    sandbox.age_events(hours=1)
    sandbox.settle(retries=False)
    (mail,) = bodies(unreachable, "cannot send its alerts to the hub", SPOKE)
    assert "Run 'reprieve status'" in mail


def test_an_event_that_is_too_old_waits_in_the_regions_queue(unreachable):
    """Its alarm notifies people, and the patrol reports the event."""
    sandbox = unreachable.sandbox
    key = unreachable.create_key(SPOKE)["Arn"]
    unreachable.kms(SPOKE).schedule_key_deletion(KeyId=key, PendingWindowInDays=7)
    sandbox.settle(retries=False)
    sandbox.age_events(hours=25)
    sandbox.settle(retries=False)
    assert bodies(unreachable, "an alert was not delivered", SPOKE)
    sandbox.reconnect()
    unreachable.patrol(SPOKE)
    reports = [body for body in bodies(unreachable, key, HUB) if "missing: its alert" in body]
    assert reports


def test_the_hub_notices_that_a_region_is_silent(account):
    """Its alarm counts the heartbeats of the account."""
    sandbox = account.sandbox
    for _ in range(3):
        sandbox.run_schedules(SPOKE, "reprieve-heartbeat")
        sandbox.settle()
    sandbox.end_long_period(HUB)
    assert bodies(account, "heartbeats are missing", HUB) == []
    sandbox.end_long_period(HUB)
    assert len(bodies(account, "heartbeats are missing", HUB)) == 1


def test_an_attack_on_a_spokes_guard_is_also_reported_without_the_hub(account):
    """The path to the hub may be what is attacked."""
    events = account.sandbox.client("events", SPOKE)
    events.disable_rule(Name="reprieve-trail-changed")
    account.sandbox.settle()
    try:
        assert [len(bodies(account, "DisableRule", region)) for region in (HUB, SPOKE)] == [2, 1]
    finally:
        events.enable_rule(Name="reprieve-trail-changed")
        account.sandbox.settle()
