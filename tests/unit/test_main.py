"""The cdktf app: what it does with settings that have errors."""

import pytest

from main import main


@pytest.fixture
def directory(tmp_path, monkeypatch):
    """Stand in an empty directory, without any setting in the environment."""
    monkeypatch.chdir(tmp_path)
    for name in ("REPRIEVE_SETTINGS", "REPRIEVE_NOTIFY__EMAILS"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


def test_settings_with_errors_end_in_a_report_and_exit_code_2(directory, capsys):
    """Every error, no traceback, and nothing is written."""
    (directory / "reprieve.toml").write_text(
        '[notify]\nemails = ["nobody"]\n[regions]\nwatch = ["eu-wst-1", "eu-wst-1"]\n'
    )
    assert main() == 2
    output, errors = capsys.readouterr()
    assert output == ""
    assert errors.startswith("reprieve.toml has 4 errors:\n")
    for key in ("notify.emails[0]", "regions.watch[0]", "regions.watch[1]"):
        assert f"\n  {key} = " in errors
    assert "Traceback" not in errors
    assert [path.name for path in directory.iterdir()] == ["reprieve.toml"]


def test_no_settings_at_all_say_which_file_is_missing(directory, capsys):
    """The near-miss of a run in the wrong directory."""
    assert main() == 2
    assert "reprieve.toml (no such file)" in capsys.readouterr().err
