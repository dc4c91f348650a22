"""Files and variables that cannot be read, and unknown keys and variables."""

from pathlib import Path

import pytest

from reprieve.settings.errors import SettingError, SettingsError
from reprieve.settings.loader import load
from reprieve.settings.schema import TABLES
from tests.support.settings import GOOD, errors, read, rules


def test_a_variable_does_not_hide_what_the_file_has_in_a_tables_place(tmp_path):
    """It overrides a key of the table; there is none."""
    found = rules(tmp_path, "notify = 5", REPRIEVE_NOTIFY__EMAILS="a@example.com")
    assert found == [("notify", "is not a table")]


def test_a_variable_that_is_not_utf_8_is_a_fault(tmp_path):
    """Bytes that are no text, as the operating system hands them over, bring no traceback."""
    (tmp_path / "reprieve.toml").write_text(GOOD)
    with pytest.raises(SettingsError) as caught:
        load({"REPRIEVE_REGIONS__WATCH": "\udcff"}, tmp_path)
    (error,) = caught.value.errors
    assert (error.key, error.rule) == ("regions.watch", "is not text in UTF-8")


@pytest.mark.parametrize(
    ("toml", "key", "hint"),
    [
        (GOOD + "topicname = 1", "notify.topicname", "did you mean topic_name?"),
        (GOOD + "enabled = true", "notify.enabled", "it belongs to the table [remediation]"),
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
def test_unknown_keys(tmp_path, toml, key, hint):
    """A key that nothing reads is an error, and the nearest one, or its table, is named."""
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
def test_unknown_variables(tmp_path, variable, hint):
    """A variable with the prefix that nothing reads is an error; its value is not shown."""
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
def test_a_fault_in_a_variable_names_it(tmp_path, variable, text, key, rule):
    """The reader learns which variable to mend."""
    found = errors(tmp_path, **{variable: text})
    assert [(f.key, f.rule, f.origin) for f in found] == [(key, rule, variable)]


def test_no_file_and_no_address(tmp_path):
    """The text says which file was looked for, and both ways out."""
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
def test_a_file_that_is_not_toml(tmp_path, content, rule):
    """The place in the file is named."""
    (tmp_path / "reprieve.toml").write_bytes(content)
    assert rules(tmp_path, None) == [("reprieve.toml", rule)]


@pytest.mark.parametrize("content", ["x = " + "[" * 9999, "x = " + "9" * 9999])
def test_a_file_that_python_gives_up_on(tmp_path, content):
    """Nesting and digits without end are errors, too, and no tracebacks."""
    found = rules(tmp_path, content)
    assert [(key, rule.split(":")[0]) for key, rule in found] == [
        ("reprieve.toml", "cannot be read")
    ]


def test_a_named_file_that_is_missing_or_a_folder(tmp_path):
    """What REPRIEVE_SETTINGS names must be there: reprieve.toml does not stand in for it."""
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


def test_a_file_that_may_not_be_read(tmp_path, monkeypatch):
    """The system's own reason is passed on."""

    def refuse(_path):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "read_bytes", refuse)
    assert rules(tmp_path, None) == [("reprieve.toml", "cannot be read: Permission denied")]


def test_an_unreadable_file_hides_no_unknown_variable(tmp_path):
    """What can be judged without the file is reported with it."""
    found = rules(tmp_path, "=", REPRIEVE_REGION__WATCH="all")
    assert [key for key, _ in found] == ["reprieve.toml", "REPRIEVE_REGION__WATCH"]
