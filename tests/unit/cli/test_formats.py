"""What the commands print: the same JSON for --format json and --json, and escaped text."""

import json
from dataclasses import replace

import pytest

from reprieve.aws.account import AccountError
from reprieve.aws.opening import Closed, Opened
from reprieve.aws.permissions import COMMANDS, policy_for
from reprieve.cli import adopt, drill, status, sweep
from reprieve.cli.common import print_json
from reprieve.cli.views.sweep import prompt
from reprieve.drill.result import AccountDrill
from tests.support.settings import load_one
from tests.unit.cli.samples import ACCOUNT, CALL, KEY

COMMAND_LINES = [
    *(["threats"], ["status"], ["drill", "--yes"], ["sweep"], ["adopt"]),
    ["policy", "status"],
]
UNPRINTABLE = "\x1b[2J\u202e"
ESCAPED = "\\x1b[2J\\u202e"


@pytest.mark.parametrize("arguments", COMMAND_LINES, ids=" ".join)
def test_format_json_and_json_print_the_same(reprieve, account, arguments):
    """And both end with the same code."""
    long = reprieve(*arguments, "--format", "json")
    short = reprieve(*arguments, "--json")
    assert long.stdout == short.stdout
    assert long.exit_code == short.exit_code
    assert long.stderr == ""
    assert json.loads(long.stdout)


@pytest.mark.parametrize("arguments", COMMAND_LINES, ids=" ".join)
def test_format_table_prints_a_table(reprieve, account, arguments):
    """It is the default, except for a policy."""
    table = reprieve(*arguments, "--format", "table")
    with pytest.raises(json.JSONDecodeError):
        json.loads(table.stdout)
    default = reprieve(*arguments)
    assert (default.stdout == table.stdout) is (arguments[0] != "policy")


@pytest.mark.parametrize(
    ("arguments", "verdict"),
    [
        (["status"], ("healthy", True)),
        (["drill", "--yes"], ("passed", True)),
        (["sweep"], ("healthy", False)),
        (["adopt"], ("replaced", False)),
    ],
)
def test_json_begins_with_the_verdict(reprieve, account, arguments, verdict):
    """The exit code says the same."""
    result = reprieve(*arguments, "--json")
    assert next(iter(json.loads(result.stdout).items())) == verdict
    assert result.exit_code == (0 if verdict[1] else 1)


@pytest.mark.parametrize("command", COMMANDS)
def test_a_policy_is_printed_as_json_or_as_a_table(reprieve, tmp_path, command):
    """The table has each statement and each action."""
    arguments = ["policy", *command.split()]
    assert json.loads(reprieve(*arguments).stdout) == policy_for(command, load_one({}, tmp_path))
    table = reprieve(*arguments, "--format", "table").stdout
    for statement in policy_for(command, load_one({}, tmp_path))["Statement"]:
        assert f"\n{statement['Sid']} " in table
        assert {*statement["Action"]} <= {*table.split()}


def test_the_table_of_a_drill_escapes_unprintable_characters(reprieve, account):
    """Errors of AWS, states and ARNs."""
    (passed,) = account["drill"].regions
    failed = replace(
        passed,
        problem=f"problem {UNPRINTABLE}",
        key_state=f"state {UNPRINTABLE}",
        kept=f"queue {UNPRINTABLE}",
        key=f"key {UNPRINTABLE}",
    )
    account["drill"] = AccountDrill("111122223333", (failed,))
    text = reprieve("drill", "--yes").stdout
    assert UNPRINTABLE not in text
    for what in ("problem", "state", "queue", "key"):
        assert f"{what} {ESCAPED}" in text


def test_the_table_of_a_sweep_escapes_unprintable_characters(reprieve, account):
    """Aliases, callers, states, and errors of AWS."""
    bad = replace(
        KEY,
        aliases=(f"alias/name{UNPRINTABLE}",),
        call=replace(CALL, by=f"arn:aws:iam::111122223333:user/by{UNPRINTABLE}"),
        problem=f"problem{UNPRINTABLE}",
    )
    account["sweep"] = replace(
        account["sweep"], keys=(bad,), problems=(("eu-west-1", f"unread{UNPRINTABLE}"),)
    )
    text = reprieve("sweep").stdout
    assert all(char.isprintable() or char == "\n" for char in text)
    for what in ("name", "user/by", "problem", "unread"):
        assert f"{what}\\x1b" in text


def test_the_prompt_of_a_sweep_escapes_unprintable_characters():
    """It names the key, its aliases and the time left."""
    key = replace(KEY, aliases=(f"alias/{UNPRINTABLE}",))
    assert prompt("Cancel the scheduled deletion of", key) == (
        f"Cancel the scheduled deletion of {KEY.arn} "
        f"(alias/{ESCAPED}, 9 days after its last replica)?"
    )


@pytest.mark.parametrize("command", [["drill", "--yes"], ["sweep"]])
def test_json_escapes_unprintable_characters(reprieve, account, command):
    """A program reads back what AWS said; a terminal gets nothing that it obeys."""
    text = f"{UNPRINTABLE}\x7f\x9b\U000e0001 ä→"
    (passed,) = account["drill"].regions
    account["drill"] = AccountDrill("111122223333", (replace(passed, problem=text),))
    account["sweep"] = replace(account["sweep"], keys=(replace(KEY, problem=text),))
    printed = reprieve(*command, "--json").stdout
    assert all(char.isprintable() or char == "\n" for char in printed)
    (found,) = json.loads(printed)["accounts"]
    assert (found.get("keys") or found.get("regions"))[0]["problem"] == text
    assert "ä→" in printed


def test_json_prints_dates_as_text(capsys):
    """JSON has no dates: ISO 8601."""
    print_json(CALL.at)
    assert capsys.readouterr().out == '"2026-11-24T00:00:00Z"\n'


@pytest.mark.parametrize(
    ("arguments", "what"),
    [(["status"], "read"), (["drill", "--yes"], "drilled"), (["sweep"], "read")],
)
def test_an_account_that_was_not_opened_ends_the_table(
    reprieve, account, monkeypatch, arguments, what
):
    """Its error alone is on stderr, which a log may have elsewhere."""
    closed = Closed("other", AccountError("The credentials have expired."))
    for module in (adopt, status, drill, sweep):
        monkeypatch.setattr(
            module, "open_accounts", lambda _, accounts: ([Opened(ACCOUNT, accounts[0])], [closed])
        )
    result = reprieve(*arguments)
    assert result.exit_code == 1
    assert result.stdout.splitlines()[-1] == f"✘ 1 of 2 accounts was not {what}."
