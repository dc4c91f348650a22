"""The guard of the longest settings, and of every example, stays within what AWS accepts."""

import json
from pathlib import Path

import pytest

from reprieve.events.threats import BY_NAME
from reprieve.guard.channels import Form
from reprieve.guard.guard import regional_guard
from reprieve.location import Location
from reprieve.settings.loader import load
from reprieve.settings.quotas import (
    MAX_CHANNEL_NAMES,
    MAX_CHANNEL_WATCHES,
    MAX_CHANNEL_WILDCARD_WATCHES,
    MAX_NAMES,
    MAX_WATCHES,
    MAX_WILDCARD_WATCHES,
)
from tests.support.limits import MAX_DOCUMENT, MAX_RULES, MAX_WILDCARD_RULES, breaches, has_wildcard
from tests.support.settings import load_one
from tests.support.synth import CHANNELS, toml_of
from tools.limits_table import OWN_TARGETS

REGION = "ap-southeast-2"
LONGEST = {
    "REPRIEVE_NOTIFY__EMAILS": "security@example.com",
    "REPRIEVE_NOTIFY__TOPIC_NAME": "t" * 256,
    "REPRIEVE_NOTIFY__ENCRYPTION": "own",
    "REPRIEVE_NOTIFY__THREATS": ",".join(BY_NAME),
    "REPRIEVE_REGIONS__WATCH": f"{REGION},ap-northeast-1",
    "REPRIEVE_REMEDIATION__ENABLE_DISABLED": "true",
    "REPRIEVE_RELIABILITY__ALARM_EMAILS": "oncall@example.com",
}
WATCH = f"""
[[watch]]
name = "{"w" * 40}"
summary = "{"s" * 200}"
pattern = '{{"source": ["aws.s3"]}}'
"""


@pytest.fixture(scope="module", params=["", toml_of("channel", CHANNELS)], ids=["", "channels"])
def guard(tmp_path_factory, request):
    """Return the guard of one Region, without and with channels."""
    directory = tmp_path_factory.mktemp("limits")
    (directory / "reprieve.toml").write_text(WATCH + request.param)
    return regional_guard(load_one(LONGEST, directory), Location("aws", REGION))


def test_it_is_within_every_limit(guard):
    """Names, patterns, targets, templates, alarms, documents."""
    assert (
        len([target for rule in guard.rules for target in rule.targets if target.transformer]) > 20
    )
    assert breaches(guard) == []


def test_the_longest_names_are_within_every_limit(tmp_path):
    """Ten watches: more than that no alarm takes."""
    watches = "".join(WATCH.replace("w" * 40, f"{number:025}") for number in range(10))
    (tmp_path / "reprieve.toml").write_text(watches)
    longest = LONGEST | {"REPRIEVE_NAMES__PREFIX": "p" * 32, "REPRIEVE_NOTIFY__TOPIC_NAME": "t"}
    settings = load_one(longest, tmp_path)
    assert breaches(regional_guard(settings, Location("aws", REGION))) == []


def test_the_docs_have_the_most_targets(guard):
    """docs/settings.md: of the rules for channels, and of all others."""
    of_channels = [len(rule.targets) for rule in guard.rules if rule.name.endswith("-channels")]
    others = [len(rule.targets) for rule in guard.rules if not rule.name.endswith("-channels")]
    assert max(others) == OWN_TARGETS
    assert max(of_channels, default=len(Form)) == len(Form)


def test_the_texts_of_alarms_can_stand_in_the_json_of_a_message(guard):
    """EventBridge inserts the name and the description as they are."""
    for alarm in guard.alarms:
        assert not set('"\\\n') & set(alarm.name + alarm.description)


def test_the_runbooks_leave_room_for_the_longest_names(guard):
    """64 KB (SSM API reference, CreateDocument); settings may add that many characters of names."""
    has_channels = any(topic.name.endswith("-json") for topic in guard.topics)
    room = MAX_CHANNEL_NAMES if has_channels else MAX_NAMES
    for document in guard.documents:
        assert len(json.dumps(document.content)) < MAX_DOCUMENT - room


def test_reprieves_own_rules_leave_room_for_the_watches(guard):
    """300 rules on a bus, 30 of them with wildcards."""
    own = [rule for rule in guard.rules if not rule.id.startswith("watch-")]
    each = len(guard.rules) - len(own)
    watches, wildcards = {
        1: (MAX_WATCHES, MAX_WILDCARD_WATCHES),
        2: (MAX_CHANNEL_WATCHES, MAX_CHANNEL_WILDCARD_WATCHES),
    }[each]
    assert len(own) + each * watches <= MAX_RULES
    assert sum(map(has_wildcard, own)) + each * wildcards in (
        MAX_WILDCARD_RULES - 1,
        MAX_WILDCARD_RULES,
    )


EXAMPLES = sorted((Path(__file__).resolve().parents[3] / "docs" / "examples").glob("*.toml"))


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.stem)
def test_every_example_is_within_every_limit(example):
    """Of many accounts the first two, of which one has the hub; all of their Regions."""
    for settings in load({"REPRIEVE_SETTINGS": str(example)}).accounts[:2]:
        partition, account = settings.regions.partition, str(settings.account.id or "111122223333")
        for region in settings.regions.watched:
            guard = regional_guard(settings, Location(partition, region, account))
            assert breaches(guard) == []
