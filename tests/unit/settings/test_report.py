"""The report of all errors."""

import pytest

from reprieve.settings.errors import SettingsError
from tests.support.settings import GOOD, ROOT, errors, read

MANY = """\
[notify]
emial = ["security@example.com"]

[remediation]
enabled = "true"

[regions]
watch = ["eu-west-1", "eu-wst-1", "us-gov-west-1", "eu-west-1"]
"""


def test_all_faults_at_once_in_the_order_of_the_settings(tmp_path):
    """One run tells it all: single values, lists, tables, and what contradicts what."""
    environ = {"REPRIEVE_REGION__HOME": "x", "REPRIEVE_NOTIFY__TOPIC_NAME": "keys.fifo"}
    assert [f.key for f in errors(tmp_path, MANY, **environ)] == [
        "notify.emails",
        "notify.topic_name",
        "notify.emial",
        "remediation.enabled",
        "regions.watch[1]",
        "regions.watch[2]",
        "regions.watch[3]",
        "REPRIEVE_REGION__HOME",
    ]


def test_the_text_names_each_origin_only_if_they_differ(tmp_path):
    """With one origin the first line says it; with several, each error does."""
    toml = GOOD.replace("@", "")
    with pytest.raises(SettingsError) as one:
        read(tmp_path, toml)
    with pytest.raises(SettingsError) as two:
        read(tmp_path, toml, REPRIEVE_NOTIFY__TOPIC_NAME="a b")
    address = '  notify.emails[0] = "securityexample.com"'
    assert str(one.value).splitlines()[:3] == ["reprieve.toml has 1 error:", "", address]
    assert str(two.value).splitlines()[:3] == [
        "The settings have 2 errors:",
        "",
        f"{address}  ← reprieve.toml",
    ]


def test_the_example_in_the_reference_is_real(tmp_path):
    """The error that docs/settings.md shows is what `load` says to the file it shows."""
    text = (ROOT / "docs/settings.md").read_text(encoding="utf-8")
    blocks = text.split("```")
    toml = next(b.removeprefix("toml\n") for b in blocks if b.startswith("toml\n"))
    said = next(b.removeprefix("text\n") for b in blocks if b.startswith("text\n"))
    with pytest.raises(SettingsError) as caught:
        read(tmp_path, toml, REPRIEVE_NOTIFY__TOPIC_NAME="keys.fifo")
    assert str(caught.value) == said.rstrip()


def test_nothing_in_the_text_drives_a_terminal(tmp_path):
    """Control characters of a value or a key are shown, not obeyed."""
    with pytest.raises(SettingsError) as caught:
        read(tmp_path, GOOD + '"\\u001b[2J" = "\\u202e"\n')
    assert all(char.isprintable() or char == "\n" for char in str(caught.value))
