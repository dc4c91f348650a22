"""Which Region forwards the events about the guard itself to which."""

import json

import pytest

from reprieve.guard.forwarding import (
    bus_arns,
    forwarded_threats,
    next_region,
    own_events,
    relay_of,
    relay_region,
)
from reprieve.guard.guard import regional_guard, relay_rules
from reprieve.location import Location
from reprieve.settings.schema import Settings
from sandbox.events.matching import matches

ACCOUNT = "111122223333"
THREE = ("eu-west-1", "sa-east-1", "us-east-1")


def settings(*watch: str, threats: tuple[str, ...] = (), home: str = "") -> Settings:
    """Return settings that watch these Regions."""
    given = {
        "notify": {"emails": ["security@example.com"]} | ({"threats": threats} if threats else {}),
        "regions": {"watch": list(watch)} | ({"home": home} if home else {}),
    }
    return Settings.model_validate(given)


def test_the_regions_are_a_ring():
    """Each is checked by another one, whatever their order in the settings."""
    given = settings(*reversed(THREE))
    assert [next_region(given, region) for region in THREE] == ["sa-east-1", "us-east-1", THREE[0]]


def test_one_region_is_its_own_next():
    """Better than nothing: its patrol checks its own guard."""
    assert next_region(settings("eu-west-1"), "eu-west-1") == "eu-west-1"


@pytest.mark.parametrize(
    ("watch", "home", "expected"),
    [
        # The home Region is the hub; it forwards to the next one, the first after the last.
        (
            THREE,
            "",
            {"eu-west-1": "us-east-1", "sa-east-1": "us-east-1", "us-east-1": "eu-west-1"},
        ),
        (
            THREE,
            "eu-west-1",
            {"eu-west-1": "sa-east-1", "sa-east-1": "eu-west-1", "us-east-1": "eu-west-1"},
        ),
        # A home that is not watched has no rules that could match: the first Region is the hub.
        (("eu-west-1", "sa-east-1"), "", {"eu-west-1": "sa-east-1", "sa-east-1": "eu-west-1"}),
        (("eu-west-1",), "", {"eu-west-1": None}),
        (("us-east-1",), "", {"us-east-1": None}),
    ],
)
def test_events_are_forwarded_to_the_home_region_and_from_there_to_the_next(watch, home, expected):
    """No Region forwards to itself."""
    given = settings(*watch, home=home)
    assert {region: relay_of(given, region) for region in watch} == expected


@pytest.mark.parametrize(
    ("watch", "region", "relay"),
    [
        (("eu-west-1",), "us-east-1", "eu-west-1"),
        (("eu-west-1", "eu-west-2"), "us-east-1", "eu-west-1"),
        (("us-gov-east-1",), "us-gov-west-1", "us-gov-east-1"),
        (("cn-northwest-1",), "cn-north-1", "cn-northwest-1"),
        (("eu-west-1", "us-east-1"), None, None),
        (("us-gov-west-1",), None, None),
        (("cn-north-1", "cn-northwest-1"), None, None),
        (("eusc-de-east-1",), None, None),
    ],
)
def test_the_region_of_iams_events_forwards_although_it_is_not_watched(watch, region, relay):
    """In each partition another one. With its rules, and nothing else."""
    given = settings(*watch)
    assert relay_region(given) == region
    if region:
        assert relay_of(given, region) == relay
        rules = relay_rules(given, Location(given.regions.partition, region, ACCOUNT))
        assert [rule.id for rule in rules] == ["guard-changed-forward", "trail-changed-forward"]
        for rule in rules:
            (target,) = rule.targets
            assert f":events:{relay}:" in target.arn
            assert (target.dead_letter_arn, target.transformer) == (None, None)
    for other in (*watch, "ap-south-1"):
        assert relay_rules(given, Location(given.regions.partition, other, ACCOUNT)) == ()


def test_without_the_threats_nothing_is_forwarded():
    """Neither rules nor permissions."""
    given = settings("eu-west-1", "eu-west-2", threats=("key-deletion-scheduled",))
    location = Location("aws", "eu-west-1", ACCOUNT)
    assert forwarded_threats(given) == ()
    assert relay_region(given) is None
    assert bus_arns(given, location) == ()
    guard = regional_guard(given, location)
    assert [rule.id for rule in guard.rules if "forward" in rule.id] == []


def test_one_of_the_threats_is_forwarded_alone():
    """Each by a rule of its own."""
    given = settings("eu-west-1", "us-east-1", threats=("key-deletion-scheduled", "trail-changed"))
    guard = regional_guard(given, Location("aws", "eu-west-1", ACCOUNT))
    assert [rule.id for rule in guard.rules if "forward" in rule.id] == ["trail-changed-forward"]


@pytest.mark.parametrize(
    ("watch", "targets"),
    [
        (THREE, ("eu-west-1", "us-east-1")),
        (("eu-west-1", "sa-east-1"), ("eu-west-1", "sa-east-1")),
        (("eu-west-1",), ("eu-west-1",)),
        (("us-east-1",), ()),
    ],
)
def test_the_role_may_put_events_where_they_are_forwarded_to(watch, targets):
    """And nowhere else."""
    expected = tuple(f"arn:aws:events:{target}:{ACCOUNT}:event-bus/default" for target in targets)
    assert bus_arns(settings(*watch), Location("aws", "us-east-1", ACCOUNT)) == expected


def event(region: str) -> dict:
    """Return the event of a rule that was disabled, with the Region that it keeps on its way."""
    return {
        "source": "aws.events",
        "detail-type": "AWS API Call via CloudTrail",
        "region": region,
        "detail": {
            "eventSource": "events.amazonaws.com",
            "eventName": "DisableRule",
            "requestParameters": {"name": "reprieve-key-gone"},
        },
    }


@pytest.mark.parametrize("region", THREE)
def test_a_rule_forwards_events_of_its_own_region_only(region):
    """Otherwise two Regions that forward to each other would forward an event for ever."""
    guard = regional_guard(settings(*THREE), Location("aws", region, ACCOUNT))
    rules = {rule.id: rule for rule in guard.rules}
    forwarding, alerting = rules["guard-changed-forward"], rules["guard-changed"]
    for other in THREE:
        assert matches(str(forwarding.pattern), event(other)) == (other == region)
        assert matches(str(alerting.pattern), event(other))


def test_a_forwarded_event_keeps_its_form():
    """The rules of the other Region match it, so no text replaces it; and its role may send it."""
    guard = regional_guard(settings(*THREE), Location("aws", "eu-west-1", ACCOUNT))
    (rule,) = (rule for rule in guard.rules if rule.id == "guard-changed-forward")
    (target,) = rule.targets
    assert target.transformer is None
    assert target.role_arn == f"arn:aws:iam::{ACCOUNT}:role/reprieve-eventbridge"
    assert target.dead_letter_arn == guard.queue.arn


@pytest.mark.parametrize("region", THREE)
@pytest.mark.parametrize("topology", ["regional", "hub"])
def test_no_rule_sends_or_forwards_what_deployers_do_to_the_guard(topology, region):
    """Or each deployment would send alerts. All of it is sent if anybody else does it."""
    deployer = f"arn:aws:iam::{ACCOUNT}:user/deployer"
    given = settings(*THREE).model_dump() | {"exempt": {"deployers": [deployer]}}
    given["notify"]["topology"] = topology
    guard = regional_guard(Settings.model_validate(given), Location("aws", region, ACCOUNT))
    # A rule of the hub's bus gets only what the others forwarded.
    rules = [rule for rule in guard.rules if rule.bus == "default" and rule.pattern]

    def reporting(user: str, rule: str) -> set[str]:
        changed = event(region)
        arn = f"arn:aws:iam::{ACCOUNT}:user/{user}"
        changed["detail"]["userIdentity"] = {"type": "IAMUser", "arn": arn}
        changed["detail"]["requestParameters"] = {"rule": rule}
        return {rule.id for rule in rules if matches(str(rule.pattern), changed)}

    for rule in guard.rules:
        assert reporting("deployer", rule.name) == set()
        assert "guard-changed" in reporting("eve", rule.name)


def test_own_events_limits_a_pattern_to_a_region():
    """As JSON, and the pattern that is given stays as it is."""
    pattern: dict[str, object] = {"source": ["aws.kms"]}
    text = own_events(pattern, "eu-west-1")
    assert json.loads(text) == {"source": ["aws.kms"], "region": ["eu-west-1"]}
    assert pattern == {"source": ["aws.kms"]}
