"""What `reprieve drill` asks, and how it shows what went wrong."""

from dataclasses import replace
from types import SimpleNamespace

import pytest
import typer

from reprieve.cli import drill
from reprieve.drill.result import AccountDrill, Leftover, RejectedKey
from reprieve.errors import ExitCode
from tests.unit.cli.samples import KEY

LEFT = Leftover("the queue https://sqs/q", "Throttled.", "aws sqs delete-queue --queue-url q")
REJECTED = RejectedKey(KEY.arn, "use", "It was used.")


@pytest.fixture
def answer(reprieve, account, monkeypatch):
    """Return a function that runs a drill at a terminal and answers its question."""

    def run(text):
        asked = []

        def confirm(question):
            asked.append(question)
            return text == "y"

        terminal = SimpleNamespace(stdin=SimpleNamespace(isatty=lambda: True))
        monkeypatch.setattr(drill, "sys", terminal)
        monkeypatch.setattr(typer, "confirm", confirm)
        return reprieve("drill"), asked

    return run


def test_a_declined_drill_says_so(answer):
    """It runs no drill, and its exit code is not that of a drill that passed."""
    result, asked = answer("n")
    assert asked == ["Continue?"]
    assert (result.exit_code, result.stderr) == (
        ExitCode.DECLINED,
        "You declined the drill. Nothing was changed.\n",
    )
    assert "Regions passed" not in result.stdout


def test_a_confirmed_drill_runs(answer):
    """It says first what it does."""
    result, _ = answer("y")
    assert result.exit_code == 0
    assert "creates a queue and a KMS key, or reuses the key of an earlier drill" in result.stdout
    assert "✔ 1 of 1 Regions passed." in result.stdout


def test_an_interrupt_before_the_drill_begins_is_no_traceback(reprieve, monkeypatch):
    """Nothing is there to be cleaned up: the command ends at once."""

    def load():
        raise KeyboardInterrupt

    monkeypatch.setattr(drill, "load", load)
    result = reprieve("drill", "--yes")
    assert (result.exit_code, result.output) == (130, "")


def test_what_was_not_cleaned_up_fails_a_drill(reprieve, account):
    """The rescue worked, so its seconds are there; the command cleans up by hand."""
    (passed,) = account["drill"].regions
    account["drill"] = AccountDrill("111122223333", (replace(passed, leftovers=(LEFT,)),))
    result = reprieve("drill", "--yes")
    assert result.exit_code == 1
    assert "eu-west-1  ✘ NOT CLEANED UP  0.1 s      0.2 s        0.3 s" in result.stdout
    assert (
        "✘ Not cleaned up in eu-west-1: the queue https://sqs/q\n"
        "  Throttled.\n"
        "  → aws sqs delete-queue --queue-url q\n"
    ) in result.stdout
    assert "✘ 0 of 1 Regions passed." in result.stdout


def test_a_key_that_is_not_a_drills_is_named_and_fails_nothing(reprieve, account):
    """With the check that failed, and why."""
    (passed,) = account["drill"].regions
    account["drill"] = AccountDrill("111122223333", (replace(passed, rejected_keys=(REJECTED,)),))
    result = reprieve("drill", "--yes")
    assert result.exit_code == 0
    assert (
        f"Not used in eu-west-1: {KEY.arn} looks like a drill's key.\n"
        "  The check use failed: It was used.\n"
    ) in result.stdout
