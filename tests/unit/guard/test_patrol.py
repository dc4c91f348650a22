"""What a patrol inspects, and what it expects of the next guard."""

import json
from typing import Any

import pytest

from reprieve.events.threats import BY_NAME
from reprieve.guard.guard import regional_guard
from reprieve.guard.patrol import expectations
from reprieve.guard.resources import RegionalGuard
from reprieve.location import Location
from reprieve.runbooks.runbook import PATROL
from reprieve.settings.schema import Settings
from tests.support.settings import read

ACCOUNT = "111122223333"
REGION = "eu-west-1"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/KeyAdministrator"
KEY_ID = "1234abcd-12ab-34cd-56ef-1234567890ab"
KEYS = [f"arn:aws:kms:{region}:{ACCOUNT}:key/{KEY_ID}" for region in ("eu-west-1", "us-east-1")]
GIVEN: dict[str, dict[str, Any]] = {
    "default": {},
    "own key": {"notify": {"encryption": "own"}, "reliability": {"alarm_emails": ["a@b.com"]}},
    "keys of the settings": {"notify": {"encryption": KEYS}},
    "exempt": {"exempt": {"principals": [ROLE], "keys": [KEY_ID], "deployers": [ROLE]}},
    "own topic, strict": {"notify": {"topic_name": "keys", "strict_topic_policy": True}},
}


STACK_SETS = f"""
[account]
id = "{ACCOUNT}"
[notify]
emails = ["security@example.com"]
topology = "hub"
hub = {{ account = "{ACCOUNT}", region = "{REGION}", organization_id = "o-exampleorgid" }}
[regions]
watch = ["{REGION}", "us-east-1"]
[organization]
engine = "stacksets"
organizational_units = ["ou-abcd-12345678"]
"""


def settings(given: dict[str, Any]) -> Settings:
    """Return settings that watch two Regions."""
    notify = {"emails": ["security@example.com"]} | given.get("notify", {})
    return Settings.model_validate(
        {"regions": {"watch": ["eu-west-1", "us-east-1"]}} | given | {"notify": notify}
    )


def guard(given: dict[str, Any], account: str = ACCOUNT, key: str | None = None) -> RegionalGuard:
    """Return the guard of a Region in an account."""
    return regional_guard(settings(given), Location("aws", REGION, account), key)


def payloads(given: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return what the patrol's scripts get, by the names of their steps."""
    (document,) = (each for each in guard(given).documents if each.runbook is PATROL)
    return {
        step["name"]: step["inputs"]["InputPayload"]
        for step in document.content["mainSteps"]
        if step["action"] == "aws:executeScript"
    }


@pytest.mark.parametrize("given", GIVEN.values(), ids=GIVEN)
def test_expectations_do_not_depend_on_the_account(given):
    """The document's name depends on them, and is chosen before the account is known.

    With settings that name an account, they hold in that account.
    """
    unknown = regional_guard(settings(given), Location("aws", REGION))
    expected = expectations(settings(given), unknown)
    assert expectations(settings(given), guard(given)) == expected
    key = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/abcdabcd-12ab-34cd-56ef-1234567890ab"
    if not given.get("exempt"):
        assert expectations(settings(given), guard(given, "444455556666")) == expected
    assert guard(given, key=key).documents == guard(given).documents


@pytest.mark.parametrize("given", GIVEN.values(), ids=GIVEN)
def test_expectations_name_everything_of_a_guard(given):
    """Each rule, each topic with its subscribers, each runbook but the patrol's own."""
    found = guard(given)
    expected = payloads(given)["CheckGuard"]["Expected"]
    assert expected["Region"] == "us-east-1"  # the next one; both guards have the same names
    assert set(expected["Rules"]) == {rule.name for rule in found.rules}
    assert {name: each["Emails"] for name, each in expected["Topics"].items()} == {
        topic.name: sorted(topic.emails) for topic in found.topics
    }
    others = [each.name for each in found.documents if "patrol" not in each.name]
    assert expected["Documents"] == others


def test_expectations_differ_where_a_guard_does():
    """A setting that changes one rule changes its fingerprint, and no other."""
    before = expectations(settings({}), guard({}))["Rules"]
    exempt = {"exempt": {"deployers": [ROLE]}}
    after = expectations(settings(exempt), guard(exempt))["Rules"]
    changed = {name for name in before if before[name] != after[name]}
    # The deployer is part of the rescue's document, whose name the target has.
    assert changed == {
        "reprieve-guard-changed",
        "reprieve-guard-changed-forward",
        "reprieve-key-deletion-scheduled",
    }
    policies = [
        expectations(settings(each), guard(each))["Topics"]["reprieve-alerts"]["Policy"]
        for each in ({}, {"notify": {"strict_topic_policy": True}})
    ]
    assert policies[0] != policies[1]


@pytest.mark.parametrize(
    ("given", "key"),
    [("default", None), ("own key", "own"), ("keys of the settings", KEYS[0])],
)
def test_the_key_of_a_topic_is_expected(given, key):
    """One that Reprieve creates by its word: nobody knows its id before the deployment."""
    found = expectations(settings(GIVEN[given]), guard(GIVEN[given]))["Topics"]
    assert found["reprieve-alerts"]["Key"] == key
    assert {each["Key"] for name, each in found.items() if name != "reprieve-alerts"} <= {None}


def test_a_patrol_knows_the_exemptions_of_its_region():
    """Ids apply everywhere, an ARN in its Region; deployers are known by their roles."""
    exempt = {"principals": [ROLE], "keys": [*KEYS, KEY_ID], "deployers": [ROLE]}
    found = payloads({"exempt": exempt})
    for name in ("Inspect", "InspectAgain"):
        assert found[name]["ExemptPrincipals"] == [ROLE]
        assert found[name]["ExemptKeys"] == [KEY_ID, KEYS[0]]
        assert found[name]["Deployers"] == [f"AssumedRole:{ACCOUNT}:KeyAdministrator"]


@pytest.mark.parametrize(
    ("given", "rescues", "earlier"),
    [
        ({}, True, False),
        ({"remediation": {"enabled": False}}, False, False),
        ({"patrol": {"rescue_earlier": True}}, True, True),
    ],
)
def test_a_patrol_rescues_if_the_settings_say_so(given, rescues, earlier):
    """Both looks do the same."""
    found = payloads(given)
    for name in ("Inspect", "InspectAgain"):
        assert (found[name]["Rescues"], found[name]["RescuesEarlier"]) == (rescues, earlier)


def test_the_patrols_reports_go_to_every_topic_of_its_region():
    """Its own Region and account: Systems Manager says which account."""
    found = payloads(GIVEN["own key"])
    names = ("reprieve-alerts", "reprieve-lifeline", "reprieve-alarms")
    topics = [f"arn:aws:sns:{REGION}:{{{{ global:ACCOUNT_ID }}}}:{name}" for name in names]
    assert [found[name]["Topics"] for name in ("CheckGuard", "Inspect")] == [topics, topics]


def trails(given: dict[str, Any], region: str = REGION) -> dict[str, list[tuple[str, str]]]:
    """Return the calls that trails must log for the guard of a Region, by their Region."""
    found = regional_guard(settings(given), Location("aws", region))
    expected = expectations(settings(given), found)
    return {where: pairs(calls) for where, calls in expected["Trails"]}


def pairs(calls: dict[str, list[str]]) -> list[tuple[str, str]]:
    """Return each call, a source and a name."""
    return [(source, name) for source, names in calls.items() for name in names]


def test_a_trail_must_log_the_calls_of_the_threats():
    """By source and name, sorted; KMS's own events need no trail, nor do threats that are off."""
    given = {"notify": {"threats": ["key-disabled", "key-deletion-scheduled", "key-gone"]}}
    assert trails(given) == {
        REGION: [("kms.amazonaws.com", "DisableKey"), ("kms.amazonaws.com", "ScheduleKeyDeletion")]
    }
    every = trails({"notify": {"threats": list(BY_NAME)}})[REGION]
    assert ("cloudtrail.amazonaws.com", "StopLogging") in every
    assert ("kms.amazonaws.com", "CreateKey") in every
    assert every == sorted(set(every))


GUARD = ["events", "monitoring", "sns", "sqs", "ssm"]


@pytest.mark.parametrize(
    ("region", "services"),
    [(REGION, GUARD), ("us-east-1", sorted([*GUARD, "iam"]))],
)
def test_a_trail_must_log_every_call_on_a_guard(region, services):
    """The rule for it names no calls, but services. IAM's events arrive in one Region only."""
    given = {"notify": {"threats": ["guard-changed"]}, "remediation": {"enabled": False}}
    found = trails(given, region)
    assert found == {region: [(f"{name}.amazonaws.com", "") for name in services]}


def test_a_trail_must_log_the_calls_on_the_stack_sets_of_a_hub(tmp_path):
    """CloudFormation's, in the Region of the hub."""
    found = read(tmp_path, STACK_SETS)
    call = ("cloudformation.amazonaws.com", "")
    for region, is_hub in ((REGION, True), ("us-east-1", False)):
        expected = expectations(found, regional_guard(found, Location("aws", region, ACCOUNT)))
        ((_, calls),) = expected["Trails"]
        assert (call in pairs(calls)) == is_hub


def test_a_trail_must_log_the_calls_of_the_region_that_only_forwards():
    """IAM's, if us-east-1 is not watched: one patrol checks it with the first watched Region."""
    given = {"regions": {"watch": [REGION, "eu-west-2"]}}
    found = trails(given)
    assert list(found) == [REGION, "us-east-1"]
    assert ("iam.amazonaws.com", "") not in found[REGION]
    assert ("iam.amazonaws.com", "") in found["us-east-1"]
    assert ("cloudtrail.amazonaws.com", "StopLogging") in found["us-east-1"]
    assert ("kms.amazonaws.com", "DisableKey") not in found["us-east-1"]
    assert list(trails(given, "eu-west-2")) == ["eu-west-2"]
    assert list(trails(given | {"notify": {"threats": ["key-deletion-scheduled"]}})) == [REGION]


def test_a_guard_without_a_patrol_has_neither_document_nor_schedule():
    """Nor a role for it."""
    found = guard({"patrol": {"enabled": False}})
    assert [each.beginning for each in found.documents] == ["reprieve-rescue-key"]
    assert [rule.id for rule in found.rules if rule.schedule] == []


def test_a_patrol_runs_at_the_interval_and_once_a_day_with_reminders():
    """As parameters of its runbook; and it knows when the schedule fired."""
    rules = {rule.id: rule for rule in guard({"patrol": {"every": "30 minutes"}}).rules}
    for id, schedule, remind in (
        ("patrol", "rate(30 minutes)", "false"),
        ("patrol-daily", "rate(1 day)", "true"),
    ):
        (target,) = rules[id].targets
        assert target.transformer
        assert rules[id].schedule == schedule
        assert json.loads(target.transformer.template) == {
            "AutomationAssumeRole": [f"arn:aws:iam::{ACCOUNT}:role/reprieve-patrol"],
            "Remind": [remind],
            "StartedAt": ["<at>"],
        }
