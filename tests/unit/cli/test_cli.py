"""The command line: what it prints, and how it ends."""

import json

import pytest
from typer.testing import CliRunner

from reprieve.cli.main import app
from reprieve.events.threats import BY_NAME, CATALOGUE

SETTINGS = '[notify]\nemails = ["security@example.com"]\n'
WATCH = """
[[watch]]
name = "bucket"
summary = "a bucket was deleted"
pattern = '{"source": ["aws.s3"]}'
"""


@pytest.fixture
def reprieve(tmp_path, monkeypatch):
    """Return what runs the command in a directory with these settings."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str, settings: str = SETTINGS):
        (tmp_path / "reprieve.toml").write_text(settings)
        return CliRunner().invoke(app, list(arguments), env={"COLUMNS": "120"})

    return run


def test_threats_lists_each_with_whether_it_is_watched_and_undone(reprieve):
    """In the catalogue's order, the user's watches behind it."""
    result = reprieve("threats", settings=SETTINGS + WATCH)
    assert 0 == result.exit_code
    lines = result.output.splitlines()
    assert lines[0].split() == ["THREAT", "SEVERITY", "WATCHED", "UNDONE", "WHAT", "IT", "IS"]
    names = [line.split()[0] for line in lines[1:] if not line.startswith(" ")]
    assert [*BY_NAME, "watch-bucket"] == names
    assert ["critical", "yes", "yes"] == lines[1].split()[1:4]
    assert "medium    no" in result.output


def test_threats_prints_patterns_when_asked(reprieve):
    """As EventBridge gets them, laid out for people."""
    result = reprieve("threats", "--patterns")
    for threat in CATALOGUE:
        assert json.dumps(threat.event_pattern, indent=2) in result.output


def test_threats_as_json(reprieve):
    """What a program needs: the same, and always the patterns."""
    toml = (
        f'{SETTINGS}threats = ["key-deletion-scheduled"]\n[remediation]\nenabled = false\n{WATCH}'
    )
    found = {
        each["name"]: each
        for each in json.loads(reprieve("threats", "--json", settings=toml).output)
    }
    assert ["key-deletion-scheduled", "watch-bucket"] == [
        n for n, e in found.items() if e["watched"]
    ]
    assert not any(each["undone"] for each in found.values())
    assert {"source": ["aws.s3"]} == found["watch-bucket"]["pattern"]


def test_settings_at_fault_are_reported_and_end_with_2(reprieve):
    """All of them, no traceback, nothing on standard output."""
    result = reprieve("threats", settings='[notify]\nemails = ["x"]\ntopic = "y"\n')
    assert 2 == result.exit_code
    assert "reprieve.toml has 2 errors:" == result.stderr.splitlines()[0]
    assert "" == result.stdout


def test_wrong_use_ends_with_2(reprieve):
    """An option that there is not."""
    assert 2 == reprieve("threats", "--pattern").exit_code
    assert 2 == reprieve("treats").exit_code


def test_help_names_the_commands(reprieve):
    """With a sentence on each."""
    result = reprieve("--help")
    assert 0 == result.exit_code
    for command in ("threats", "status", "drill", "sweep", "diff", "policy"):
        assert f"\n  {command} " in result.output
    # None of the sentences is cut off.
    assert "..." not in result.output.partition("Commands:")[2]
