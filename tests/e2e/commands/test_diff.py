"""`reprieve diff` on plans that the real terraform makes now; tests/unit/diff/plans/ has others."""

import json
import subprocess
import sys

import pytest

from sandbox.deployment import PROJECT, Deployment
from tests.support.account import REGIONS, Policy

pytestmark = pytest.mark.long

COMMAND = [sys.executable, "-c", "from reprieve.cli.main import app; app()", "diff"]
ROLE = "arn:aws:iam::111122223333:role/KeyAdministrator"


def run(deployment, *arguments, **environment):
    """Run the command where the deployment is; return how it ended."""
    return subprocess.run(
        [*COMMAND, *map(str, arguments)],
        cwd=deployment.directory,
        env={**deployment.environment(), "PYTHONPATH": str(PROJECT), **environment},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def diff(account, tmp_path):
    """Return a function: new settings in, what the command says of their plan out."""
    deployment = account.deployment
    former = dict(deployment.settings)

    def review(**settings: str):
        deployment.settings.update(settings)
        deployment.synth()
        deployment.plan()
        plan = tmp_path / "plan.json"
        plan.write_text(deployment.terraform("show", "-json", "plan"))
        result = run(deployment, plan)
        assert result.stderr == ""
        found = json.loads(run(deployment, "--format", "json", plan).stdout)
        assert result.returncode == found["exit_code"]
        return result, found["plans"][0]

    yield review
    deployment.settings.clear()
    deployment.settings.update(former)
    deployment.synth()


@pytest.fixture
def app(account):
    """The app in the directory of the deployment, as in a project of one's own."""
    main = account.deployment.directory / "main.py"
    source = str(PROJECT / "main.py")
    main.write_text(f"import runpy\nrunpy.run_path({source!r}, run_name='__main__')\n")
    yield account.deployment
    main.unlink()


def weak(found):
    """Return what is weakened: kinds, resources and where."""
    return {(each["kind"], each["resource"], *each["places"]) for each in found["weakenings"]}


def test_what_was_deployed_is_no_change(diff):
    """Although Terraform's first refresh finds "drift": the policies that it created itself."""
    result, found = diff()
    assert (result.returncode, result.stdout) == (0, "no changes\n")
    assert (found["drift"]["put_back"], found["drift"]["left"]) == ([], [])


def test_an_excluded_region_loses_its_guard(diff):
    """One sentence for all its resources. The other forwards events about the guard no more."""
    result, found = diff(REPRIEVE_REGIONS__WATCH="us-east-1")
    assert result.returncode == 4
    forwards = ("rule reprieve-guard-changed-forward", "rule reprieve-trail-changed-forward")
    assert weak(found) == {
        ("guard-lost", "eu-west-1", "eu-west-1"),
        *(("gone", rule, "us-east-1") for rule in forwards),
    }
    assert "eu-west-1: the whole guard is deleted (" in result.stdout
    assert "eu-west-1" not in {place for each in found["changes"] for place in each["places"]}


def test_an_address_for_another(diff):
    """The address that leaves is no longer notified; the one that comes weakens nothing."""
    result, found = diff(REPRIEVE_NOTIFY__EMAILS="oncall@example.com")
    assert result.returncode == 4
    gone = "subscription of security@example.com to reprieve-alerts"
    assert weak(found) == {("gone", gone, *REGIONS)}


def test_an_exempt_role(diff):
    """The rule matches less, and the text says whom it leaves out."""
    result, found = diff(REPRIEVE_EXEMPT__PRINCIPALS=ROLE)
    rule = "rule reprieve-key-deletion-scheduled"
    assert weak(found) == {("pattern-narrowed", rule, *REGIONS)}
    assert ROLE in result.stdout


def test_the_command_plans_by_itself_and_sees_what_was_done_by_hand(account, app):
    """What Terraform manages is put back; a policy that a role was given besides stays there."""
    events = account.sandbox.client("events", "us-east-1")
    events.disable_rule(Name="reprieve-key-disabled")
    iam = account.sandbox.client("iam", "us-east-1")
    names = {"RoleName": "reprieve-automation", "PolicyName": "more"}
    wide = {"Effect": "Allow", "Action": "kms:*", "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [wide]})
    iam.put_role_policy(**names, PolicyDocument=document)
    try:
        with Policy.of_topic(account, "eu-west-1").without("EventBridgePublishes"):
            result = run(app, "--quiet", "--format", "json")
    finally:
        events.enable_rule(Name="reprieve-key-disabled")
        iam.delete_role_policy(**names)
    assert (result.returncode, result.stderr) == (4, "")
    (found,) = json.loads(result.stdout)["plans"]
    assert found["plan"] == "reprieve"
    assert found["weakenings"] == []
    assert {each["resource"] for each in found["drift"]["put_back"]} == {
        "policy of topic reprieve-alerts",
        "rule reprieve-key-disabled",
    }
    assert [each["kind"] for each in found["drift"]["weakenings"]] == ["policy-widened"]


def test_a_plan_of_the_wrong_state_says_that_a_guard_is_deployed(account, app, tmp_path):
    """Such as that of another checkout, whose state is empty: everything would be created again."""
    (tmp_path / "main.py").write_text((app.directory / "main.py").read_text())
    elsewhere = Deployment(account.sandbox, tmp_path, settings=app.settings)
    result = run(elsewhere, "--quiet", "--format", "json")
    assert (result.returncode, result.stderr) == (4, "")
    (found,) = json.loads(result.stdout)["plans"]
    assert found["first"] is True
    assert weak(found) == {("state-lost", "topic reprieve-alerts", *REGIONS)}


def test_a_plan_that_fails_is_no_plan_without_changes(account, app):
    """Terraform's own words on standard error, and exit code 1."""
    nobody = {"AWS_ENDPOINT_URL": "http://127.0.0.1:1", "AWS_MAX_ATTEMPTS": "1"}
    result = run(app, **nobody)
    assert result.returncode == 1
    assert "no changes" not in result.stdout
    assert "Error:" in result.stderr
    assert "Traceback" not in result.stderr
