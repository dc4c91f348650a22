"""The CDKTF app with settings that have errors."""

import pytest

from main import main


@pytest.fixture
def directory(tmp_path, monkeypatch):
    """Change to an empty directory, without any setting in the environment."""
    monkeypatch.chdir(tmp_path)
    for name in ("REPRIEVE_SETTINGS", "REPRIEVE_NOTIFY__EMAILS"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


def test_settings_with_errors_end_in_a_report_and_exit_code_2(directory, capsys):
    """Every error, no traceback, and no file."""
    (directory / "reprieve.toml").write_text(
        '[notify]\nemails = ["nobody"]\n[regions]\nwatch = ["eu-wst-1", "eu-wst-1"]\n'
    )
    assert main() == 2
    output, errors = capsys.readouterr()
    assert output == ""
    assert errors.startswith("reprieve.toml has 3 errors:\n")
    for key in ("notify.emails[0]", "regions.watch[0]", "regions.watch[1]"):
        assert f"\n  {key} = " in errors
    assert "Traceback" not in errors
    assert [path.name for path in directory.iterdir()] == ["reprieve.toml"]


def test_without_settings_two_lines_say_what_to_do(directory, capsys):
    """In the wrong directory, and in a new checkout."""
    assert main() == 2
    assert capsys.readouterr().err == (
        "There is no reprieve.toml in this directory.\n"
        "→ Change to Reprieve's directory, or name the file: --settings FILE, or "
        "REPRIEVE_SETTINGS.\n"
    )
    (directory / "reprieve.example.toml").touch()
    assert main() == 2
    assert capsys.readouterr().err == (
        "There is no reprieve.toml in this directory.\n"
        "→ Run `reprieve init`, or copy reprieve.example.toml to reprieve.toml and edit it.\n"
    )


def test_an_unexpected_workspace_is_an_error_and_nothing_is_written(directory, capsys, monkeypatch):
    """There a plan would create the deployed guard a second time."""
    monkeypatch.setenv("REPRIEVE_NOTIFY__EMAILS", "security@example.com")
    monkeypatch.setenv("TF_WORKSPACE", "prod")
    assert main() == 2
    assert 'TF_WORKSPACE selects the Terraform workspace "prod"' in capsys.readouterr().err
    assert list(directory.iterdir()) == []
