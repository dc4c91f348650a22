"""Settings that would exceed AWS's quotas."""

import json
import re

import pytest

from reprieve.settings.hub_quotas import MAX_CHANNEL_HEARTBEATS, MAX_HEARTBEATS
from reprieve.settings.quotas import MAX_HUB_NAMES, MAX_NAMES
from tests.support.settings import GOOD, accepts, errors, read

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
    most = MAX_HUB_NAMES if "hub" in key else MAX_NAMES
    assert (error.key, error.rule) == (
        key,
        f"is more than the {most:,} that fit into the patrol's runbook",
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


CHANNEL = '[[channel]]\nname = "team"\ntype = "email"\naddress = "team@example.com"\n'
WILDCARD = '{"source":["aws.s3"],"detail":{"a":[{"wildcard":"x*"}]}}'


def hub(accounts: int, watches: int = 0, pattern: str = '{"source":["aws.s3"]}', **own: str) -> str:
    """Return the settings of accounts with one hub, and different watches in each.

    `own` are more tables of some accounts, the first of which, `a0`, has the hub.
    """
    toml = GOOD + (
        'topology = "hub"\nhub = { account = "a0", region = "us-east-1", '
        'organization_id = "o-exampleorgid" }\n[reliability]\nalarms = false\n'
        '[regions]\nwatch = ["us-east-1", "eu-west-1"]\n[patrol]\nenabled = false\n'
    )
    for account in range(accounts):
        toml += f'[accounts.a{account}]\nid = "{222200000000 + account}"\n'
        toml += own.get(f"a{account}", "")
        for number in range(watches):
            toml += (
                f'[[accounts.a{account}.watch]]\nname = "watch-{number}"\n'
                f"summary = \"of a{account}\"\npattern = '{pattern}'\n"
            )
    return toml


CHANNEL_AT_HUB = {"a0": CHANNEL.replace("channel", "accounts.a0.channel")}
BUS = "the hub's event bus reprieve-hub-watch"


@pytest.mark.parametrize(
    ("fits", "too_many", "value", "rule"),
    [
        (
            hub(30, 10),
            hub(43, 7),
            "301 different tables",
            f"300, the rules that EventBridge accepts on {BUS}",
        ),
        (
            hub(6, 5, WILDCARD),
            hub(31, 1, WILDCARD),
            "31 different patterns with wildcards",
            f"30, the rules with wildcards that EventBridge accepts on {BUS}",
        ),
        (
            hub(15, 10, **CHANNEL_AT_HUB),
            hub(17, 9, **CHANNEL_AT_HUB),
            "153 different tables",
            f"150: with channels each has two rules, and EventBridge accepts 300 on {BUS}",
        ),
        (
            hub(5, 3, WILDCARD, **CHANNEL_AT_HUB),
            hub(4, 4, WILDCARD, **CHANNEL_AT_HUB),
            "16 different patterns with wildcards",
            "15: with channels each has two rules, and EventBridge accepts 30 with wildcards on "
            f"{BUS}",
        ),
    ],
    ids=["rules", "wildcards", "rules-channels", "wildcards-channels"],
)
def test_the_watches_of_all_accounts_fit_on_the_bus_of_the_hub(
    tmp_path, fits, too_many, value, rule
):
    """Each account by itself has few."""
    assert accepts(tmp_path, fits)
    (error,) = errors(tmp_path, too_many)
    assert (error.key, error.value, error.rule) == (
        "watch",
        f'"{value}"',
        f"of all accounts with the hub in accounts.a0 are more than {rule}",
    )


def test_equal_watches_count_once(tmp_path):
    """Patterns that differ in spaces only are equal."""
    equal = re.sub('"of a[0-9]+"', '"a bucket"', hub(40, 8))
    assert accepts(tmp_path, equal.replace('":[', '": [', 160))


def test_the_watches_of_accounts_with_another_hub_do_not_count(tmp_path):
    """Or without one."""
    regional = '[accounts.a1.notify]\ntopology = "regional"\nhub = {}\n'
    own = '[accounts.a2.notify]\nhub = { region = "us-east-1" }\n'
    assert accepts(tmp_path, hub(43, 7, a1=regional, a2=own))


def test_the_watches_of_the_members_of_stack_sets_count(tmp_path):
    """They are the common ones, and the accounts of the settings may have others."""
    organization = (
        '[organization]\nengine = "stacksets"\norganizational_units = ["ou-abcd-12345678"]\n'
    )
    common = watches(8, WILDCARD).removeprefix("[reliability]\nalarms = false\n")
    toml = hub(3, 8, WILDCARD) + organization + common
    (error,) = errors(tmp_path, toml)
    assert error.value == '"32 different patterns with wildcards"'


@pytest.mark.parametrize(
    ("channel", "most"),
    [("", MAX_HEARTBEATS), (CHANNEL, MAX_CHANNEL_HEARTBEATS)],
    ids=["", "channels"],
)
def test_the_hub_has_a_rule_for_the_heartbeat_of_each_account(tmp_path, channel, most):
    """Besides its own rules."""
    assert accepts(tmp_path, hub(most) + channel)
    (error,) = errors(tmp_path, hub(most + 1) + channel)
    assert (error.key, error.rule) == (
        "notify.hub",
        f"is the hub of {most + 1} accounts: each has a rule for its heartbeats, and EventBridge "
        f"accepts {most} beside Reprieve's own on the event bus reprieve-hub",
    )
