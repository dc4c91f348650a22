"""Exemptions with an end date, and by tags, in the settings."""

from datetime import date

import pytest

from reprieve.guard.conditions import conditions_of
from reprieve.guard.guard import regional_guard
from reprieve.location import Location
from reprieve.settings.errors import SettingsError
from reprieve.settings.exemption import ended
from reprieve.settings.loader import load
from tests.support.settings import GOOD, errors

EMAIL = {"REPRIEVE_NOTIFY__EMAILS": "security@example.com"}
ROLE = "arn:aws:iam::111122223333:role/team/Migration"
KEY = "1234abcd-12ab-34cd-56ef-1234567890ab"
ENTRIES = f"""
[exempt]
tags = {{ "reprieve:exempt" = "true" }}

[[exemption]]
until = 2027-01-31
principal = "{ROLE}"
reason = "The orders move."

[[exemption]]
until = 2026-12-31
key = "{KEY}"

[[exemption]]
until = 2027-06-30
tags = {{ "old" = "yes" }}
"""


def settings(tmp_path, text: str, **variables: str):
    """Return the settings of a file."""
    (tmp_path / "reprieve.toml").write_text(text)
    return load(EMAIL | variables, tmp_path).only


def errors_of(tmp_path, text: str, **variables: str) -> list[tuple[str, str]]:
    """Return key and rule of each error."""
    with pytest.raises(SettingsError) as raised:
        settings(tmp_path, text, **variables)
    return [(error.key, error.rule) for error in raised.value.errors]


def test_the_scripts_get_every_exemption(tmp_path):
    """In an order that does not depend on that of the file, and whether it has ended or not."""
    assert conditions_of(settings(tmp_path, ENTRIES)) == [
        {"Tags": {"reprieve:exempt": "true"}, "Text": "keys with the tag reprieve:exempt=true"},
        {"Key": KEY, "Until": "2026-12-31", "Text": f"the key {KEY}, until 2026-12-31"},
        {
            "Caller": "AssumedRole:111122223333:Migration",
            "Until": "2027-01-31",
            "Text": f"deletions by {ROLE}, until 2027-01-31 (The orders move.)",
        },
        {
            "Tags": {"old": "yes"},
            "Until": "2027-06-30",
            "Text": "keys with the tag old=yes, until 2027-06-30",
        },
    ]


def test_the_alert_names_them_with_their_dates(tmp_path):
    """The runbook starts for every deletion: no rule is split for them."""
    guard = regional_guard(settings(tmp_path, ENTRIES), Location("aws", "eu-west-1"))
    rules = {rule.id: rule for rule in guard.rules}
    assert "key-deletion-approved" not in rules
    alert = next(t for t in rules["key-deletion-scheduled"].targets if t.id.endswith("alert"))
    assert alert.transformer
    assert "Reprieve cancels it, unless exempt." in alert.transformer.template
    assert f"deletions by {ROLE}, until 2027-01-31" in alert.transformer.template


def test_ended_exemptions_are_named(tmp_path):
    """From the day after the last one."""
    found = settings(tmp_path, ENTRIES).exemption
    assert list(ended(found, date(2026, 12, 31))) == []
    assert list(ended(found, date(2027, 1, 1))) == [
        "exemption[1] ended on 2026-12-31: it exempts nothing any more. Remove it."
    ]


ENTRY = "[[exemption]]\nuntil = 2027-01-31\n"


@pytest.mark.parametrize(
    ("text", "key", "rule"),
    [
        (ENTRY, "exemption[0]", "names nothing: an exemption is for one of principal, key, tags"),
        (
            f'{ENTRY}principal = "{ROLE}"\nkey = "{KEY}"',
            "exemption[0]",
            "names principal and key: an exemption is for one of principal, key, tags",
        ),
        (f'[[exemption]]\nkey = "{KEY}"', "exemption[0].until", "is required"),
        (
            f'[[exemption]]\nkey = "{KEY}"\nuntil = "soon"',
            "exemption[0].until",
            "is not a date",
        ),
        (
            f'[[exemption]]\nkey = "{KEY}"\nuntil = 2027-01-31T00:00:00Z',
            "exemption[0].until",
            "is not a date",
        ),
        (
            f'{ENTRY}key = "{KEY}"\nreason = "a <b>"',
            "exemption[0].reason",
            "contains < or >, which mark variables in EventBridge",
        ),
        (
            f'{ENTRY}tags = {{ "reprieve:alert-key" = "true" }}',
            "exemption[0].tags",
            "is a tag that Reprieve itself gives keys",
        ),
        (
            '[exempt]\ntags = { "aws:x" = "true" }',
            "exempt.tags",
            'begins with "aws:", which AWS reserves',
        ),
        (
            f'{ENTRY}principal = "{ROLE.replace("aws", "aws-cn", 1)}"',
            "exemption[0].principal",
            "is in the partition aws-cn; the Regions to watch are in aws",
        ),
    ],
)
def test_an_invalid_exemption_is_an_error(tmp_path, text, key, rule):
    """That names the table."""
    assert errors_of(tmp_path, text) == [(key, rule)]


def test_amazons_runbook_decides_nothing(tmp_path):
    """Both kinds of exemptions need Reprieve's own."""
    found = errors_of(tmp_path, ENTRIES, REPRIEVE_REMEDIATION__RUNBOOK="aws")
    rule = 'needs the runbook "reprieve": Amazon\'s cannot look at tags and dates'
    assert found == [("exempt.tags", rule), ("exemption", rule)]


def test_so_many_that_the_patrols_runbook_gets_too_long(tmp_path):
    """With what else it has to hold."""
    entry = f'{ENTRY}principal = "{ROLE}"\nreason = "{"r" * 190}"\n'
    ((key, rule),) = errors_of(tmp_path, entry * 9)
    assert key == "exemption"
    assert rule.startswith("is more than the 6,000 that fit into the patrol's runbook")


def test_an_exemption_of_nothing_says_what_to_add(tmp_path):
    """One of the three keys is needed."""
    (found,) = errors(tmp_path, GOOD + ENTRY)
    assert found.hint == "add principal, key or tags"
