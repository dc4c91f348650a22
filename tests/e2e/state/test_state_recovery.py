"""Runs that end in the middle of an apply, and the way out that docs/state.md describes."""

import json
import re
import signal

import pytest

from sandbox.deployment import Deployment
from sandbox.processes import CommandFailed
from tests.support.state import SMALL, addresses, applying, lock_id, wait_until

pytestmark = pytest.mark.long

REGION = "eu-west-1"
BUCKET = "reprieve-state-111122223333"
KEY = "reprieve/reprieve.tfstate"
# What AWS refuses to make twice.
UNIQUE = {
    "aws_iam_role.remediation_automation-role",
    "aws_iam_role.remediation_eventbridge-role",
    "aws_ssm_document.eu-west-1_runbook",
}


@pytest.fixture
def s3(sandbox):
    """Return a client of an account that contains only the bucket of the state."""
    sandbox.reset()
    client = sandbox.client("s3", REGION)
    client.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
    return client


@pytest.fixture
def deployment(sandbox, s3, tmp_path):
    """Return a deployment whose state is to be in the bucket, and whose apply has not begun."""
    settings = {
        "REPRIEVE_STATE__BACKEND": "s3",
        "REPRIEVE_STATE__BUCKET": BUCKET,
        "REPRIEVE_STATE__REGION": REGION,
    }
    deployment = Deployment(sandbox, tmp_path / "deployment", settings=SMALL | settings)
    deployment.synth()
    deployment.init()
    return deployment


def keys(s3):
    """Return the keys of all objects in the bucket."""
    return [each["Key"] for each in s3.list_objects_v2(Bucket=BUCKET).get("Contents", [])]


def created(output):
    """Return the addresses that terraform says it has created, without their suffixes."""
    found = re.findall(r"^(\S+)_[0-9A-F]{8}: Creation complete", output.read_text(), re.MULTILINE)
    return set(found)


def name_of(deployment, address):
    """Return the name of a resource of the synthesised stack: what `terraform import` takes."""
    stack = json.loads((deployment.stack_directory / "cdk.tf.json").read_text())
    kind, name = address.split(".")
    return stack["resource"][kind][name]["name"]


def test_a_run_killed_in_the_middle_of_an_apply_is_recovered(deployment, s3, sandbox, tmp_path):
    """Unlock, plan, apply, import what AWS makes only once, apply: all there, and nothing twice."""
    output = tmp_path / "output"
    with applying(deployment, output, "-auto-approve") as killed:
        wait_until(killed, lambda: created(output) >= UNIQUE)
        killed.kill()
    # It had no time to write what it had made: the worst case.
    assert keys(s3) == [f"{KEY}.tflock"]

    with pytest.raises(CommandFailed) as refused:
        deployment.plan()
    deployment.terraform("force-unlock", "-force", lock_id(str(refused.value)))
    planned = deployment.plan()
    assert set(map(tuple, planned.values())) == {("create",)}

    with pytest.raises(CommandFailed) as refused:
        deployment.apply()
    exists = re.findall(
        r"Error: creating .*?AlreadyExists.*?with (\S+),", str(refused.value), re.DOTALL
    )
    assert UNIQUE == {address.rpartition("_")[0] for address in exists}
    for address in exists:
        deployment.terraform("import", address, name_of(deployment, address))
    deployment.apply()

    assert deployment.plan() == {}
    assert planned.keys() == {each for each in addresses(deployment) if each[:5] != "data."}
    assert keys(s3) == [KEY]
    assert len(sandbox.client("sns", REGION).list_subscriptions()["Subscriptions"]) == 1
    deployment.terraform("destroy", "-auto-approve", "-parallelism=40")
    assert sandbox.client("iam", REGION).list_roles()["Roles"] == []
    assert sandbox.client("events", REGION).list_rules()["Rules"] == []


def test_a_run_that_is_told_to_end_in_the_middle_of_an_apply_loses_nothing(
    deployment, s3, tmp_path
):
    """One SIGTERM, or Ctrl-C: terraform ends what it is at, writes the state, and unlocks it."""
    output = tmp_path / "output"
    with applying(deployment, output, "-auto-approve") as ended:
        wait_until(ended, lambda: created(output) >= UNIQUE)
        ended.send_signal(signal.SIGTERM)
        assert ended.wait(300) == 1
    assert keys(s3) == [KEY]
    assert created(output) <= {address.rpartition("_")[0] for address in addresses(deployment)}
    deployment.apply()
    assert deployment.plan() == {}
    deployment.terraform("destroy", "-auto-approve", "-parallelism=40")
