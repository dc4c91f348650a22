"""Files and variables that cannot be read, and unknown keys and variables."""

from pathlib import Path

import pytest

from reprieve.settings.errors import SettingError, SettingsError
from reprieve.settings.loader import load
from reprieve.settings.schema import TABLES
from tests.support.settings import GOOD, errors, read, rules


def test_a_variable_does_not_hide_an_invalid_table(tmp_path):
    """It overrides a key of a table, and there is no table."""
    found = rules(tmp_path, "notify = 5", REPRIEVE_NOTIFY__EMAILS="a@example.com")
    assert found == [("notify", "is not a table")]


def test_a_variable_that_is_not_utf_8_is_refused(tmp_path):
    """The operating system passes such bytes on."""
    (tmp_path / "reprieve.toml").write_text(GOOD)
    with pytest.raises(SettingsError) as caught:
        load({"REPRIEVE_REGIONS__WATCH": "\udcff"}, tmp_path)
    (error,) = caught.value.errors
    assert (error.key, error.rule) == ("regions.watch", "is not text in UTF-8")


@pytest.mark.parametrize(
    ("toml", "key", "hint"),
    [
        (GOOD + "topicname = 1", "notify.topicname", "did you mean topic_name?"),
        (GOOD + "runbook = 1", "notify.runbook", "it belongs to the table [remediation]"),
        (
            GOOD + "enabled = true",
            "notify.enabled",
            "it belongs to the table [remediation] or [patrol]",
        ),
        (GOOD + "zzz = 1", "notify.zzz", f"[notify] has {', '.join(TABLES['notify'])}"),
        (GOOD + "[remediaton]", "remediaton", "did you mean the table [remediation]?"),
        ("exclude = 1\n" + GOOD, "exclude", "it belongs to the table [regions]"),
        ("excldue = 1\n" + GOOD, "excldue", "did you mean exclude in the table [regions]?"),
        (
            GOOD + "[zzz]",
            "zzz",
            f"the tables are {', '.join(f'[{name}]' for name in TABLES)}",
        ),
    ],
)
def test_the_hint_for_an_unknown_key_names_the_nearest_key_or_its_table(tmp_path, toml, key, hint):
    """A misspelt key, and a key in the wrong table."""
    assert [(f.key, f.rule, f.hint) for f in errors(tmp_path, toml)] == [
        (key, "is not a setting", hint)
    ]


@pytest.mark.parametrize(
    ("variable", "hint"),
    [
        ("REPRIEVE_REGION__WATCH", "did you mean REPRIEVE_REGIONS__WATCH?"),
        ("REPRIEVE_NOTIFY_EMAILS", "did you mean REPRIEVE_NOTIFY__EMAILS?"),
        ("reprieve_notify__emails", "did you mean REPRIEVE_NOTIFY__EMAILS?"),
        ("REPRIEVE_SETTING", "did you mean REPRIEVE_SETTINGS?"),
        ("REPRIEVE_Q", "write REPRIEVE_<TABLE>__<KEY>"),
    ],
)
def test_an_unknown_variable_is_refused_without_its_value(tmp_path, variable, hint):
    """The value may be a secret."""
    rule = "is not the variable of any setting"
    assert errors(tmp_path, **{variable: "hush"}) == (SettingError(variable, rule, hint),)


@pytest.mark.parametrize(
    ("variable", "text", "key", "rule"),
    [
        ("REPRIEVE_NOTIFY__EMAILS", '["a@example.com"', "notify.emails", "is not a list"),
        ("REPRIEVE_NOTIFY__EMAILS", "", "notify.emails", "is an empty list"),
        ("REPRIEVE_NOTIFY__EMAILS", "[5]", "notify.emails[0]", "is not text"),
        ("REPRIEVE_NOTIFY__EMAILS", "[" * 9999, "notify.emails", "is not a list"),
        (
            "REPRIEVE_REMEDIATION__ENABLED",
            "yes",
            "remediation.enabled",
            "is neither true nor false",
        ),
        ("REPRIEVE_REMEDIATION__ENABLED", "", "remediation.enabled", "is neither true nor false"),
        (
            "REPRIEVE_REGIONS__WATCH",
            "",
            "regions.watch",
            'is not "default", "all" or a list of Regions',
        ),
    ],
)
def test_an_error_in_a_variable_names_the_variable(tmp_path, variable, text, key, rule):
    """As the origin of the value."""
    found = errors(tmp_path, **{variable: text})
    assert [(f.key, f.rule, f.origin) for f in found] == [(key, rule, variable)]


def test_without_a_file_the_report_names_the_missing_file(tmp_path):
    """It shows both ways to set the address."""
    with pytest.raises(SettingsError) as caught:
        read(tmp_path, None)
    assert str(caught.value) == (
        f"{tmp_path}/reprieve.toml (no such file) has 1 error:\n"
        "\n"
        "  notify.emails\n"
        "      is required\n"
        '      → write emails = ["security@example.com"] under [notify], '
        "or set REPRIEVE_NOTIFY__EMAILS"
    )


@pytest.mark.parametrize(
    ("content", "rule"),
    [
        (
            b"[notify]\nemails = security@example.com\n",
            "is not TOML: Invalid value (at line 2, column 10): emails = security@example.com",
        ),
        (
            b"[notify",
            "is not TOML: Expected ']' at the end of a table declaration (at end of document)",
        ),
        (b"[notify]\n# \xff\n", "is not UTF-8: see line 2"),
    ],
)
def test_a_file_that_is_not_toml_is_refused_with_the_line(tmp_path, content, rule):
    """The error quotes the line."""
    (tmp_path / "reprieve.toml").write_bytes(content)
    assert rules(tmp_path, None) == [("reprieve.toml", rule)]


@pytest.mark.parametrize("content", ["x = " + "[" * 9999, "x = " + "9" * 9999])
def test_a_file_that_python_cannot_parse_is_refused(tmp_path, content):
    """Deep nesting and long integers lead to an error, not to a traceback."""
    found = rules(tmp_path, content)
    assert [(key, rule.split(":")[0]) for key, rule in found] == [
        ("reprieve.toml", "cannot be read")
    ]


def test_a_named_file_must_exist(tmp_path):
    """reprieve.toml does not replace the file that REPRIEVE_SETTINGS names."""
    assert errors(tmp_path, REPRIEVE_SETTINGS="prod.toml") == (
        SettingError(
            "REPRIEVE_SETTINGS",
            "names a file that does not exist",
            "name another file, or unset the variable",
            '"prod.toml"',
        ),
    )
    assert rules(tmp_path, REPRIEVE_SETTINGS=".") == [
        ("REPRIEVE_SETTINGS", "cannot be read: Is a directory")
    ]


def test_an_unreadable_file_is_refused_with_the_systems_reason(tmp_path, monkeypatch):
    """For example, the user has no permission."""

    def refuse(_path):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "read_bytes", refuse)
    assert rules(tmp_path, None) == [("reprieve.toml", "cannot be read: Permission denied")]


def test_an_unreadable_file_does_not_hide_an_unknown_variable(tmp_path):
    """Both errors are reported."""
    found = rules(tmp_path, "=", REPRIEVE_REGION__WATCH="all")
    assert [key for key, _ in found] == ["reprieve.toml", "REPRIEVE_REGION__WATCH"]
