"""Files and variables that cannot be read, and unknown keys and variables."""

from pathlib import Path

import pytest

from reprieve.settings.errors import SettingError, SettingsError
from reprieve.settings.schema import TABLES
from reprieve.settings.sources import EXAMPLE_FILE
from tests.support.settings import GOOD, errors, load_one, read, rules


def test_a_variable_does_not_hide_an_invalid_table(tmp_path):
    """It overrides a key of a table, and there is no table."""
    found = rules(tmp_path, "notify = 5", REPRIEVE_NOTIFY__EMAILS="a@example.com")
    assert found == [("notify", "is not a table")]


def test_a_variable_that_is_not_utf_8_is_refused(tmp_path):
    """The operating system passes such bytes on."""
    (tmp_path / "reprieve.toml").write_text(GOOD)
    with pytest.raises(SettingsError) as caught:
        load_one({"REPRIEVE_REGIONS__WATCH": "\udcff"}, tmp_path)
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


def test_without_a_file_the_missing_file_is_the_error(tmp_path):
    """And not each thing that it would have: one sentence, and what to do."""
    with pytest.raises(SettingsError) as caught:
        read(tmp_path, None)
    assert caught.value.report == (
        "There is no reprieve.toml in this directory.\n"
        "→ Change to Reprieve's directory, or name the file: --settings FILE, or "
        "REPRIEVE_SETTINGS."
    )
    (tmp_path / EXAMPLE_FILE).touch()
    hint = f"run `reprieve init`, or copy {EXAMPLE_FILE} to reprieve.toml and edit it"
    assert errors(tmp_path, None) == (
        SettingError("reprieve.toml", "does not exist in this directory", hint),
    )


def test_a_missing_file_does_not_hide_errors_of_the_environment(tmp_path):
    """All of them are reported at once."""
    variables = {"REPRIEVE_REGIONS__WATCH": "eu-wst-1,us-east-1", "REPRIEVE_TOPIC": "x"}
    found = errors(tmp_path, None, **variables)
    assert [each.key for each in found] == ["reprieve.toml", "regions.watch[0]", "REPRIEVE_TOPIC"]


def test_without_a_file_the_environment_is_enough(tmp_path):
    """As in CI."""
    assert read(tmp_path, None, REPRIEVE_NOTIFY__EMAILS="security@example.com")


@pytest.mark.parametrize(
    ("content", "line", "hint"),
    [
        ("[notify]\n[notify]\n", 2, "write each table once, with all of its keys below it"),
        ("[state]\nkey = 'a'\nkey = 'b'\n", 3, "write each key once"),
        ("[state]\nkey\n", 2, "write KEY = VALUE on each line, such as enabled = true"),
        ("[state\n", 1, "write the name of a table in brackets, as in [notify]"),
        ('[state]\nkey = "a\n', 2, "close the text with a quotation mark"),
    ],
)
def test_the_hint_is_about_the_error_in_the_toml(tmp_path, content, line, hint):
    """A table that is written twice has nothing to do with quotation marks."""
    (found,) = errors(tmp_path, content)
    assert found.hint == hint
    assert f"(at line {line}, " in found.rule


def test_an_empty_variable_names_no_file(tmp_path):
    """It would be the directory itself."""
    assert errors(tmp_path, REPRIEVE_SETTINGS="") == (
        SettingError("REPRIEVE_SETTINGS", "is empty", "name a file, or unset the variable", '""'),
    )


def test_a_number_of_thousands_of_digits_has_a_hint_of_its_own(tmp_path):
    """Python's own message tells how to change Python. An exponent of ten digits is just wrong."""
    digits = f"[reliability]\nstorm_threshold = {'9' * 6000}\n"
    (found,) = errors(tmp_path, digits)
    assert (found.rule, found.hint) == (
        "cannot be read: a number in it has thousands of digits",
        "write a smaller number",
    )
    for text in ("9" * 12, "-5"):
        (found,) = errors(tmp_path, REPRIEVE_RELIABILITY__STORM_THRESHOLD=text)
        assert (found.value, found.rule) == (text, "is not 1 to 10,000")


def test_an_error_in_a_named_file_is_the_files(tmp_path):
    """The variable is right; the key of the error is the file."""
    (tmp_path / "prod.toml").write_text("=")
    (found,) = errors(tmp_path, REPRIEVE_SETTINGS="prod.toml")
    assert (found.key, found.value) == ("prod.toml", None)


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
