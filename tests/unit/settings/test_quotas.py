"""Settings that would exceed AWS's quotas."""

import json
import re

import pytest

from reprieve.settings.quotas import MAX_NAMES
from tests.support.settings import GOOD, errors, read

DEPLOYERS = [f"arn:aws:iam::111122223333:role/Deployer{number:02}" for number in range(45)]


ROLE = "r" * 64


def watches(count: int, pattern: str = '{"source":["aws.s3"]}') -> str:
    """Return this many `[[watch]]` tables, with names of 40 characters."""
    table = '[[watch]]\nname = "{}"\nsummary = "a bucket"\npattern = \'{}\'\n'
    return "[reliability]\nalarms = false\n" + "".join(
        table.format(f"watch-{number:034}", pattern) for number in range(count)
    )


def addresses(count: int) -> str:
    """Return this many addresses of 30 characters, as JSON."""
    return json.dumps([f"{number:018}@example.com" for number in range(count)])


def test_ten_deployers_fit_beside_a_topic_of_an_ordinary_name(tmp_path):
    """In the pattern of guard-changed."""
    toml = f"{GOOD}[exempt]\ndeployers = {json.dumps(DEPLOYERS[:10])}\n"
    assert len(read(tmp_path, toml).exempt.deployers) == 10


@pytest.mark.parametrize(("deployers", "topic"), [(30, "reprieve-alerts"), (10, "t" * 256)])
def test_deployers_that_exceed_the_pattern_limit_are_refused(tmp_path, deployers, topic):
    """The pattern also names the topic, three times. Report the number."""
    toml = f"{GOOD}[exempt]\ndeployers = {json.dumps(DEPLOYERS[:deployers])}\n"
    (error,) = errors(tmp_path, toml, REPRIEVE_NOTIFY__TOPIC_NAME=topic)
    assert error.key == "exempt.deployers"
    assert re.fullmatch(
        r"makes an event pattern of 2,\d{3} characters; EventBridge accepts 2,048", error.rule
    )


def test_a_topic_and_a_prefix_that_exceed_the_pattern_limit_are_refused(tmp_path):
    """Without any deployer."""
    longest = {"REPRIEVE_NOTIFY__TOPIC_NAME": "t" * 256, "REPRIEVE_NAMES__PREFIX": "p" * 32}
    role = {"REPRIEVE_REMEDIATION__AUTOMATION_ROLE_ARN": f"arn:aws:iam::111122223333:role/{ROLE}"}
    (error,) = errors(tmp_path, **longest, **role)
    assert error.key == "notify.topic_name"
    assert "EventBridge accepts 2,048" in error.rule


def test_deployers_that_exceed_the_limit_of_a_spokes_own_rule_are_refused(tmp_path):
    """With a hub they are also in the pattern of guard-rules-changed, without guard-changed too."""
    toml = (
        '[notify]\nemails = ["security@example.com"]\ntopology = "hub"\n'
        'threats = ["key-deletion-scheduled", "trail-changed"]\n'
        f"[exempt]\ndeployers = {json.dumps(DEPLOYERS)}\n"
    )
    (error,) = errors(tmp_path, toml)
    assert error.key == "exempt.deployers"
    assert "makes an event pattern of 2," in error.rule
    assert read(tmp_path, toml, REPRIEVE_NOTIFY__TOPOLOGY="regional")


def test_deployers_that_make_the_pattern_of_a_member_too_complex_are_refused(tmp_path):
    """StackSets has a role with a wildcard, so that each deployer is matched as one."""
    toml = (
        '[notify]\nemails = ["security@example.com"]\ntopology = "hub"\n'
        'hub = { account = "security", region = "eu-west-1", organization_id = "o-exampleorgid" }\n'
        '[organization]\nengine = "stacksets"\norganizational_units = ["ou-abcd-11111111"]\n'
        f"[exempt]\ndeployers = {json.dumps(DEPLOYERS[:9])}\n"
        '[accounts.security]\nid = "111122223333"\n'
    )
    (error,) = errors(tmp_path, toml)
    assert error.key == "exempt.deployers"
    assert "EventBridge refuses" in error.rule
    assert read(tmp_path, toml.replace(f', "{DEPLOYERS[8]}"', ""))


def test_a_topic_name_of_256_characters_fits_alone(tmp_path):
    """With the longest name of a role; the test of the pattern itself measures it."""
    name = "t" * 256
    settings = read(
        tmp_path,
        REPRIEVE_NOTIFY__TOPIC_NAME=name,
        REPRIEVE_REMEDIATION__AUTOMATION_ROLE_ARN=f"arn:aws:iam::111122223333:role/{ROLE}",
    )
    assert settings.notify.topic_name == name


@pytest.mark.parametrize(
    ("toml", "key"),
    [
        (f"[notify]\nemails = {addresses(200)}\n", "notify.emails"),
        (f"{GOOD}{watches(80)}", "watch"),
        (f"{GOOD}[reliability]\nalarm_emails = {addresses(200)}\n", "reliability.alarm_emails"),
        (
            '[notify]\nemails = ["security@example.com"]\ntopology = "hub"\n'
            f"hub = {{ fallback_emails = {addresses(200)} }}\n",
            "notify.hub.fallback_emails",
        ),
        (f'[notify]\nencryption = "own"\nemails = {addresses(100)}\n', "notify.emails"),
    ],
)
def test_names_that_do_not_fit_into_the_patrols_runbook_are_refused(tmp_path, toml, key):
    """At the setting that takes most. Without a patrol they are accepted."""
    (error,) = errors(tmp_path, toml)
    assert (error.key, error.rule) == (
        key,
        f"is more than the {MAX_NAMES:,} that fit into the patrol's runbook",
    )
    assert read(tmp_path, toml, REPRIEVE_PATROL__ENABLED="false")


def test_more_watches_than_an_event_bus_takes_are_refused(tmp_path):
    """With Reprieve's own rules: 300 in most Regions."""
    off = {"REPRIEVE_PATROL__ENABLED": "false"}
    assert len(read(tmp_path, GOOD + watches(270), **off).watch) == 270
    (error,) = errors(tmp_path, GOOD + watches(271), **off)
    assert (error.key, error.rule) == (
        "watch",
        "are more than 270; EventBridge accepts 300, including Reprieve's own",
    )


def test_more_rules_with_wildcards_than_an_event_bus_takes_are_refused(tmp_path):
    """30, and Reprieve's own are two. AWS does not increase this quota."""
    off = {"REPRIEVE_PATROL__ENABLED": "false"}
    pattern = '{"source":["aws.s3"],"detail":{"a":[{"wildcard":"x*"}]}}'
    assert len(read(tmp_path, GOOD + watches(28, pattern), **off).watch) == 28
    (error,) = errors(tmp_path, GOOD + watches(29, pattern), **off)
    assert (error.key, error.rule) == (
        "watch",
        "are more than 28; EventBridge accepts 30 rules with wildcards, with Reprieve's own",
    )
