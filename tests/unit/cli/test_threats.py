"""`reprieve threats`, and the help of all commands."""

import json

from reprieve.events.threats import BY_NAME, CATALOGUE
from tests.unit.cli.samples import SETTINGS

WATCH = """
[[watch]]
name = "bucket"
summary = "a bucket was deleted"
pattern = '{"source": ["aws.s3"]}'
"""


def test_threats_lists_each_with_whether_it_is_watched_and_undone(reprieve):
    """In the catalogue's order, then the watches of the settings."""
    result = reprieve("threats", settings=SETTINGS + WATCH)
    assert result.exit_code == 0
    lines = result.output.splitlines()
    assert lines[0].split() == ["THREAT", "SEVERITY", "WATCHED", "REMEDIATED", "WHAT", "IT", "IS"]
    names = [line.split()[0] for line in lines[1:] if not line.startswith(" ")]
    assert names == [*BY_NAME, "watch-bucket"]
    assert lines[1].split()[1:4] == ["critical", "yes", "yes"]
    assert "info      no" in result.output


def test_threats_prints_patterns_when_asked(reprieve):
    """As EventBridge gets them, laid out for people."""
    result = reprieve("threats", "--patterns")
    for threat in CATALOGUE:
        assert json.dumps(threat.event_pattern, indent=2) in result.output


def test_threats_as_json(reprieve):
    """Every event with its pattern."""
    toml = (
        f'{SETTINGS}threats = ["key-deletion-scheduled"]\n[remediation]\nenabled = false\n{WATCH}'
    )
    found = {
        each["name"]: each
        for each in json.loads(reprieve("threats", "--json", settings=toml).output)
    }
    watched = [name for name, each in found.items() if each["watched"]]
    assert watched == ["key-deletion-scheduled", "watch-bucket"]
    assert not any(each["undone"] for each in found.values())
    assert found["watch-bucket"]["pattern"] == {"source": ["aws.s3"]}


def test_help_names_the_commands(reprieve):
    """Each with a sentence."""
    result = reprieve("--help")
    assert result.exit_code == 0
    for command in ("threats", "status", "drill", "sweep", "diff", "policy"):
        assert f"\n  {command} " in result.output
    # No sentence is cut off.
    assert "..." not in result.output.partition("Commands:")[2]
