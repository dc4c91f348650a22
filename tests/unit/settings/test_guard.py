"""Settings of the guard: watches, threats, encryption, and what does not go together."""

import json
import re

import pytest

from tests.support.settings import GOOD, ROOT, errors, read

KEY = "1234abcd-12ab-34cd-56ef-1234567890ab"


def test_a_watch_is_kept_as_eventbridge_counts_it(tmp_path):
    """Without the spaces and lines that people write for themselves."""
    toml = GOOD + watch(pattern='{ "source": [ "aws.s3", {"prefix": "aws.ec"} ] }')
    (found,) = read(tmp_path, toml).watch
    assert found.pattern == '{"source":["aws.s3",{"prefix":"aws.ec"}]}'


def test_the_examples_of_the_docs_are_watches(tmp_path):
    """Both of them, as they stand there, and the one in the file, its marks taken out."""
    page = (ROOT / "docs/threats.md").read_text(encoding="utf-8")
    examples = re.findall(r"```toml\n(.*?)```", page, re.DOTALL)
    assert len(examples) == 2
    found = read(tmp_path, GOOD + "\n".join(examples)).watch
    assert [each.name for each in found] == ["trail-changed", "guard-changed"]
    commented = (ROOT / "reprieve.toml").read_text(encoding="utf-8").partition("# [[watch]]")
    (found,) = read(tmp_path, GOOD + (commented[1] + commented[2]).replace("# ", "")).watch
    assert found.name == "trail-changed"


@pytest.mark.parametrize(
    ("keys", "key", "rule"),
    [
        ({"name": "Trail"}, "name", "is not 1 to 40 lowercase letters"),
        ({"name": "-trail"}, "name", "is not 1 to 40 lowercase letters"),
        ({"name": "t" * 41}, "name", "is not 1 to 40 lowercase letters"),
        ({"summary": "s" * 201}, "summary", "has 201 characters, not 1 to 200"),
        ({"summary": ""}, "summary", "has 0 characters, not 1 to 200"),
        ({"summary": "a <key>"}, "summary", "contains < or >"),
        ({"pattern": "{"}, "pattern", "is not an event pattern: The event pattern is not valid"),
        (
            {"pattern": '{"source": ["aws.s3"], "detail": {"a": [{"sufix": "x"}]}}'},
            "pattern",
            "is not an event pattern: detail.a: 'sufix' is not an operator",
        ),
        (
            {"pattern": json.dumps({"source": ["aws.s3"], "detail": {"a": ["x" * 2048]}})},
            "pattern",
            "is not an event pattern: The event pattern has 2,",
        ),
        (
            {"pattern": '{"detail": {"a": ["b"]}}'},
            "pattern",
            'does not limit "source"',
        ),
        (
            {"pattern": '{"source": ["aws.s3", "my.app"]}'},
            "pattern",
            'does not limit "source"',
        ),
        (
            {"pattern": '{"source": [{"prefix": "aws"}]}'},
            "pattern",
            'does not limit "source"',
        ),
    ],
)
def test_watches_that_are_refused(tmp_path, keys, key, rule):
    """Each with its place, and the rule it breaks."""
    (error,) = errors(tmp_path, GOOD + watch() + watch(**{"name": "second"} | keys))
    assert error.key == f"watch[1].{key}"
    assert error.rule.startswith(rule)


def test_faults_of_watches_come_watch_by_watch(tmp_path):
    """A key that is missing, one that is unknown, and a name that was taken."""
    toml = (
        '[[watch]]\nname = "a"\nsummary = "b"\n' + watch(name="b", colour="red") + watch(name="b")
    )
    assert [(error.key, error.rule) for error in errors(tmp_path, GOOD + toml)] == [
        ("watch[0].pattern", "is required"),
        ("watch[1].colour", "is not a setting"),
        ("watch[2].name", "is the same as watch[1].name"),
    ]


def test_regions_written_as_watches(tmp_path):
    """The two things called watch are told apart."""
    (error,) = errors(tmp_path, 'watch = ["eu-west-1"]\n' + GOOD)
    assert "watch" in error.key
    assert "regions.watch" in error.hint


def test_more_watches_than_an_alarm_can_sum_up(tmp_path):
    """Refused with the number; without alarms they are welcome."""
    toml = GOOD + "".join(watch(name=f"watch-{number}") for number in range(11))
    (error,) = errors(tmp_path, toml)
    assert (error.key, error.value.strip('"').split()[0]) == ("watch", "11")
    assert "more than the 10" in error.rule
    assert len(read(tmp_path, toml, REPRIEVE_RELIABILITY__ALARMS="false").watch) == 11


ALERT_KEY = f"arn:aws:kms:eu-west-1:111122223333:key/{KEY}"


@pytest.mark.parametrize(
    ("encryption", "key", "rule"),
    [
        ("alias/aws/sns", "notify.encryption", "is an AWS managed key"),
        (
            "arn:aws:kms:eu-west-1:111122223333:alias/aws/sns",
            "notify.encryption[0]",
            "is an AWS managed key",
        ),
        ("mine", "notify.encryption", 'is not "none", "own" or a list of key ARNs'),
        (f'["{KEY}"]', "notify.encryption[0]", "is the id of a key"),
        ('["own"]', "notify.encryption[0]", "applies to every Region"),
        (
            f"{ALERT_KEY},{ALERT_KEY.replace('eu-west-1', 'sa-east-1')}",
            "notify.encryption[1]",
            "is in sa-east-1, which is not watched",
        ),
        (
            f"{ALERT_KEY},{ALERT_KEY.replace('1234abcd', 'abcd1234')}",
            "notify.encryption[1]",
            "is the second key in eu-west-1",
        ),
        (
            ALERT_KEY.replace("arn:aws", "arn:aws-cn"),
            "notify.encryption[0]",
            "is in the partition aws-cn",
        ),
    ],
)
def test_keys_that_cannot_encrypt_alerts(tmp_path, encryption, key, rule):
    """Found out here, and not when no alert arrives."""
    found = errors(
        tmp_path,
        GOOD,
        REPRIEVE_NOTIFY__ENCRYPTION=encryption,
        REPRIEVE_REGIONS__WATCH="eu-west-1",
    )
    assert found[0].key == key
    assert found[0].rule.startswith(rule)


def test_every_watched_region_needs_its_key(tmp_path):
    """The missing ones are named."""
    (error,) = errors(
        tmp_path,
        GOOD,
        REPRIEVE_NOTIFY__ENCRYPTION=ALERT_KEY,
        REPRIEVE_REGIONS__WATCH="eu-west-1,us-east-1",
    )
    assert (error.key, error.rule) == ("notify.encryption", "has no key in us-east-1")


@pytest.mark.parametrize(
    ("variables", "key", "rule"),
    [
        (
            {"NOTIFY__THREATS": "key-gone"},
            "notify.threats",
            'does not include "key-deletion-scheduled"',
        ),
        ({"NOTIFY__THREATS": ""}, "notify.threats", "is an empty list"),
        ({"NOTIFY__THREATS": "key-deletion"}, "notify.threats[0]", "is not a threat that"),
        (
            {"REMEDIATION__RE_ENABLE": "true", "REMEDIATION__RUNBOOK": "aws"},
            "remediation.re_enable",
            "needs a runbook that can enable keys",
        ),
        (
            {"REMEDIATION__RE_ENABLE": "true", "REMEDIATION__ENABLED": "false"},
            "remediation.re_enable",
            "needs remediation, which is off",
        ),
        (
            {
                "REMEDIATION__ENABLE_DISABLED": "true",
                "NOTIFY__THREATS": "key-deletion-scheduled,key-gone",
            },
            "remediation.enable_disabled",
            'needs "key-disabled" in notify.threats',
        ),
        (
            {"NOTIFY__TOPIC_NAME": "reprieve-lifeline", "NOTIFY__ENCRYPTION": "own"},
            "notify.topic_name",
            "is the name of the topic that warns",
        ),
    ],
)
def test_settings_that_do_not_go_together(tmp_path, variables, key, rule):
    """Each with the setting that asks for what the others forbid."""
    variables = {f"REPRIEVE_{name}": text for name, text in variables.items()}
    (error,) = errors(tmp_path, GOOD, **variables)
    assert (error.key, error.rule.startswith(rule)) == (key, True)


def test_threats_may_leave_the_deletion_out_where_nothing_is_taken_back(tmp_path):
    """A near miss of the rule that remediation needs its threat."""
    settings = read(
        tmp_path, REPRIEVE_NOTIFY__THREATS="key-gone", REPRIEVE_REMEDIATION__ENABLED="false"
    )
    assert settings.notify.threats == ("key-gone",)


def watch(**keys: str) -> str:
    """Return a `[[watch]]`, its keys overridden."""
    keys = {"name": "first", "summary": "a bucket", "pattern": '{"source": ["aws.s3"]}'} | keys
    return "\n[[watch]]\n" + "".join(f"{key} = {json.dumps(text)}\n" for key, text in keys.items())
