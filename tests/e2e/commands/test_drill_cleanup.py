"""What a drill cleans up: when it is interrupted, and when the clean-up itself fails."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest

from tests.support.account import REGIONS, Policy
from tests.support.drills import (
    RETIRED,
    SETTINGS,
    YES,
    blind,
    drill_account,
    drill_resources,
    keys_of_drills,
    root,
    rows,
)
from tests.support.operator import user_allowed


@pytest.fixture(scope="module")
def account(sandbox, deployments, tmp_path_factory):
    """Two Regions, with a role whose deletions are approved."""
    return drill_account(sandbox, deployments, tmp_path_factory.mktemp("account"))


@pytest.fixture
def operator(account):
    """The account's root, with the settings that were deployed."""
    return root(account)


def is_waiting(account, region):
    """Whether a drill has subscribed its queue to the alerts and scheduled its key's deletion."""
    states = keys_of_drills(account, region).values()
    return len(drill_resources(account, region)) == 2 and "PendingDeletion" in states


def start(account, operator):
    """Start a drill in a process of its own; return once it waits for the rescue in each Region."""
    command = [sys.executable, "-c", "from reprieve.cli.main import app; app()", *YES]
    environment = {**os.environ, **operator.environment()}
    process = subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    for _ in range(3000):  # far longer than it takes: a drill that hangs fails the test
        if all(is_waiting(account, region) for region in REGIONS):
            return process
        assert process.poll() is None, process.communicate()
        time.sleep(0.1)
    process.kill()
    raise AssertionError("the drill did not begin to wait")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_drill_that_is_interrupted_cleans_up(account, operator, number):
    """Ctrl-C, or a job that is cancelled: queue and subscription go, and the exit code tells."""
    with blind(account):
        process = start(account, operator)
        process.send_signal(number)
        printed, complaints = process.communicate(timeout=300)
    assert process.returncode == 130
    assert "Interrupted: cleaning up." in complaints
    for region in REGIONS:
        assert drill_resources(account, region) == []
    (found,) = json.loads(printed)["accounts"]
    assert [row["problem"] for row in found["regions"]] == ["It was interrupted."] * 2


def test_what_a_killed_drill_left_the_next_one_removes(account, operator):
    """Nothing can clean up after SIGKILL but the next drill."""
    with blind(account):
        process = start(account, operator)
        process.kill()
        process.communicate()
    assert all(drill_resources(account, region) for region in REGIONS)
    printed = operator.run(*YES)
    assert printed.exit_code == 0
    for region, row in rows(printed).items():
        assert row["removed"] == 2
        assert drill_resources(account, region) == []


DENIED = {
    "sqs:DeleteQueue": "aws sqs delete-queue --region eu-west-1 --queue-url ",
    "sns:Unsubscribe": "aws sns unsubscribe --region eu-west-1 --subscription-arn ",
}


@pytest.mark.parametrize(("action", "command"), DENIED.items())
def test_a_failed_clean_up_hides_no_result(account, operator, action, command):
    """The seconds and the key are there, and the command that cleans up; the drill fails."""
    someone = user_allowed(account.sandbox, SETTINGS, "drill", without=action)
    printed = someone.run(*YES, "--region", "eu-west-1")
    row = rows(printed)["eu-west-1"]
    assert printed.exit_code == 1
    assert row["problem"] is None
    assert not row["passed"]
    assert None not in (row["key"], row["alert"], row["cancelled"], row["result_sent"])
    (left,) = row["leftovers"]
    assert left["problem"].startswith(f"The permission {action} is missing.")
    assert left["command"].startswith(command)
    assert left["resource"].endswith(left["command"].removeprefix(command))
    assert rows(operator.run(*YES, "--region", "eu-west-1"))["eu-west-1"]["removed"] >= 1
    assert drill_resources(account, "eu-west-1") == []


def test_the_table_says_what_was_not_cleaned_up(account, operator):
    """With the command in a line of its own."""
    someone = user_allowed(account.sandbox, SETTINGS, "drill", without="sqs:DeleteQueue")
    printed = someone.run("drill", "--yes", "--region", "eu-west-1")
    assert printed.exit_code == 1
    assert " ✘ NOT CLEANED UP " in printed.row("eu-west-1")
    assert "✘ Not cleaned up in eu-west-1: the queue http" in printed.text
    assert "\n  → aws sqs delete-queue --region eu-west-1 --queue-url http" in printed.text
    operator.run(*YES, "--region", "eu-west-1")


def test_a_key_whose_final_deletion_fails_is_named(account, operator):
    """The approved role may not delete it: the key stays, and the result says so."""
    role = Policy(
        lambda: account.sandbox.client("iam", "us-east-1").get_role_policy(
            RoleName="decommissioner", PolicyName="delete"
        )["PolicyDocument"],
        lambda policy: account.sandbox.client("iam", "us-east-1").put_role_policy(
            RoleName="decommissioner", PolicyName="delete", PolicyDocument=json.dumps(policy)
        ),
    )
    with role.changed(lambda policy: policy["Statement"][0].update(Action="kms:DescribeKey")):
        printed = operator.run(*YES, *RETIRED, "--region", "eu-west-1")
    row = rows(printed)["eu-west-1"]
    assert printed.exit_code == 1
    (left,) = row["leftovers"]
    assert left["problem"].startswith("The approved role could not schedule its deletion.")
    assert left["command"] == (
        f"aws kms schedule-key-deletion --region eu-west-1 --key-id {row['key']} "
        "--pending-window-in-days 7"
    )
    assert account.state("eu-west-1", row["key"]) == "Disabled"
