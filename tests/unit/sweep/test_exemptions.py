"""A sweep, a rescue and the patrol leave the same keys alone."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from functools import partial
from types import SimpleNamespace
from typing import Any

import pytest

from reprieve.guard.guard import regional_guard
from reprieve.location import Location
from reprieve.names import ALERT_KEY_TAG
from reprieve.runbooks.runbook import PATROL, RESCUE_KEY, Runbook
from reprieve.runbooks.scripts import patrol, rescue
from reprieve.settings.schema import Settings
from reprieve.sweep.sweep import sweep
from sandbox.events.matching import matches
from tests.events.envelopes import envelope, transformed
from tests.unit.runbooks.scripts.fake_aws import ACCOUNT, PLACE, FakeAws, arn_of, record

REGION = "eu-west-1"
KEY_ID = "1234abcd-12ab-34cd-56ef-1234567890ab"
KEY = arn_of(KEY_ID)
ROLE = f"arn:aws:iam::{ACCOUNT}:role/team/KeyAdministrator"
BOB = f"arn:aws:iam::{ACCOUNT}:user/bob"
EVE = f"arn:aws:iam::{ACCOUNT}:user/eve"


def user(arn: str) -> dict[str, Any]:
    """Return the identity of a user."""
    name = arn.rpartition("/")[2]
    return {"type": "IAMUser", "accountId": ACCOUNT, "arn": arn, "userName": name}


def session(kind: str, arn: str, issuer_type: str, issuer: str) -> dict[str, Any]:
    """Return the identity of a session."""
    name = issuer.rpartition("/")[2]
    context = {"sessionIssuer": {"type": issuer_type, "arn": issuer, "userName": name}}
    by = f"arn:aws:sts::{ACCOUNT}:{arn}"
    return {"type": kind, "accountId": ACCOUNT, "arn": by, "sessionContext": context}


OF_ROLE = session("AssumedRole", "assumed-role/KeyAdministrator/bob", "Role", ROLE)
# The issuer of a federated user's session chooses its name.
FEDERATED_BOB = session("FederatedUser", "federated-user/bob", "IAMUser", EVE)
FEDERATED_BY_BOB = session("FederatedUser", "federated-user/eve", "IAMUser", BOB)
ROOT = {"type": "Root", "accountId": ACCOUNT, "arn": f"arn:aws:iam::{ACCOUNT}:root"}
SERVICE = {"type": "AWSService", "invokedBy": "cloudformation.amazonaws.com"}

UNTIL_2030 = "until 2030-01-01"
TODAY = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
YESTERDAY = f"{TODAY - timedelta(days=1):%Y-%m-%d}"


def until(day: str = "2030-01-01", **what: Any) -> dict[str, Any]:
    """Return settings with an exemption that ends."""
    return {"exemption": [what | {"until": day}]}


def exempt(**what: Any) -> dict[str, Any]:
    """Return settings with an exemption that does not end."""
    return {"exempt": what}


@dataclass(frozen=True)
class Case:
    """A caller who scheduled a deletion, the settings, and what of them exempts that, if anything.

    `zone` is how many hours the clock of the reader of CloudTrail's history is ahead of UTC.
    """

    caller: dict[str, Any]
    settings: dict[str, Any]
    expected: str | None = None
    tags: tuple[str, ...] = ()
    at: datetime | None = None
    zone: int = 0


CASES = {
    "nothing is exempt": Case(user(BOB), {}),
    "a user": Case(user(BOB), exempt(principals=[BOB]), f"exempt.principals: {BOB}"),
    "another user": Case(user(EVE), exempt(principals=[BOB])),
    "a role's session": Case(OF_ROLE, exempt(principals=[ROLE]), f"exempt.principals: {ROLE}"),
    "a session with a user's name": Case(OF_ROLE, exempt(principals=[BOB])),
    "a federated user with a user's name": Case(FEDERATED_BOB, exempt(principals=[BOB])),
    "a federated user of a user": Case(FEDERATED_BY_BOB, exempt(principals=[BOB])),
    "a user, for a time": Case(
        user(BOB), until(principal=BOB), f"[[exemption]]: deletions by {BOB}, {UNTIL_2030}"
    ),
    "a role's session, for a time": Case(
        OF_ROLE, until(principal=ROLE), f"[[exemption]]: deletions by {ROLE}, {UNTIL_2030}"
    ),
    "a session with a user's name, for a time": Case(OF_ROLE, until(principal=BOB)),
    "a federated user with a user's name, for a time": Case(FEDERATED_BOB, until(principal=BOB)),
    "a federated user of a user, for a time": Case(FEDERATED_BY_BOB, until(principal=BOB)),
    "root": Case(ROOT, until(principal=f"arn:aws:iam::{ACCOUNT}:user/root")),
    "a service": Case(SERVICE, until(principal=BOB)),
    "a key's id": Case(ROOT, exempt(keys=[KEY_ID]), f"exempt.keys: {KEY_ID}"),
    "a key's ARN": Case(SERVICE, exempt(keys=[KEY]), f"exempt.keys: {KEY}"),
    "a key, for a time": Case(
        ROOT, until(key=KEY_ID), f"[[exemption]]: the key {KEY_ID}, {UNTIL_2030}"
    ),
    "a tag": Case(
        ROOT,
        exempt(tags={"temporary": "true"}),
        "exempt.tags: keys with the tag temporary=true",
        ("temporary",),
    ),
    "another tag": Case(ROOT, exempt(tags={"temporary": "true"}), tags=("other",)),
    "the last day, where it is over": Case(
        user(BOB),
        until(YESTERDAY, principal=BOB),
        f"[[exemption]]: deletions by {BOB}, until {YESTERDAY}",
        at=TODAY - timedelta(minutes=1),
        zone=14,
    ),
    "the day after, where it has not begun": Case(
        user(BOB),
        until(f"{TODAY - timedelta(days=2):%Y-%m-%d}", principal=BOB),
        at=TODAY - timedelta(days=1) + timedelta(minutes=1),
        zone=-10,
    ),
    "a deployer, the key of the alerts": Case(
        OF_ROLE, exempt(deployers=[ROLE]), f"exempt.deployers: {ROLE}", (ALERT_KEY_TAG,)
    ),
    "a deployer who is a user, the key of the alerts": Case(
        user(BOB), exempt(deployers=[ROLE, BOB]), f"exempt.deployers: {BOB}", (ALERT_KEY_TAG,)
    ),
    "a deployer, another key": Case(OF_ROLE, exempt(deployers=[ROLE]), tags=("temporary",)),
    "no deployer, the key of the alerts": Case(
        user(EVE), exempt(deployers=[BOB]), tags=(ALERT_KEY_TAG,)
    ),
    "a federated user with a deployer's name, the key of the alerts": Case(
        FEDERATED_BOB, exempt(deployers=[BOB]), tags=(ALERT_KEY_TAG,)
    ),
}


class Aws(FakeAws):
    """One Region with a key, as the scripts and the commands see it."""

    zone = 0

    def get_paginator(self, method: str) -> Any:
        """Return all in one page."""
        return SimpleNamespace(paginate=partial(self._page, method))

    def _page(self, method: str, **parameters: Any) -> list[dict[str, Any]]:
        return [getattr(self, method)(**parameters)]

    def list_aliases(self) -> dict[str, Any]:
        """Return the aliases: none."""
        return {"Aliases": []}

    def list_keys(self, **_: Any) -> dict[str, Any]:
        """Return every key."""
        return {"Keys": [{"KeyArn": arn_of(name), "KeyId": name} for name in self.keys]}

    def lookup_events(self, **parameters: Any) -> dict[str, Any]:
        """Return the records of a call; boto3 gives their times in the reader's time zone."""
        events = super().lookup_events(**parameters)["Events"]
        here = timezone(timedelta(hours=self.zone))
        for each in events:
            time = datetime.fromisoformat(json.loads(each["CloudTrailEvent"])["eventTime"])
            each |= {"EventId": "1", "EventTime": time.astimezone(here)}
        return {"Events": events}

    def get_key_last_usage(self, KeyId: str) -> dict[str, Any]:  # noqa: N803 - AWS's name
        """Return that a key was never used."""
        since = datetime(2026, 1, 1, tzinfo=UTC)
        return {"KeyLastUsage": {}, "TrackingStartDate": since, "KeyCreationDate": since}


def settings_of(case: Case) -> Settings:
    """Return the settings of a case."""
    given = {"notify": {"emails": ["security@example.com"]}, "regions": {"watch": [REGION]}}
    return Settings.model_validate(given | case.settings)


def aws_of(case: Case, call: str = "ScheduleKeyDeletion", state: str = "PendingDeletion") -> Aws:
    """Return a Region in which the caller of a case made a call on the key."""
    at = case.at or datetime.now(UTC) - timedelta(hours=2)
    found = Aws(keys={KEY_ID: state}, tags={KEY_ID: list(case.tags)})
    found.zone = case.zone
    found.guarded_since = at - timedelta(days=1)
    found.history = [record(call, KEY_ID, f"{at:%Y-%m-%dT%H:%M:%SZ}", userIdentity=case.caller)]
    return found


def payload(settings: Settings, runbook: Runbook, step: str) -> dict[str, Any]:
    """Return what a script gets from its document."""
    guard = regional_guard(settings, Location("aws", REGION, ACCOUNT))
    (document,) = (each for each in guard.documents if each.runbook is runbook)
    (found,) = (each for each in document.content["mainSteps"] if each["name"] == step)
    return found["inputs"]["InputPayload"] | PLACE


def left_by_patrol(settings: Settings, aws: Aws) -> bool:
    """Return whether the patrol leaves the key alone."""
    events = payload(settings, PATROL, "Inspect") | {"Remind": "false", "Seen": "none"}
    patrol.handler(events, None)
    return not aws.changed


def left_by_rescue(settings: Settings, aws: Aws) -> bool:
    """Return whether no rescue starts, or one leaves the key alone."""
    guard = regional_guard(settings, Location("aws", REGION, ACCOUNT))
    (rule,) = (each for each in guard.rules if each.id == "key-deletion-scheduled")
    detail = aws.history[0] | {"eventSource": "kms.amazonaws.com"}
    event = envelope("AWS API Call via CloudTrail", detail)
    if not matches(str(rule.pattern), event):
        return True
    (to_runbook,) = (
        each.transformer for each in rule.targets if each.transformer and "rescue" in each.arn
    )
    given = {name: values[0] for name, values in json.loads(transformed(to_runbook, event)).items()}
    rescue.handler(payload(settings, RESCUE_KEY, "Rescue") | given, None)
    return not aws.changed


def found_by_sweep(settings: Settings, aws: Aws) -> str | None:
    """Return what exempts the key in a sweep."""
    account: Any = SimpleNamespace(id=ACCOUNT, client=lambda service, region: aws)
    found = sweep(account, settings, timeout=30, only=[REGION])
    assert found.problems == ()
    (key,) = found.keys
    return key.exempt


@pytest.fixture
def use(monkeypatch):
    """Return a function that gives the scripts an AWS in which no time passes."""
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    return lambda aws: monkeypatch.setattr(
        "reprieve.runbooks.scripts.calls.boto3.client", aws.client
    )


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_a_sweep_exempts_what_the_guard_exempts(case, use):
    """A key that a sweep calls exempt and the guard does not would be skipped, and lost."""
    settings = settings_of(case)
    assert found_by_sweep(settings, aws_of(case)) == case.expected
    for left_alone in (left_by_patrol, left_by_rescue):
        aws = aws_of(case)
        use(aws)
        assert left_alone(settings, aws) == (case.expected is not None)


def test_deployers_may_not_disable_the_key_of_the_alerts():
    """The setting exempts its deletion only: the guard enables such a key, too."""
    case = CASES["a deployer, the key of the alerts"]
    assert found_by_sweep(settings_of(case), aws_of(case, "DisableKey", "Disabled")) is None
