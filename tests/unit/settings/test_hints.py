"""Hints that lead to the right value: several values in one text, duplicates, and origins."""

import pytest

from tests.support.settings import GOOD, ROLE, errors, rules

KEYS = [f"1234abcd-12ab-34cd-56ef-12345678900{digit}" for digit in "ab"]


@pytest.mark.parametrize(
    ("toml", "key", "values"),
    [
        ("notify.emails", "notify.emails[0]", ["a@example.com", "b@example.com"]),
        ("regions.watch", "regions.watch[0]", ["eu-west-1", "us-east-1"]),
        ("regions.exclude", "regions.exclude[0]", ["eu-west-1", "us-east-1"]),
        ("notify.threats", "notify.threats[0]", ["key-deletion-scheduled", "key-gone"]),
        ("exempt.principals", "exempt.principals[0]", [ROLE, f"{ROLE}2"]),
        ("exempt.keys", "exempt.keys[0]", KEYS),
    ],
)
@pytest.mark.parametrize("separator", [", ", "; ", " ", ","])
def test_several_values_in_one_text_are_to_be_a_list(tmp_path, toml, key, values, separator):
    """The hint is the list to write."""
    good = "" if toml == "notify.emails" else 'notify.emails = ["security@example.com"]\n'
    found = errors(tmp_path, f'{good}{toml} = ["{separator.join(values)}"]')
    assert [(each.key, each.rule) for each in found] == [(key, "has 2 values in one text")]
    quoted = ", ".join(f'"{value}"' for value in values)
    assert found[0].hint == f"write a list, each value in its own quotation marks: [{quoted}]"


def test_a_text_for_a_list_is_taken_apart_in_the_hint(tmp_path):
    """Otherwise the hint leads to the next error."""
    (found,) = errors(tmp_path, 'notify.emails = "a@example.com, b@example.com"')
    assert found.hint == 'write ["a@example.com", "b@example.com"]'
    (found,) = errors(tmp_path, f'{GOOD}[regions]\nwatch = "eu-west-1, us-east-1"')
    assert found.hint == 'write ["eu-west-1", "us-east-1"]'


def test_a_text_with_one_right_value_is_no_list(tmp_path):
    """The others may be a comment."""
    assert rules(tmp_path, '[notify]\nemails = ["a@example.com and others"]') == [
        ("notify.emails[0]", "is not an e-mail address")
    ]


def test_a_value_that_is_there_in_other_letters_is_to_be_removed(tmp_path):
    """To correct it would be the next error."""
    found = errors(tmp_path, f'{GOOD}[regions]\nwatch = ["eu-west-1", "EU-WEST-1"]')
    assert [(each.key, each.rule, each.hint) for each in found] == [
        ("regions.watch[1]", "is the same as regions.watch[0]", "remove one of the two")
    ]
    (found,) = errors(tmp_path, f'{GOOD}[regions]\nwatch = ["EU-WEST-1"]')
    assert found.hint == 'did you mean "eu-west-1"?'


def test_an_error_because_of_a_variable_names_it(tmp_path):
    """The value in the file is right without it."""
    toml = f"{GOOD}[remediation]\nre_enable = true\n"
    (found,) = errors(
        tmp_path, toml, REPRIEVE_REMEDIATION__ENABLED="false", REPRIEVE_PATROL__EVERY="1 day"
    )
    assert found.key == "remediation.re_enable"
    assert found.origin == "reprieve.toml with REPRIEVE_REMEDIATION__ENABLED"


def test_an_error_of_a_whole_table_names_the_variable(tmp_path):
    """A pattern that is too long has no place of its own."""
    roles = ",".join(f"{ROLE}{number:050}" for number in range(40))
    (found,) = errors(tmp_path, GOOD, REPRIEVE_EXEMPT__PRINCIPALS=roles)
    assert found.key == "exempt"
    assert found.origin == "reprieve.toml with REPRIEVE_EXEMPT__PRINCIPALS"


def test_a_missing_key_names_the_variable_that_requires_it(tmp_path):
    """With a file and without one."""
    variables = {"REPRIEVE_STATE__BACKEND": "s3", "REPRIEVE_STATE__REGION": "eu-west-1"}
    (found,) = errors(tmp_path, None, REPRIEVE_NOTIFY__EMAILS="security@example.com", **variables)
    assert (found.key, found.origin) == ("state.bucket", "REPRIEVE_STATE__BACKEND")
    (found,) = errors(tmp_path, GOOD, **variables)
    assert (found.key, found.origin) == (
        "state.bucket",
        "reprieve.toml with REPRIEVE_STATE__BACKEND",
    )


def test_an_error_of_the_file_is_the_files(tmp_path):
    """Variables that have nothing to do with it are not named."""
    (found,) = errors(
        tmp_path, f"{GOOD}topic_name = 'a b'\n", REPRIEVE_REMEDIATION__ENABLED="false"
    )
    assert found.origin == "reprieve.toml"
