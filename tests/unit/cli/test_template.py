"""`reprieve template`: what it prints and writes, and its errors."""

import json

import pytest

from reprieve.template.organization import guard_template, roles_template
from reprieve.template.standalone import default_settings, standalone_template
from tests.support.settings import load_one
from tests.support.template import ORGANIZATION

ONE_REGION = {"REPRIEVE_REGIONS__WATCH": "eu-west-1"}


def test_it_needs_no_settings(reprieve, tmp_path, monkeypatch):
    """The environment alone is enough, too."""
    monkeypatch.setenv("REPRIEVE_REGIONS__WATCH", "eu-west-1")
    result = reprieve("template", settings=None)
    assert json.loads(result.stdout) == standalone_template(default_settings(ONE_REGION)).body
    assert (result.stderr, result.exit_code) == ("", 0)


@pytest.mark.parametrize(
    ("kind", "expected"), [("guard", guard_template), ("roles", roles_template)]
)
def test_the_templates_of_the_stack_sets(reprieve, tmp_path, kind, expected):
    """With a file that says what it has."""
    result = reprieve("template", kind, "--output", "guard.json", settings=ORGANIZATION)
    template = expected(load_one({}, tmp_path))
    assert (tmp_path / "guard.json").read_text() == template.pretty
    assert result.stdout.startswith(f"Wrote guard.json: {len(template.body['Resources'])} resource")
    assert ("--template-url" in result.stderr) == template.needs_bucket
    assert "--s3-bucket" not in result.stderr
    assert result.exit_code == 0


def test_settings_without_a_stack_set_have_no_such_template(reprieve):
    """The error names the setting."""
    result = reprieve("template", "guard")
    assert (result.exit_code, result.stdout) == (2, "")
    assert 'organization.engine = "stacksets"' in result.stderr


def test_another_kind_is_refused(reprieve):
    """With the nearest one."""
    result = reprieve("template", "standalon")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "Did you mean standalone?" in result.stderr


def test_a_file_that_cannot_be_written_is_an_error(reprieve, monkeypatch):
    """No traceback."""
    monkeypatch.setenv("REPRIEVE_REGIONS__WATCH", "eu-west-1")
    result = reprieve("template", "--output", "missing/t.json", settings=None)
    assert result.exit_code == 2
    assert "--output missing/t.json: No such file or directory." in result.stderr


def test_the_settings_of_an_organization_are_no_dead_end(reprieve):
    """Neither with one account, nor with several of which one could be selected."""
    several = ORGANIZATION.replace("[account]", "[accounts.security]")
    for settings in (ORGANIZATION, f'{several}[accounts.shop]\nid = "222233334444"\n'):
        result = reprieve("template", settings=settings)
        assert (result.exit_code, result.stdout) == (2, "")
        assert "in a folder without reprieve.toml" in result.stderr
        assert "`reprieve template guard`" in result.stderr
        assert "--account" not in result.stderr
