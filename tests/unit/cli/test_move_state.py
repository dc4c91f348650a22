"""What `reprieve move-state` refuses before it reads a state."""

import pytest
from typer.testing import CliRunner

from reprieve.cli.main import app
from tests.support.settings import GOOD


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Return a function: arguments in, the result of the command out. The split is by area."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("REPRIEVE_SETTINGS", raising=False)
    (tmp_path / "reprieve.toml").write_text(f'{GOOD}[state]\nsplit = "area"\n')
    return lambda *arguments: CliRunner().invoke(app, ["move-state", *arguments])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--from", "continent", "--yes"], "--from continent: write one of account, area, region."),
        (["--from", "area", "--yes"], '--from area: state.split is "area" too.'),
        (["--from", "account"], "move-state asks for confirmation, which needs a terminal."),
        (["--from", "account", "--yes"], "There is no main.py here."),
    ],
)
def test_wrong_use_ends_with_exit_code_2(run, arguments, message):
    """Nothing is synthesised."""
    result = run(*arguments)
    assert result.exit_code == 2
    assert message in result.stderr
