"""The watches, `[[watch]]`."""

import json
import re

import pytest

from reprieve.settings.sources import EXAMPLE_FILE
from tests.support.settings import GOOD, ROOT, errors, read


def test_the_pattern_of_a_watch_is_stored_without_spaces(tmp_path):
    """EventBridge counts every character."""
    toml = GOOD + watch(pattern='{ "source": [ "aws.s3", {"prefix": "aws.ec"} ] }')
    (found,) = read(tmp_path, toml).watch
    assert found.pattern == '{"source":["aws.s3",{"prefix":"aws.ec"}]}'


def test_the_example_watches_are_valid(tmp_path):
    """Those in docs/threats.md, and the one in the example without its comment signs."""
    page = (ROOT / "docs/threats.md").read_text(encoding="utf-8")
    examples = re.findall(r"```toml\n(.*?)```", page, re.DOTALL)
    assert len(examples) == 2
    found = read(tmp_path, GOOD + "\n".join(examples)).watch
    assert [each.name for each in found] == ["grant-revoked", "hsm-cluster-deleted"]
    commented = (ROOT / EXAMPLE_FILE).read_text(encoding="utf-8").partition("# [[watch]]")
    (found,) = read(tmp_path, GOOD + (commented[1] + commented[2]).replace("# ", "")).watch
    assert found.name == "grant-revoked"


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
def test_an_invalid_watch_is_refused(tmp_path, keys, key, rule):
    """The error names the watch and the rule."""
    (error,) = errors(tmp_path, GOOD + watch() + watch(**{"name": "second"} | keys))
    assert error.key == f"watch[1].{key}"
    assert error.rule.startswith(rule)


def test_errors_of_watches_are_reported_watch_by_watch(tmp_path):
    """A missing key, an unknown key, and a name that is already used."""
    toml = (
        '[[watch]]\nname = "a"\nsummary = "b"\n' + watch(name="b", colour="red") + watch(name="b")
    )
    assert [(error.key, error.rule) for error in errors(tmp_path, GOOD + toml)] == [
        ("watch[0].pattern", "is required"),
        ("watch[1].colour", "is not a setting"),
        ("watch[2].name", "is the same as watch[1].name"),
    ]


def test_the_hint_for_regions_written_as_watches_names_the_right_key(tmp_path):
    """Both settings are called watch."""
    (error,) = errors(tmp_path, 'watch = ["eu-west-1"]\n' + GOOD)
    assert "watch" in error.key
    assert "regions.watch" in error.hint


def test_more_watches_than_an_alarm_can_sum_up_are_refused(tmp_path):
    """With the number. Without alarms they are accepted."""
    toml = GOOD + "".join(watch(name=f"watch-{number}") for number in range(11))
    (error,) = errors(tmp_path, toml)
    assert (error.key, error.value.strip('"').split()[0]) == ("watch", "11")
    assert "more than the 10" in error.rule
    assert len(read(tmp_path, toml, REPRIEVE_RELIABILITY__ALARMS="false").watch) == 11


def watch(**keys: str) -> str:
    """Return a `[[watch]]` with these keys overridden."""
    keys = {"name": "first", "summary": "a bucket", "pattern": '{"source": ["aws.s3"]}'} | keys
    return "\n[[watch]]\n" + "".join(f"{key} = {json.dumps(text)}\n" for key, text in keys.items())
