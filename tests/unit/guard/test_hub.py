"""The hub, and the guards of the Regions that forward to it."""

import json
from typing import Any

import pytest

from reprieve.events.patterns import pattern_errors
from reprieve.events.threats import BY_NAME
from reprieve.guard.guard import regional_guard, relay_rules
from reprieve.guard.resources import RegionalGuard, Rule
from reprieve.location import Location
from reprieve.settings.hub_quotas import MAX_CHANNEL_HEARTBEATS, MAX_HEARTBEATS, MAX_RULES
from reprieve.settings.schema import Settings
from sandbox.events.matching import matches

ID, OTHER = "111122223333", "222233334444"
HUB, SPOKE = "us-east-1", "eu-west-1"
EMAILS = ("security@example.com",)
WATCH = {"name": "trail", "summary": "a trail changed", "pattern": '{"source": ["aws.cloudtrail"]}'}


def settings(**tables: Any) -> Settings:
    """Return settings with a hub in one of two Regions."""
    notify = {"emails": EMAILS, "topology": "hub"} | tables.pop("notify", {})
    return Settings(notify=notify, **{"regions": {"watch": (HUB, SPOKE)}} | tables)


def guard(region: str, **tables: Any) -> RegionalGuard:
    """Return the guard of a Region."""
    return regional_guard(settings(**tables), Location("aws", region, ID))


def bus_of(rule: Rule) -> str:
    """Return the name of the bus that a rule forwards to."""
    (arn,) = (target.arn for target in rule.targets if ":event-bus/" in target.arn)
    return arn.rpartition("/")[2]


def test_a_spoke_has_no_topic_and_the_hub_has_all():
    """So an address confirms once."""
    assert guard(SPOKE).topics == ()
    assert [topic.name for topic in guard(HUB).topics] == ["reprieve-alerts"]
    assert [bus.id for bus in guard(HUB).buses] == ["hub", "hub-exempt", "hub-manual", "hub-watch"]
    assert guard(SPOKE).buses == ()


@pytest.mark.parametrize(
    ("tables", "expected"),
    [
        ({}, {"key-deletion-scheduled": "reprieve-hub", "key-disabled": "reprieve-hub-manual"}),
        ({"remediation": {"enabled": False}}, {"key-deletion-scheduled": "reprieve-hub-manual"}),
        ({"remediation": {"enable_disabled": True}}, {"key-disabled": "reprieve-hub"}),
        (
            {"exempt": {"principals": (f"arn:aws:iam::{ID}:role/x",)}},
            {"key-deletion-approved": "reprieve-hub-exempt"},
        ),
        ({"watch": (WATCH,)}, {"watch-trail": "reprieve-hub-watch"}),
    ],
)
def test_the_bus_says_what_happens_because_of_an_event(tables, expected):
    """Rescued, exempt, left to people, or of a watch."""
    rules = {rule.id: rule for rule in guard(SPOKE, **tables).rules}
    assert {id: bus_of(rules[id]) for id in expected} == expected


def test_everything_that_notifies_people_is_forwarded():
    """All rules of the hub's own Region that have a topic, and what only spokes have."""
    at_the_hub = {
        rule.id
        for rule in guard(HUB).rules
        if rule.bus == "default" and any(":sns:" in target.arn for target in rule.targets)
    }
    forwarding = {
        rule.id
        for rule in guard(SPOKE).rules
        if any(":event-bus/" in target.arn for target in rule.targets)
    }
    assert forwarding - at_the_hub == {
        "alarm-raised",
        "guard-rules-changed",
        "heartbeat",
        "result",
    }
    assert at_the_hub - forwarding == set()


def test_every_event_that_a_spoke_forwards_has_a_rule_at_the_hub():
    """On the bus that it is forwarded to."""
    all_threats = {"threats": tuple(BY_NAME)}
    exempt = {"principals": (f"arn:aws:iam::{ID}:role/x",)}
    tables = {"notify": all_threats, "exempt": exempt, "watch": (WATCH,)}
    remediation = {"enable_disabled": True}
    hub_rules = {(rule.bus, rule.id.removeprefix("hub-")) for rule in guard(HUB, **tables).rules}
    spoke = guard(SPOKE, **tables, remediation=remediation)
    for rule in spoke.rules:
        if not any(":event-bus/" in target.arn for target in rule.targets):
            continue
        bus, id = bus_of(rule), rule.id
        wanted = {
            "heartbeat": "heartbeat-own",
            "result": "result-3",
            "guard-rules-changed": "guard-changed",
        }.get(id, id)
        assert (bus, wanted) in hub_rules


def test_runbooks_of_a_spoke_send_events():
    """Those of the hub's Region publish to the topic beside them."""
    texts = {region: json.dumps(guard(region).documents[0].content) for region in (HUB, SPOKE)}
    assert ["put_events" in texts[region] for region in (HUB, SPOKE)] == [False, True]
    assert ["TopicArn" in texts[region] for region in (HUB, SPOKE)] == [True, False]


def test_only_the_eventbridge_roles_of_the_accounts_may_put_events():
    """Those of the settings, or all of an organization."""
    hub = {"account": ID, "region": HUB}
    given = settings(notify={"hub": hub}, account={"id": ID}).placed(None, [ID, OTHER])
    (bus, *_) = regional_guard(given, Location("aws", HUB, ID)).buses
    (statement,) = bus.policy["Statement"]
    assert statement["Principal"] == {
        "AWS": [f"arn:aws:iam::{ID}:root", f"arn:aws:iam::{OTHER}:root"]
    }
    assert statement["Action"] == "events:PutEvents"
    assert statement["Condition"] == {
        "ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/reprieve-eventbridge"}
    }
    given = settings(notify={"hub": {"organization_id": "o-exampleorgid"}})
    (bus, *_) = regional_guard(given, Location("aws", HUB, ID)).buses
    (statement,) = bus.policy["Statement"]
    assert statement["Principal"] == "*"
    assert statement["Condition"]["StringEquals"] == {"aws:PrincipalOrgID": "o-exampleorgid"}


def test_an_account_that_is_not_the_hubs_has_only_spokes():
    """Their targets are in the account of the hub."""
    hub = {"account": OTHER, "region": HUB}
    tables: dict[str, Any] = {"notify": {"hub": hub}, "account": {"id": ID}}
    for region in (HUB, SPOKE):
        found = guard(region, **tables)
        assert (found.topics, found.buses) == ((), ())
        (target,) = (t for rule in found.rules for t in rule.targets if t.id == "result-hub")
        assert target.arn == f"arn:aws:events:{HUB}:{OTHER}:event-bus/reprieve-hub"


def test_iams_region_forwards_to_the_hub_though_it_is_not_watched():
    """CloudTrail delivers IAM's events there only."""
    given = settings(notify={"hub": {"region": SPOKE}}, regions={"watch": (SPOKE, "eu-central-1")})
    rules = relay_rules(given, Location("aws", HUB, ID))
    assert [bus_of(rule) for rule in rules] == ["reprieve-hub", "reprieve-hub"]
    assert all('"region":["us-east-1"]' in str(rule.pattern) for rule in rules)


@pytest.mark.parametrize("region", [HUB, SPOKE])
def test_eventbridge_and_cloudwatch_accept_it(region):
    """Names, patterns, targets, metrics: with the longest prefix."""
    found = guard(
        region,
        notify={"threats": tuple(BY_NAME), "topic_name": "t" * 192},
        names={"prefix": "p" * 32},
        watch=(WATCH,),
    )
    for rule in found.rules:
        assert len(rule.name) <= 64
        # Heartbeats are only counted.
        assert (0 if "heartbeat" in rule.id else 1) <= len(rule.targets) <= 5
        assert rule.pattern is None or pattern_errors(rule.pattern) == []
    for alarm in found.alarms:
        assert len(alarm.metrics) <= 10
        assert len(alarm.description) <= 1024
    for document in found.documents:
        assert len(json.dumps(document.content)) < 64 * 1024 - 6_000


ONCALL = ("oncall@example.com",)
ALL_TOPICS = {"reprieve-alerts", "reprieve-lifeline", "reprieve-alarms"}


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        (
            {
                "source": "aws.ssm",
                "detail-type": "EC2 Automation Execution Status-change Notification",
                "detail": {"Definition": "reprieve-rescue-key-0123abcd", "Status": "Failed"},
            },
            ALL_TOPICS,
        ),
        (
            {
                "source": "aws.cloudwatch",
                "detail-type": "CloudWatch Alarm State Change",
                "detail": {"alarmName": "reprieve-storm", "state": {"value": "ALARM"}},
            },
            ALL_TOPICS,
        ),
        (
            {
                "source": "reprieve",
                "detail-type": "Reprieve Result",
                "detail": {"kind": "patrol", "lines-up-to": 8},
            },
            ALL_TOPICS,
        ),
        (
            {
                "source": "reprieve",
                "detail-type": "Reprieve Result",
                "detail": {"kind": "rescue", "lines-up-to": 8},
            },
            {"reprieve-alerts"},
        ),
    ],
    ids=["failed rescue", "alarm", "patrol", "rescue"],
)
def test_what_a_spoke_forwards_reaches_the_same_topics_as_without_a_hub(event, expected):
    """SNS may have suspended the subscriptions of the alerts, or their key may be out of use."""
    found = guard(HUB, notify={"encryption": "own"}, reliability={"alarm_emails": ONCALL})
    sent = [
        target.arn.rpartition(":")[2]
        for rule in found.rules
        if rule.bus == "reprieve-hub" and rule.pattern and matches(rule.pattern, event)
        for target in rule.targets
    ]
    assert sorted(sent) == sorted(expected)


def test_a_fallback_is_a_topic_of_each_spoke():
    """It gets the alarms, failed rescues, and attacks on the guard: none of them needs the hub."""
    notify = {"hub": {"fallback_emails": ONCALL}}
    found = guard(SPOKE, notify=notify)
    (topic,) = found.topics
    assert (topic.name, topic.emails) == ("reprieve-fallback", ONCALL)
    assert {alarm.actions for alarm in found.alarms} == {(topic.arn,)}
    notifying = {rule.id for rule in found.rules if topic.arn in {t.arn for t in rule.targets}}
    assert notifying == {"guard-changed", "trail-changed", "rescue-failed"}
    # Their targets need no role: perhaps that is what was attacked.
    assert all(t.role_arn is None for r in found.rules for t in r.targets if t.arn == topic.arn)
    assert [each.name for each in guard(HUB, notify=notify).topics] == ["reprieve-alerts"]


def test_the_hub_expects_heartbeats_of_each_account_by_the_number_of_its_regions():
    """Three in a quarter of an hour from each. One too few of all is not missing yet."""
    hub = {"account": ID, "region": HUB}
    own = settings(notify={"hub": hub}, account={"id": ID})
    other = settings(
        notify={"hub": hub},
        account={"id": OTHER},
        regions={"watch": (HUB, SPOKE, "eu-central-1")},
    )
    elsewhere = settings(account={"id": "333344445555"})
    given = own.placed("security", [ID, OTHER], [own, other, elsewhere])
    alarms = {
        alarm.id: alarm
        for alarm in regional_guard(given, Location("aws", HUB, ID)).alarms
        if "heartbeat" in alarm.id
    }
    assert {id: alarm.threshold for id, alarm in alarms.items()} == {
        f"hub-heartbeat-{ID}": 3 * 1 - 1,
        f"hub-heartbeat-{OTHER}": 3 * 3 - 1,
    }
    alarm = alarms[f"hub-heartbeat-{OTHER}"]
    assert (alarm.comparison, alarm.missing_data) == ("LessThanThreshold", "breaching")
    assert alarm.metrics[0].dimensions == {
        "EventBusName": "reprieve-hub",
        "RuleName": f"reprieve-hub-heartbeat-{OTHER}",
    }


def test_the_hub_knows_the_watches_of_all_accounts():
    """Equal ones have one rule, and another one of the same name has a number."""
    more = WATCH | {"name": "more"}
    own = settings(watch=(WATCH,))
    others = settings(watch=(WATCH, more)), settings(watch=(WATCH | {"summary": "another"},))
    given = own.placed("security", [], [own, *others])
    rules = regional_guard(given, Location("aws", HUB, ID)).rules
    assert [rule.name for rule in rules if rule.bus == "reprieve-hub-watch"] == [
        "reprieve-watch-trail",
        "reprieve-watch-more",
        "reprieve-watch-trail-2",
    ]


def watch_rules(
    first: list[dict[str, str]], *accounts: list[dict[str, str]], **tables: Any
) -> list[Rule]:
    """Return the rules of the hub for the watches of its account and of others.

    `tables` are those of the hub's account.
    """
    own = settings(watch=tuple(first), **tables)
    others = [settings(watch=tuple(each)) for each in accounts]
    given = own.placed("security", [], [own, *others])
    rules = regional_guard(given, Location("aws", HUB, ID)).rules
    return [rule for rule in rules if rule.bus.endswith("hub-watch")]


def test_a_number_makes_no_name_that_another_watch_has():
    """Two rules of one name would be one, and Terraform accepts no two with one id."""
    disk, second = WATCH | {"name": "disk"}, WATCH | {"name": "disk-2"}
    rules = watch_rules([disk, second], [disk | {"summary": "another"}])
    assert [rule.name.removeprefix("reprieve-watch-") for rule in rules] == [
        "disk",
        "disk-2",
        "disk-3",
    ]
    assert len({rule.id for rule in rules}) == 3


QUEUE = {"name": "queue", "type": "sqs", "arn": f"arn:aws:sqs:{HUB}:{ID}:queue"}
CHANNEL = {"name": "team", "type": "email", "address": "team@example.com"}


@pytest.mark.parametrize("channel", [(), (CHANNEL,)])
@pytest.mark.parametrize("prefix", ["reprieve", "p" * 17, "p" * 32])
def test_the_name_of_a_watch_is_cut_where_it_is_too_long(prefix, channel):
    """With a number, and for the rule of the channels: an account without these may have it."""
    length = min(40, 64 - len(f"{prefix}-watch-"))
    long, longer = (WATCH | {"name": "w" * (length - 1) + end} for end in "ab")
    another = long | {"summary": "another"}
    own, *others = (
        settings(watch=(each,), names={"prefix": prefix}) for each in (long, longer, another)
    )
    hub = own.model_copy(update={"channel": settings(channel=channel).channel})
    given = hub.placed("security", [], [hub, *others])
    rules = regional_guard(given, Location("aws", HUB, ID)).rules
    names = [rule.name for rule in rules if rule.bus == f"{prefix}-hub-watch"]
    assert len(set(names)) == len(names) == (6 if channel else 3)
    assert max(map(len, names)) <= 64


def test_the_rules_of_the_channels_have_names_of_their_own():
    """A watch of another account, which has no channels, may have such a name."""
    disk, channels = WATCH | {"name": "disk"}, WATCH | {"name": "disk-channels"}
    rules = watch_rules([disk], [channels], channel=(CHANNEL,))
    assert len({rule.name for rule in rules}) == len({rule.id for rule in rules}) == 4


@pytest.mark.parametrize(
    ("channel", "most"), [((), MAX_HEARTBEATS), ((CHANNEL, QUEUE), MAX_CHANNEL_HEARTBEATS)]
)
def test_reprieves_own_rules_leave_room_for_the_heartbeats(channel, most):
    """On the first bus of the hub. The one of the watches has no others."""
    notify, reliability = {"threats": tuple(BY_NAME)}, {"alarm_emails": ONCALL}
    rules = guard(
        HUB, notify=notify, reliability=reliability, channel=channel, watch=(WATCH,)
    ).rules
    own = [each for each in rules if each.bus == "reprieve-hub" and "heartbeat" not in each.id]
    assert len(own) + most <= MAX_RULES
    watch = [each for each in rules if each.bus == "reprieve-hub-watch"]
    assert len(watch) == (2 if channel else 1)


def test_the_hub_needs_no_rules_for_accounts_that_do_not_forward_to_it():
    """Each has a hub of its own, or none."""
    own, other = (
        settings(account={"id": id}, watch=(WATCH | {"name": f"of-{id}"},)) for id in (ID, OTHER)
    )
    given = own.placed("security", [ID, OTHER], [own, other])
    rules = regional_guard(given, Location("aws", HUB, ID)).rules
    assert [rule.name for rule in rules if rule.bus == "reprieve-hub-watch"] == [
        f"reprieve-watch-of-{ID}"
    ]
