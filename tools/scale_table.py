"""The table of docs/organizations.md: what a thousand accounts are for AWS's quotas."""

from collections.abc import Iterator
from typing import Any, Final

from reprieve.events.heartbeats import EVERY_MINUTES
from reprieve.guard.guard import regional_guard
from reprieve.location import Location
from reprieve.settings.hub import MAX_SENDERS
from reprieve.settings.loader import validated
from reprieve.settings.schema import Settings
from reprieve.settings.types import minutes_of
from tools.prices import EVENT, account_price

ACCOUNTS: Final = 1000
_HUB: Final = "111122223333"
_MEMBER: Final = "222233334444"
_DAY: Final = 24 * 60
_DAYS: Final = 30

# EventBridge user guide, "Amazon EventBridge quotas": the Regions with the most and the least.
_PUT_EVENTS: Final = (10_000, 400)
_RULES: Final = 300
_POLICY: Final = 10_240
# Organizations user guide, "Quotas and service limits".
_ORGANIZATION: Final = 10
# CloudFormation API reference, CreateStackInstances.
_UNITS: Final = 50
# CloudFormation user guide, "Understand CloudFormation quotas".
_INSTANCES: Final = 100_000
_AT_ONCE: Final = 10_000
_QUEUED: Final = 10_000
# SNS: "Amazon Simple Notification Service endpoints and quotas".
_EMAILS: Final = 10

_PAGE_OF_INSTANCES: Final = 100
_PAGE_OF_ACCOUNTS: Final = 20


def scale_rows() -> list[list[str]]:
    """Return a row for each figure: what it is, the figure, and AWS's quota or what follows."""
    return list(_rows())


def price_rows() -> list[list[str]]:
    """Return a row for each way: the settings, an account's price a month, and that of all."""
    ways: tuple[tuple[str, dict[str, Any]], ...] = (
        ("the default settings, with the hub", {}),
        ('`patrol.every = "1 day"`', {"patrol": {"every": "1 day"}}),
        ("`reliability.alarms = false`", {"reliability": {"alarms": False}}),
        (
            '`reliability.alarms = false`, `patrol.every = "1 day"`',
            {"reliability": {"alarms": False}, "patrol": {"every": "1 day"}},
        ),
        (
            "`reliability.alarms = false`, `patrol.enabled = false`",
            {"reliability": {"alarms": False}, "patrol": {"enabled": False}},
        ),
    )
    return [
        [what, f"{one:.2f}", f"{ACCOUNTS * one:,.0f}"]
        for what, given in ways
        for settings in [_member(given)]
        for one in [account_price(settings) + _heartbeat_price(settings)]
    ]


def _rows() -> Iterator[list[str]]:
    settings = _member({})
    regions = len(settings.regions.watched)
    places = ACCOUNTS * regions
    beats = places * _heartbeats(settings) * _DAY // EVERY_MINUTES
    most, least = _PUT_EVENTS
    yield [
        "accounts of the organization",
        f"{ACCOUNTS:,}",
        f"{_ORGANIZATION} by default, and more on request",
    ]
    yield [
        "organizational units of the stack sets",
        "those of `organization.organizational_units`",
        f"{_UNITS} in an operation of StackSets. A unit includes all units below it",
    ]
    yield [
        "stack instances",
        f"{ACCOUNTS:,} of the roles and {places:,} of the guards",
        f"{_INSTANCES:,} in a stack set; operations on {_AT_ONCE:,} at the same time in a Region",
    ]
    yield [
        "operations of a stack set",
        "one at a time; with `organization.managed_execution` others wait, or run if they do not "
        "conflict",
        f"{_QUEUED:,} may wait",
    ]
    yield [
        "policy of the hub's event bus",
        "one statement for the whole organization",
        f"{_POLICY:,} characters, which is about {MAX_SENDERS} accounts by their ids",
    ]
    yield [
        "heartbeats at the hub",
        f"{beats:,} a day, {beats / 86400:.0f} a second",
        f"PutEvents: {most:,} a second in the largest Regions, {least} in the smallest; higher on "
        "request",
    ]
    yield [
        "price of the heartbeats",
        f"US$ {beats * _DAYS * EVENT:,.2f} a month",
        f"US$ {_heartbeat_price(settings):.2f} for each account",
    ]
    yield [
        "other events at the hub",
        "none, if no key and no guard changes",
        "an event of a threat and the result of its rescue, for each deletion",
    ]
    yield [
        "rules on the bus of the hub",
        f"{_rules_of_hub()}, and one for each account of `[accounts]`",
        f"{_RULES} in a bus, 100 in af-south-1 and eu-south-1. So the hub has an alarm on "
        "heartbeats for the accounts of the settings, not for each member",
    ]
    yield [
        "patrols",
        f"{places * _patrols(settings):,} a day",
        "100 automations at the same time, in each account and Region by itself: one runs there",
    ]
    yield [
        "e-mails, if a thousand keys are deleted at once",
        f"{2 * ACCOUNTS:,}: an alert and a result for each",
        f"{_EMAILS} a second to one address: [mass-deletion.md](mass-deletion.md)",
    ]
    yield [
        "calls of `status --organization`",
        f"{-(-(places + ACCOUNTS) // _PAGE_OF_INSTANCES)} for stack instances, "
        f"{2 * -(-ACCOUNTS // _PAGE_OF_ACCOUNTS)} and two for each organizational unit for the "
        "accounts",
        "not published; the command begins with 4 a second",
    ]


def _heartbeats(settings: Settings) -> int:
    """Return how many rules of a Region send heartbeats."""
    region = next(each for each in settings.regions.watched if each != "us-east-1")
    guard = regional_guard(settings, Location(settings.regions.partition, region))
    return sum(rule.id == "heartbeat" for rule in guard.rules)


def _heartbeat_price(settings: Settings) -> float:
    """Return what the heartbeats of an account cost a month."""
    regions = len(settings.regions.watched)
    return regions * _heartbeats(settings) * _DAY / EVERY_MINUTES * _DAYS * EVENT


def _patrols(settings: Settings) -> int:
    """Return how many patrols of a Region there are a day; one of them has reminders."""
    return _DAY // minutes_of(settings.patrol.every) + 1


def _rules_of_hub() -> int:
    """Return how many rules the first bus of the hub has, without those of accounts."""
    hub = _settings({}, _HUB)
    guard = regional_guard(hub, Location(hub.regions.partition, "us-east-1"))
    return sum(rule.bus == hub.resource_names.of("hub") for rule in guard.rules) - 1


def _member(given: dict[str, Any]) -> Settings:
    return _settings(given, _MEMBER)


def _settings(given: dict[str, Any], account: str) -> Settings:
    hub = {"account": _HUB, "region": "us-east-1", "organization_id": "o-exampleorgid"}
    notify = {"emails": ["security@example.com"], "topology": "hub", "hub": hub}
    return validated(given | {"notify": notify, "account": {"id": account}})
