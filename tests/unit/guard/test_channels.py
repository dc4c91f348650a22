"""The channels of a hub: they also get what other Regions forward."""

import json
from typing import Any

import pytest

from reprieve.guard.chat import chat_configurations, chat_role
from reprieve.guard.guard import regional_guard
from reprieve.guard.resources import RegionalGuard
from reprieve.location import Location
from reprieve.names import MAX_PREFIX, MAX_RULE
from reprieve.settings.schema import Settings
from tests.support.synth import CHANNELS

HUB, SPOKE = "us-east-1", "eu-west-1"
WATCH = {
    "name": "w" * 14,
    "summary": "a trail changed",
    "pattern": '{"source": ["aws.cloudtrail"]}',
}


def settings(**tables: Any) -> Settings:
    """Return settings with channels and a hub in one of two Regions."""
    notify = {"emails": ("security@example.com",), "topology": "hub"}
    given = {"regions": {"watch": (HUB, SPOKE)}, "channel": CHANNELS, "watch": (WATCH,)} | tables
    return Settings(notify=notify, **given)


def guard(region: str, **tables: Any) -> RegionalGuard:
    """Return the guard of a Region."""
    return regional_guard(settings(**tables), Location("aws", region, "111122223333"))


def channel_rules(region: str) -> dict[str, set[str]]:
    """Return the ids of the rules for channels by event bus."""
    found: dict[str, set[str]] = {}
    for rule in guard(region).rules:
        if rule.id.endswith("-channels"):
            found.setdefault(rule.bus, set()).add(rule.id)
    return found


def test_only_the_hub_has_topics_and_rules_for_channels():
    """A spoke forwards what people have to know."""
    assert channel_rules(SPOKE) == {}
    assert guard(SPOKE).topics == ()
    assert {"reprieve-json", "reprieve-chat-critical"} <= {each.name for each in guard(HUB).topics}


def test_the_hub_sends_every_forwarded_message_to_the_channels():
    """Alerts, approved deletions, watches, results and alarms: each from its bus."""
    found = channel_rules(HUB)
    assert {"default", "reprieve-hub", "reprieve-hub-exempt", "reprieve-hub-watch"} <= set(found)
    forwarded = found["reprieve-hub"]
    for name in ("key-deletion-scheduled", "rescue-failed", "results-critical", "alarms-critical"):
        assert f"hub-{name}-channels" in forwarded
    assert "hub-key-deletion-approved-channels" in found["reprieve-hub-exempt"]
    assert f"hub-watch-{WATCH['name']}-channels" in found["reprieve-hub-watch"]


def test_each_forwarded_alarm_has_one_severity():
    """One that the hub's own Region does not have is critical."""
    patterns = {
        rule.id: json.loads(rule.pattern or "{}")["detail"]["alarmName"]
        for rule in guard(HUB).rules
        if rule.id.startswith("hub-alarms")
    }
    warnings = patterns["hub-alarms-warning-channels"]
    assert "reprieve-waiting-rescues" in warnings
    assert patterns["hub-alarms-critical-channels"] == [{"anything-but": warnings}]


@pytest.mark.parametrize("region", [HUB, SPOKE])
def test_with_the_longest_prefix_no_name_is_too_long_and_each_is_unique_on_its_bus(region):
    """EventBridge accepts 64 characters, and SNS 256."""
    rules = guard(region, names={"prefix": "p" * MAX_PREFIX}).rules
    assert [rule.name for rule in rules if len(rule.name) > MAX_RULE] == []
    assert len({(rule.bus, rule.name) for rule in rules}) == len(rules)


def test_an_account_whose_hub_is_in_another_one_has_no_chat_channel():
    """The other account has it, with its topics."""
    here, there = "111122223333", "222233334444"
    spoke = settings(account={"id": here}).model_copy(
        update={
            "notify": settings().notify.model_copy(
                update={"hub": settings().notify.hub.model_copy(update={"account": there})}
            )
        }
    )
    location = Location("aws", SPOKE, here)
    assert chat_configurations(spoke, location) == ()
    assert chat_role(spoke, location) is None
    assert len(chat_configurations(settings(), location)) == 2
