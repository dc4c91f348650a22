"""The names of the resources: prefix, path of the roles, and what must fit."""

from collections.abc import Sequence
from typing import Any

import pytest

from reprieve.guard.guard import regional_guard, relay_rules
from reprieve.guard.remediation import roles_of
from reprieve.location import Location
from reprieve.names import MAX_PREFIX, Names, is_drill_alias
from reprieve.settings.errors import SettingsError
from reprieve.settings.loader import load

EMAIL = {"REPRIEVE_NOTIFY__EMAILS": "security@example.com"}
LONGEST = "p" * MAX_PREFIX
EVERYTHING = {
    "REPRIEVE_NOTIFY__ENCRYPTION": "own",
    "REPRIEVE_REMEDIATION__ENABLE_DISABLED": "true",
    "REPRIEVE_RELIABILITY__ALARM_EMAILS": "oncall@example.com",
    "REPRIEVE_EXEMPT__KEYS": "1234abcd-12ab-34cd-56ef-1234567890ab",
    "REPRIEVE_REGIONS__WATCH": "eu-west-1,sa-east-1",
}


def errors_of(tmp_path, **settings: str) -> list[tuple[str, str]]:
    """Return key and rule of each error of the settings."""
    with pytest.raises(SettingsError) as raised:
        load(EMAIL | settings, tmp_path)
    return [(error.key, error.rule) for error in raised.value.errors]


@pytest.mark.parametrize("prefix", ["reprieve", "a", "key-guard-2", LONGEST])
def test_a_valid_prefix_begins_every_name(tmp_path, prefix):
    """Of every kind of resource; the tags do not change."""
    settings = load(EMAIL | EVERYTHING | {"REPRIEVE_NAMES__PREFIX": prefix}, tmp_path).only
    guard = regional_guard(settings, Location("aws", "eu-west-1"))
    relayed = relay_rules(settings, Location("aws", "us-east-1"))
    roles = roles_of(settings, Location("aws", "us-east-1"))
    kinds: tuple[Sequence[Any], ...] = (
        guard.topics, [guard.queue], guard.documents, guard.rules, guard.alarms, relayed, roles
    )  # fmt: skip
    names = [each.name for kind in kinds for each in kind]
    assert [name for name in names if not name.startswith(f"{prefix}-")] == []
    assert guard.key
    assert guard.key.alias == f"alias/{prefix}-alerts"
    assert guard.key.tags == {"reprieve:alert-key": "true"}


def test_the_longest_prefix_keeps_every_name_within_its_limit(tmp_path):
    """Those of AWS for rules, roles, queues, documents, and the names of a drill."""
    settings = load(EMAIL | EVERYTHING | {"REPRIEVE_NAMES__PREFIX": LONGEST}, tmp_path).only
    guard = regional_guard(settings, Location("aws", "eu-west-1"))
    relayed = relay_rules(settings, Location("aws", "us-east-1"))
    assert max(len(each.name) for each in (*guard.rules, *relayed)) <= 64
    assert max(len(each.name) for each in roles_of(settings, Location("aws", "eu-west-1"))) <= 64
    assert max(len(each.name) for each in guard.topics) <= 256
    assert max(len(each.name) for each in guard.documents) <= 128
    assert max(len(each.name) for each in guard.alarms) <= 255
    assert max(len(guard.queue.name), len(f"{Names(LONGEST).drill}12345678")) <= 80


@pytest.mark.parametrize(
    ("prefix", "rule"),
    [
        ("Reprieve", "is not lowercase letters"),
        ("key_guard", "is not lowercase letters"),
        ("key-", "is not lowercase letters"),
        ("key--guard", "is not lowercase letters"),
        ("2nd", "is not lowercase letters"),
        ("aws-guard", "begins with aws or amazon or amzn"),
        ("amazon", "begins with aws or amazon or amzn"),
        ("reprieve-blue", "begins with reprieve-"),
        (LONGEST + "p", "has 33 characters, more than 32"),
        ("", "is not lowercase letters"),
    ],
)
def test_an_invalid_prefix_is_an_error(tmp_path, prefix, rule):
    """That says which rule it breaks."""
    ((key, found),) = errors_of(tmp_path, REPRIEVE_NAMES__PREFIX=prefix)
    assert key == "names.prefix"
    assert found.startswith(rule)


@pytest.mark.parametrize("path", ["security", "/security", "security/", "//", "/a b/", "/" * 513])
def test_an_invalid_path_is_an_error(tmp_path, path):
    """IAM would refuse it."""
    ((key, _),) = errors_of(tmp_path, REPRIEVE_NAMES__ROLE_PATH=path)
    assert key == "names.role_path"


def test_amazons_runbook_accepts_no_path(tmp_path):
    """Neither does its sibling's documented pattern."""
    found = errors_of(
        tmp_path, REPRIEVE_NAMES__ROLE_PATH="/security/", REPRIEVE_REMEDIATION__RUNBOOK="aws"
    )
    assert found == [
        (
            "names.role_path",
            'needs the runbook "reprieve": Amazon\'s accepts a role at the path "/" only',
        )
    ]


def test_the_name_of_a_watch_must_fit_after_the_prefix(tmp_path):
    """40 characters fit after the default prefix, and not after a long one."""
    watch = (
        f'[[watch]]\nname = "{"w" * 40}"\nsummary = "s"\npattern = \'{{"source": ["aws.s3"]}}\'\n'
    )
    (tmp_path / "reprieve.toml").write_text(watch)
    load(EMAIL, tmp_path)
    ((key, rule),) = errors_of(tmp_path, REPRIEVE_NAMES__PREFIX="p" * 20)
    assert key == "watch[0].name"
    assert rule == "makes a rule with a name of 67 characters; EventBridge accepts 64"


def test_with_channels_no_watch_has_the_name_of_their_rules(tmp_path):
    """Beside the rule of each watch is one whose name ends with -channels."""
    watch = (
        '[[watch]]\nname = "disk-channels"\nsummary = "s"\npattern = \'{"source": ["aws.s3"]}\'\n'
    )
    channel = '[[channel]]\nname = "team"\ntype = "email"\naddress = "team@example.com"\n'
    (tmp_path / "reprieve.toml").write_text(watch)
    load(EMAIL, tmp_path)
    (tmp_path / "reprieve.toml").write_text(watch + channel)
    assert errors_of(tmp_path) == [
        (
            "watch[0].name",
            "ends with -channels, as the names of the rules that send to the channels do",
        )
    ]


def test_the_topic_follows_the_prefix_unless_it_has_a_name(tmp_path):
    """And it may not have the name of another topic."""
    assert load(EMAIL, tmp_path).only.notify.topic_name == "reprieve-alerts"
    blue = {"REPRIEVE_NAMES__PREFIX": "blue"}
    assert load(EMAIL | blue, tmp_path).only.notify.topic_name == "blue-alerts"
    named = {"REPRIEVE_NOTIFY__TOPIC_NAME": "keys"}
    assert load(EMAIL | blue | named, tmp_path).only.notify.topic_name == "keys"
    for other in ("blue-alarms", "reprieve-alerts"):
        ((key, _),) = errors_of(tmp_path, **blue, REPRIEVE_NOTIFY__TOPIC_NAME=other)
        assert key == "notify.topic_name"


def test_roles_are_at_the_path(tmp_path):
    """Their ARNs have it wherever they are named."""
    settings = load(EMAIL | {"REPRIEVE_NAMES__ROLE_PATH": "/security/keys/"}, tmp_path).only
    location = Location("aws", "us-east-1", "111122223333")
    arns = {role.arn for role in roles_of(settings, location)}
    assert "arn:aws:iam::111122223333:role/security/keys/reprieve-patrol" in arns
    guard = regional_guard(settings, location)
    used = {target.role_arn for rule in guard.rules for target in rule.targets if target.role_arn}
    assert used == {"arn:aws:iam::111122223333:role/security/keys/reprieve-eventbridge"}


def test_the_aliases_of_drills_are_recognised_by_their_form():
    """Those of every deployment in the account."""
    assert is_drill_alias("alias/reprieve-drill-0123abcd")
    assert is_drill_alias("alias/blue-drill-0123abcd")
    assert not is_drill_alias("alias/orders")
