"""The guard of the longest settings stays within what AWS accepts.

Sources: EventBridge User Guide, "Amazon EventBridge quotas" and "Input transformation"; API
references of EventBridge (PutRule), SNS (CreateTopic), CloudWatch (PutMetricAlarm).
"""

import json

import pytest

from reprieve.events.patterns import pattern_errors
from reprieve.events.threats import BY_NAME
from reprieve.guard.channels import Form
from reprieve.guard.guard import regional_guard
from reprieve.guard.resources import Rule
from reprieve.location import Location
from reprieve.settings.quotas import (
    MAX_CHANNEL_NAMES,
    MAX_CHANNEL_WATCHES,
    MAX_CHANNEL_WILDCARD_WATCHES,
    MAX_NAMES,
    MAX_WATCHES,
    MAX_WILDCARD_WATCHES,
)
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


def test_rules(guard):
    """Names, descriptions and patterns; five targets each."""
    for rule in guard.rules:
        assert len(rule.name) <= 64
        assert len(rule.description) <= 512
        assert 1 <= len(rule.targets) <= 5
        assert rule.pattern is None or pattern_errors(rule.pattern) == []


def test_the_docs_have_the_most_targets(guard):
    """docs/settings.md: of the rules for channels, and of all others."""
    of_channels = [len(rule.targets) for rule in guard.rules if rule.name.endswith("-channels")]
    others = [len(rule.targets) for rule in guard.rules if not rule.name.endswith("-channels")]
    assert max(others) == OWN_TARGETS
    assert max(of_channels, default=len(Form)) == len(Form)


def test_templates(guard):
    """At most 100 paths, and a template of 8,192 characters."""
    transformers = [
        target.transformer for rule in guard.rules for target in rule.targets if target.transformer
    ]
    assert len(transformers) > 20
    for transformer in transformers:
        assert len(transformer.paths) <= 100
        assert len(transformer.template) <= 8192


def test_topics_and_alarms(guard):
    """The sender's name of an e-mail, and the texts of an alarm."""
    for topic in guard.topics:
        assert len(topic.name) <= 256
        assert len(topic.display_name) <= 100
    for alarm in guard.alarms:
        assert len(alarm.name) <= 255
        assert len(alarm.description) <= 1024
        assert len(alarm.metrics) <= 10


def test_the_texts_of_alarms_can_stand_in_the_json_of_a_message(guard):
    """EventBridge inserts the name and the description as they are."""
    for alarm in guard.alarms:
        assert not set('"\\\n') & set(alarm.name + alarm.description)


def test_the_runbooks_leave_room_for_the_longest_names(guard):
    """64 KB (SSM API reference, CreateDocument); settings may add that many characters of names."""
    has_channels = any(topic.name.endswith("-json") for topic in guard.topics)
    room = MAX_CHANNEL_NAMES if has_channels else MAX_NAMES
    for document in guard.documents:
        assert len(json.dumps(document.content)) < 64 * 1024 - room


def has_wildcard(rule: Rule) -> bool:
    """Return whether EventBridge counts a rule among those with wildcards."""
    return '"wildcard"' in (rule.pattern or "")


def test_reprieves_own_rules_leave_room_for_the_watches(guard):
    """300 rules on a bus, 30 of them with wildcards."""
    own = [rule for rule in guard.rules if not rule.id.startswith("watch-")]
    each = len(guard.rules) - len(own)
    watches, wildcards = {
        1: (MAX_WATCHES, MAX_WILDCARD_WATCHES),
        2: (MAX_CHANNEL_WATCHES, MAX_CHANNEL_WILDCARD_WATCHES),
    }[each]
    assert len(own) + each * watches <= 300
    assert sum(map(has_wildcard, own)) + each * wildcards in (29, 30)
