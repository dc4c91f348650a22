"""`reprieve drill` on a deployed account: what passes, what fails, and what it says."""

import pytest

from tests.support.account import REGIONS, Policy
from tests.support.drills import (
    APPROVED,
    DEPLOYED,
    SETTINGS,
    YES,
    blind,
    drill_account,
    drill_resources,
    keys_of_drills,
    root,
    rows,
)
from tests.support.operator import Operator, user_allowed


@pytest.fixture(scope="module")
def account(sandbox, deployments, tmp_path_factory):
    """Two Regions, with a role whose deletions are approved."""
    return drill_account(sandbox, deployments, tmp_path_factory.mktemp("account"))


@pytest.fixture
def operator(account):
    """The account's root, with the settings that were deployed."""
    return root(account)


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


def test_what_is_kept_is_named_and_the_next_drill_removes_it(account, operator):
    """--keep is for looking into the queue."""
    kept = rows(operator.run(*YES, "--keep", "--region", "eu-west-1"))["eu-west-1"]
    assert kept["kept"] in drill_resources(account, "eu-west-1")
    after = rows(operator.run(*YES, "--region", "eu-west-1"))["eu-west-1"]
    assert (after["removed"], after["kept"]) == (2, None)


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
