"""`reprieve drill` on a deployed account: what passes, what fails, and what it leaves behind."""

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import ExitStack, contextmanager

import pytest

from sandbox.core.account import ACCOUNT_ID
from tests.support import breaking
from tests.support.account import REGIONS, Policy
from tests.support.breaking import damaged
from tests.support.operator import Operator, actions_of, user_allowed

APPROVED = f"arn:aws:iam::{ACCOUNT_ID}:role/decommissioner"
DEPLOYED = {
    "REPRIEVE_REGIONS__WATCH": ",".join(REGIONS),
    "REPRIEVE_NOTIFY__EMAILS": "security@example.com",
    "REPRIEVE_NOTIFY__THREATS": "key-deletion-scheduled",
    "REPRIEVE_RELIABILITY__ALARMS": "false",
    "REPRIEVE_EXEMPT__PRINCIPALS": APPROVED,
}
SETTINGS = DEPLOYED | {"REPRIEVE_SETTINGS": "/dev/null"}
YES = ("drill", "--yes", "--json")


@pytest.fixture(scope="module")
def account(sandbox, deployments, tmp_path_factory):
    """Deploy to two Regions, with a role whose deletions are approved."""
    account = deployments.account(sandbox, tmp_path_factory.mktemp("account"), **DEPLOYED)
    trust = {"Effect": "Allow", "Principal": {"AWS": ACCOUNT_ID}, "Action": "sts:AssumeRole"}
    may = {
        "Effect": "Allow",
        "Action": ["kms:ScheduleKeyDeletion", "kms:DescribeKey"],
        "Resource": "*",
    }
    iam = sandbox.client("iam", "us-east-1")
    iam.create_role(
        RoleName="decommissioner", AssumeRolePolicyDocument=json.dumps({"Statement": [trust]})
    )
    iam.put_role_policy(
        RoleName="decommissioner",
        PolicyName="delete",
        PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [may]}),
    )
    return account


@pytest.fixture
def operator(account):
    """The account's root, with the settings that were deployed."""
    return Operator(account.sandbox, SETTINGS)


def rows(printed):
    """What `--json` says, by Region."""
    (found,) = printed.json["accounts"]
    return {row["region"]: row for row in found["regions"]}


def drill_resources(account, region):
    """The queues and subscriptions of drills that are there."""
    queues = account.sandbox.client("sqs", region).list_queues(QueueNamePrefix="reprieve-drill-")
    sns = account.sandbox.client("sns", region)
    subscriptions = [
        each["Endpoint"]
        for each in sns.list_subscriptions()["Subscriptions"]
        if each["Protocol"] == "sqs"
    ]
    return [*queues.get("QueueUrls", []), *subscriptions]


def keys_of_drills(account, region):
    """The states of the keys that drills made, by id."""
    kms = account.kms(region)
    found = {
        alias["TargetKeyId"]
        for alias in kms.list_aliases()["Aliases"]
        if alias["AliasName"].startswith("alias/reprieve-drill-")
    }
    return {key: account.state(region, key) for key in found}


@contextmanager
def blind(account):
    """Stop the trail, so that no alert ever comes."""
    with damaged(account.sandbox, breaking.trail_is_stopped):
        yield


def test_a_drill_that_passes_says_the_seconds_and_leaves_one_key(account, operator):
    """The second drill takes the key that the first one left: keys cost money."""
    first = rows(operator.run(*YES))
    printed = operator.run(*YES)
    second = rows(printed)
    assert printed.exit_code == 0
    for region in REGIONS:
        row = second[region]
        assert row["passed"]
        assert None not in (row["alert"], row["cancelled"], row["result_sent"])
        assert row["rejected_keys"] == []
        assert first[region]["key"] == row["key"]
        assert row["key_state"] == "Disabled, kept for the next drill"
        assert drill_resources(account, region) == []
        assert list(keys_of_drills(account, region).values()) == ["Disabled"]
    assert "✔ 2 of 2 Regions passed." in operator.run("drill", "--yes").text


def test_an_approved_role_has_the_key_deleted(account, operator):
    """The exempt way: the guard tells, and lets it through."""
    printed = operator.run(*YES, "--approved-role", APPROVED, "--region", "eu-west-1")
    row = rows(printed)["eu-west-1"]
    assert printed.exit_code == 0
    assert row["key_state"].startswith("deleted on ")
    account.sandbox.settle()
    assert account.state("eu-west-1", row["key"]) == "PendingDeletion"


def test_with_remediation_off_only_the_alert_is_awaited(account):
    """The key then stays scheduled for deletion, which is what becomes of a drill's key anyway."""
    deployment = account.deployment
    off = {"REPRIEVE_REMEDIATION__ENABLED": "false"}
    # If no deletion is cancelled there is nothing to exempt, and the settings refuse it.
    exempt = {"REPRIEVE_EXEMPT__PRINCIPALS"}
    deployment.settings = {k: v for k, v in DEPLOYED.items() if k not in exempt} | off
    settings = {k: v for k, v in SETTINGS.items() if k not in exempt} | off
    state = deployment.directory / "terraform.reprieve.tfstate"
    former = state.read_bytes(), account.sandbox.snapshot()
    deployment.synth()
    deployment.apply()
    try:
        printed = Operator(account.sandbox, settings).run(*YES)
    finally:
        deployment.settings = dict(DEPLOYED)
        state.write_bytes(former[0])
        account.sandbox.restore(former[1])
    assert printed.exit_code == 0
    for row in rows(printed).values():
        assert row["alert"] is not None
        assert (row["cancelled"], row["result_sent"]) == (None, None)
        assert row["key_state"].startswith("deleted on ")


def test_a_drill_whose_alert_never_comes_says_so_in_time(account, operator):
    """The trail is stopped: no Region sees anything, and the key stays where it is."""
    with blind(account):
        printed = operator.run(*YES, "--timeout", "2")
    assert printed.exit_code == 1
    for region, row in rows(printed).items():
        assert not row["passed"]
        assert (row["alert"], row["cancelled"], row["result_sent"]) == (None, None, None)
        assert (
            row["problem"]
            == "Within 2 seconds no alert arrived, the deletion was not cancelled and the "
            "runbook did not send its result. Run `reprieve status` to find the cause."
        )
        assert drill_resources(account, region) == []


def test_an_alert_without_a_rescue_is_no_pass(account, operator):
    """The role may not cancel: the alert and the failure are sent, and the drill fails."""
    with Policy.of_role(account, "us-east-1", "reprieve-automation").without("CancelKeyDeletion"):
        printed = operator.run(*YES, "--timeout", "20", "--region", "eu-west-1")
    row = rows(printed)["eu-west-1"]
    assert printed.exit_code == 1
    assert row["alert"] is not None
    assert row["cancelled"] is None
    assert row["problem"].startswith("Within 20 seconds the deletion was not cancelled")


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


def test_what_is_kept_is_named_and_the_next_drill_removes_it(account, operator):
    """--keep is for looking into the queue."""
    kept = rows(operator.run(*YES, "--keep", "--region", "eu-west-1"))["eu-west-1"]
    assert kept["kept"] in drill_resources(account, "eu-west-1")
    after = rows(operator.run(*YES, "--region", "eu-west-1"))["eu-west-1"]
    assert (after["removed"], after["kept"]) == (2, None)


def test_a_key_that_only_looks_like_a_drills_is_left_alone(account, operator):
    """Somebody moved a drill's alias to a key in use: its deletion must not be scheduled."""
    kms = account.kms("eu-west-1")
    real = account.create_key("eu-west-1", Description="orders")["KeyId"]
    kms.create_alias(AliasName="alias/reprieve-drill-moved", TargetKeyId=real)
    before = len(keys_of_drills(account, "eu-west-1"))
    with ExitStack() as restore:
        restore.callback(kms.delete_alias, AliasName="alias/reprieve-drill-moved")
        row = rows(operator.run(*YES, "--region", "eu-west-1"))["eu-west-1"]
    assert row["passed"]
    assert not row["key"].endswith(real)
    assert account.state("eu-west-1", real) == "Enabled"
    assert before >= 1


def test_a_region_that_cannot_be_drilled_hides_no_other(account):
    """One Region denies: its row says which right is missing, the other passes."""
    denied = {
        "Action": ["sqs:CreateQueue"],
        "Condition": {"StringEquals": {"aws:RequestedRegion": "us-east-1"}},
    }
    someone = user_allowed(account.sandbox, SETTINGS, "drill", denied=denied)
    printed = someone.run(*YES)
    found = rows(printed)
    assert printed.exit_code == 1
    assert found["eu-west-1"]["passed"]
    assert found["us-east-1"]["problem"].startswith("The permission sqs:CreateQueue is missing.")


# The first drill in a Region, which makes a key, needs more than those after it.
FIRST = {"kms:CreateKey", "kms:TagResource", "kms:CreateAlias"}
RETIRED = "--approved-role", APPROVED


def test_the_documented_policy_is_enough(account, operator):
    """Somebody who may do that and no more drills, with a new key and with one that was left."""
    operator.run(*YES, *RETIRED, "--region", "eu-west-1")
    someone = user_allowed(account.sandbox, SETTINGS, "drill")
    for _ in range(2):
        assert someone.run(*YES, "--region", "eu-west-1").exit_code == 0


@pytest.mark.parametrize("action", actions_of("drill", SETTINGS))
def test_whoever_lacks_a_right_is_told_which(account, operator, action):
    """No action of the documented policy is superfluous, and each that is missing is named."""
    # With no key left the drill has to make one.
    if action in FIRST:
        operator.run(*YES, *RETIRED, "--region", "eu-west-1")
    else:
        operator.run(*YES, "--region", "eu-west-1")
    someone = user_allowed(account.sandbox, SETTINGS, "drill", without=action)
    printed = someone.run(*YES, "--region", "eu-west-1")
    row = rows(printed)["eu-west-1"]
    assert f"The permission {action} is missing." in f"{row['problem']} {row['key_state']}"
    assert printed.exit_code == 1
    operator.run(*YES, "--region", "eu-west-1")


def test_it_asks_before_it_touches_anything(account, operator):
    """Where nobody can be asked it refuses, and nothing was made."""
    before = keys_of_drills(account, "eu-west-1")
    printed = operator.run("drill")
    assert printed.exit_code == 2
    assert "Use --yes to run it without confirmation." in printed.complaints
    assert before == keys_of_drills(account, "eu-west-1")


def test_whose_deletions_are_approved_cannot_drill(account):
    """What an exempt caller deletes is let through: its drill would prove nothing."""
    session = account.sandbox.client("sts", "us-east-1").assume_role(
        RoleArn=APPROVED, RoleSessionName="drill"
    )["Credentials"]
    credentials = {
        "AWS_ACCESS_KEY_ID": session["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": session["SecretAccessKey"],
        "AWS_SESSION_TOKEN": session["SessionToken"],
    }
    printed = Operator(account.sandbox, SETTINGS, credentials).run(*YES)
    assert printed.exit_code == 2
    assert "Run the drill as another principal." in printed.complaints


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["--approved-role", APPROVED + "s"], "the role is not in exempt.principals"),
        (["--region", "eu-west-2"], "--region eu-west-2: The settings do not watch this Region."),
        (["--region", "eu-wst-1"], "Did you mean eu-west-1?"),
    ],
)
def test_wrong_use_is_said(operator, arguments, expected):
    """With the option and its value, and exit code 2."""
    printed = operator.run(*YES, *arguments)
    assert printed.exit_code == 2
    assert expected in printed.complaints
