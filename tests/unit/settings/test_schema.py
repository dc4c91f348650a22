"""The schema: its defaults, its descriptions, the example file and the generated reference."""

import pytest
from pydantic import ValidationError

from reprieve import regions
from reprieve.settings.loader import load
from reprieve.settings.schema import TABLES, Settings
from tests.support.settings import ROOT, read
from tools import reference


def test_the_file_in_the_repository_loads():
    """The example is sound, and says the defaults."""
    settings = load({}, ROOT)
    assert settings == Settings(notify={"emails": ["security@example.com"]})


def test_the_file_in_the_repository_shows_every_key():
    """A user finds each key in the example, be it commented out."""
    shown = {
        line.removeprefix("# ").split(" = ")[0]
        for line in (ROOT / "reprieve.toml").read_text(encoding="utf-8").splitlines()
        if " = " in line
    }
    assert {key for keys in TABLES.values() for key in keys} - shown == set()


def test_every_field_is_described():
    """The reference is made of the descriptions."""
    fields = {
        f"{table}.{key}": field for table, keys in TABLES.items() for key, field in keys.items()
    }
    assert [name for name, field in fields.items() if not field.description] == []


@pytest.mark.parametrize("page", sorted(reference.TABLES_OF_DOCS))
def test_the_tables_of_the_docs_are_those_of_the_code(page):
    """`make docs` would change nothing."""
    assert reference.renewed(page) == (ROOT / "docs" / page).read_text(encoding="utf-8")


def test_defaults(tmp_path):
    """The addresses are all that a user must write."""
    settings = read(tmp_path)
    assert settings.notify.emails == ("security@example.com",)
    assert settings.notify.topic_name == "reprieve-alerts"
    assert settings.remediation.enabled is True
    assert settings.remediation.runbook == "reprieve"
    assert settings.remediation.automation_role_arn is None
    assert settings.regions.watched == regions.DEFAULT_REGIONS
    assert settings.regions.home == "us-east-1"
    assert settings.regions.partition == "aws"


def test_settings_cannot_be_changed(tmp_path):
    """What was validated stays so."""
    with pytest.raises(ValidationError):
        read(tmp_path).notify.topic_name = "other"
