"""What the tests of the commands share."""

import pytest
from typer.testing import CliRunner

from reprieve.aws.opening import Opened
from reprieve.cli import adopt, drill, status, sweep
from reprieve.cli.main import app
from reprieve.drill.result import AccountDrill, Drill
from reprieve.status.findings import Check
from reprieve.status.status import AccountStatus, Coverage, RegionStatus
from reprieve.sweep.result import Sweep
from tests.unit.adopt.making import adoption, deployment
from tests.unit.cli.samples import ACCOUNT, KEY, SETTINGS


@pytest.fixture
def reprieve(tmp_path, monkeypatch):
    """Return a function that runs `reprieve` in a directory with these settings; None: without."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str, settings: str | None = SETTINGS):
        if settings is not None:
            (tmp_path / "reprieve.toml").write_text(settings)
        return CliRunner().invoke(
            app, list(arguments), env={"COLUMNS": "120"}, catch_exceptions=False
        )

    return run


@pytest.fixture
def account(monkeypatch):
    """Let the commands find one account without AWS; return what each of them finds there."""
    found = {
        "status": AccountStatus(
            ACCOUNT.id,
            ACCOUNT.arn,
            None,
            (RegionStatus("eu-west-1", Coverage.WATCHED, 3, (Check("rules", "10/10"),)),),
            Check("roles", "there"),
        ),
        "drill": AccountDrill(
            ACCOUNT.id, (Drill("eu-west-1", KEY.arn, 0.1, 0.2, 0.3, "Disabled"),)
        ),
        "adopt": adoption(deployment(), where=ACCOUNT),
        "sweep": Sweep(ACCOUNT, (KEY,), (("eu-west-2", "There was no answer."),)),
    }

    def opened(access, accounts):
        return [Opened(ACCOUNT, accounts[0])], []

    for module in (adopt, status, drill, sweep):
        monkeypatch.setattr(module, "open_accounts", opened)
    monkeypatch.setattr(status, "status_of", lambda *_, **__: found["status"])
    monkeypatch.setattr(drill, "run_drill", lambda *_, **__: found["drill"])
    monkeypatch.setattr(adopt, "adoption_of", lambda *_, **__: found["adopt"])
    monkeypatch.setattr(sweep, "run_sweep", lambda *_, **__: found["sweep"])
    return found
