"""The schema: its defaults, its descriptions, the example file and the generated reference."""

import re

import pytest
from pydantic import ValidationError

from reprieve import regions
from reprieve.settings.schema import TABLES, Settings
from reprieve.settings.sources import EXAMPLE_FILE
from tests.support.settings import ROOT, load_one, read
from tools import reference


def test_the_example_file_is_valid_and_contains_the_defaults():
    """Only the addresses have no default."""
    settings = load_one({"REPRIEVE_SETTINGS": EXAMPLE_FILE}, ROOT)
    assert settings == Settings(notify={"emails": ["security@example.com"]})


def test_the_example_file_contains_every_key():
    """Each in its table; some keys are commented out."""
    shown: dict[str, set[str]] = {}
    table = ""
    for line in (ROOT / EXAMPLE_FILE).read_text(encoding="utf-8").splitlines():
        text = line.removeprefix("# ")
        if text.startswith("["):
            table = text.strip("[]")
        elif key := re.match(r"([a-z_]+) = ", text):
            shown.setdefault(table, set()).add(key[1])
    per_account = [each for each in shown if each.startswith("accounts.")]
    assert {table: shown[table] for table in shown if table not in per_account} == {
        table: set(keys) for table, keys in TABLES.items()
    }


def test_every_key_has_a_description():
    """The reference in docs/settings.md consists of the descriptions."""
    fields = {
        f"{table}.{key}": field for table, keys in TABLES.items() for key, field in keys.items()
    }
    assert [name for name, field in fields.items() if not field.description] == []


@pytest.mark.slow
@pytest.mark.parametrize("page", sorted(reference.TABLES_OF_DOCS))
def test_the_generated_tables_in_the_docs_are_current(page):
    """`make docs` would change nothing."""
    assert reference.renewed(page) == (ROOT / "docs" / page).read_text(encoding="utf-8")


def test_the_schema_of_messages_in_the_docs_is_current():
    """`make docs` would change nothing."""
    current = (ROOT / "docs" / reference.SCHEMA).read_text(encoding="utf-8")
    assert reference.schema_text() == current


def test_only_the_addresses_are_required(tmp_path):
    """Every other key has a default."""
    settings = read(tmp_path)
    assert settings.notify.emails == ("security@example.com",)
    assert settings.notify.topic_name == "reprieve-alerts"
    assert settings.remediation.enabled is True
    assert settings.remediation.runbook == "reprieve"
    assert settings.remediation.automation_role_arn is None
    assert settings.regions.watched == regions.DEFAULT_REGIONS
    assert settings.regions.home == "us-east-1"
    assert settings.regions.partition == "aws"


def test_settings_are_immutable(tmp_path):
    """Nobody can change them after the validation."""
    with pytest.raises(ValidationError):
        read(tmp_path).notify.topic_name = "other"
