"""`state.split`, with the real terraform: one deployment in other stacks, and nothing changes."""

import json
from pathlib import Path

import pytest

from sandbox.deployment import Deployment
from sandbox.processes import CommandFailed, tool
from tests.support.state import SMALL, reprieve

pytestmark = pytest.mark.long

BUCKET = "reprieve-state-111122223333"
SETTINGS = SMALL | {"REPRIEVE_REGIONS__WATCH": "eu-west-1,eu-west-2,us-east-1"}
STACKS = {
    "account": ["reprieve"],
    "area": ["reprieve", "reprieve-europe-west", "reprieve-us"],
    "region": ["reprieve", "reprieve-eu-west-1", "reprieve-eu-west-2", "reprieve-us-east-1"],
}


@pytest.fixture
def deployment(sandbox, deployments, tmp_path_factory):
    """Deploy three Regions in two areas, in one stack; each test gets a copy."""
    directory = tmp_path_factory.mktemp("split")
    return deployments.account(sandbox, directory, **SETTINGS).deployment


def split_by(deployment: Deployment, split: str) -> None:
    """Change the setting, without moving the state."""
    deployment.settings["REPRIEVE_STATE__SPLIT"] = split


def move(deployment: Deployment, old: str, new: str, *options: str, **variables: str):
    """Change the setting and move the state."""
    split_by(deployment, new)
    return reprieve(deployment, "move-state", "--from", old, "--yes", *options, **variables)


def states(deployment: Deployment) -> dict[str, list[str]]:
    """Return the addresses in each local state, without data sources and markers."""
    found = {}
    for file in deployment.directory.glob("terraform.*.tfstate"):
        resources = json.loads(file.read_text())["resources"]
        found[file.name.split(".")[1]] = sorted(
            f"{each['type']}.{each['name']}"
            for each in resources
            if each["mode"] == "managed" and each["type"] != "terraform_data"
        )
    return {stack: addresses for stack, addresses in found.items() if addresses}


def resources(deployment: Deployment) -> list[str]:
    """Return the addresses of all states: each once, if none is in two states."""
    return sorted(address for each in states(deployment).values() for address in each)


def terraform_that_fails(directory: Path, push: int) -> str:
    """Return a terraform that is killed before the push with this number."""
    script, count = directory / f"terraform-{push}", directory / f"count-{push}"
    script.write_text(
        f'#!/bin/sh\nif [ "$1 $2" = "state push" ]; then\n  echo >> {count}\n'
        f"  [ $(wc -l < {count}) -eq {push} ] && exit 9\nfi\n"
        f'exec {tool("terraform")} "$@"\n'
    )
    script.chmod(0o755)
    return str(script)


def test_a_state_moves_through_all_splits_and_every_plan_stays_empty(deployment):
    """There and back."""
    before = resources(deployment)
    roles = [each for each in before if each.startswith("aws_iam_")]
    assert roles
    for old, new in (("account", "area"), ("area", "region")):
        moved = move(deployment, old, new)
        assert moved.returncode == 0, moved.stdout + moved.stderr
        assert "Checked: every plan is empty." in moved.stdout
        assert before == resources(deployment)
        assert STACKS[new] == sorted(states(deployment))
        assert roles == states(deployment)["reprieve"]
    assert list(deployment.directory.glob("terraform.reprieve.tfstate.before-move-*"))
    back = move(deployment, "region", "account", "--no-plan")
    assert back.returncode == 0, back.stdout + back.stderr
    assert "The plans were not checked (--no-plan)." in back.stdout
    assert before == states(deployment)["reprieve"] == resources(deployment)
    deployment.synth()
    deployment.init()
    assert deployment.plan() == {}


def test_a_move_that_is_interrupted_loses_nothing_and_continues(deployment, tmp_path):
    """Killed between the writes: a unit test has every moment."""
    before = resources(deployment)
    failing = terraform_that_fails(tmp_path, 3)
    stopped = move(deployment, "account", "region", "--no-plan", TERRAFORM_BINARY_NAME=failing)
    assert stopped.returncode == 1, stopped.stdout + stopped.stderr
    assert before == sorted(set(resources(deployment)))
    again = move(deployment, "account", "region", "--no-plan")
    assert again.returncode == 0, again.stdout + again.stderr
    assert "An earlier move was interrupted. This one continues it." in again.stdout
    assert before == resources(deployment)
    assert STACKS["region"] == sorted(states(deployment))


def test_a_diff_reports_a_state_that_was_not_moved(deployment):
    """The base stack has no plan, and the parts would create what exists."""
    split_by(deployment, "area")
    refused = reprieve(deployment, "diff")
    assert refused.returncode == 1
    assert "Provider configuration not present" in refused.stderr
    assert "Do not deploy before." in refused.stderr
    assert "exists in the account, but the state of this plan does not" in refused.stdout


@pytest.mark.parametrize(("split", "other"), [("area", "region"), ("region", "area")])
def test_a_split_state_is_planned_with_its_own_split_only(deployment, split, other):
    """With another one, the base stack has no plan. It is deployed first, so nothing is."""
    moved = move(deployment, "account", split, "--no-plan")
    assert moved.returncode == 0, moved.stdout + moved.stderr
    for wrong in ("account", other):
        split_by(deployment, wrong)
        deployment.synth()
        deployment.init()
        with pytest.raises(CommandFailed, match=f"split_by_{split}__run_reprieve_move_state"):
            deployment.terraform("plan")


def test_what_is_not_deployed_is_not_moved(deployment):
    """A move changes nothing, so the old layout has to be deployed."""
    before = states(deployment)
    deployment.settings["REPRIEVE_NOTIFY__EMAILS"] = "b@example.com"
    refused = move(deployment, "account", "area")
    assert refused.returncode == 1
    assert "in the states, and in no stack of the new layout." in refused.stderr
    deployment.settings["REPRIEVE_NOTIFY__EMAILS"] = "security@example.com"
    deployment.settings["REPRIEVE_RESOURCES__TAGS"] = "Team=security"
    refused = move(deployment, "account", "area")
    assert refused.returncode == 1
    assert "The plan of reprieve has changes: " in refused.stderr
    assert before == states(deployment)


def test_an_excluded_region_loses_its_guard_with_cdktf(deployment, sandbox):
    """Its stack stays, and is empty."""
    moved = move(deployment, "account", "region", "--no-plan")
    assert moved.returncode == 0, moved.stdout + moved.stderr
    deployment.settings["REPRIEVE_REGIONS__EXCLUDE"] = "eu-west-2"
    deployment.cdktf("deploy", "reprieve*", "--auto-approve", "--parallelism", "1")
    assert sandbox.client("sns", "eu-west-2").list_topics()["Topics"] == []
    assert len(sandbox.client("sns", "eu-west-1").list_topics()["Topics"]) == 1
    assert sorted(states(deployment)) == ["reprieve", "reprieve-eu-west-1", "reprieve-us-east-1"]
    # Nothing is left of it, so the Region may leave the settings.
    deployment.settings["REPRIEVE_REGIONS__WATCH"] = "eu-west-1,us-east-1"
    del deployment.settings["REPRIEVE_REGIONS__EXCLUDE"]
    reviewed = reprieve(deployment, "diff")
    assert (reviewed.returncode, reviewed.stdout) == (0, "no changes\n")


def test_a_state_in_s3_is_split_there(deployment, sandbox):
    """Each stack has an object of its own."""
    s3 = sandbox.client("s3", "eu-west-1")
    s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    local = deployment.directory / "terraform.reprieve.tfstate"
    s3.put_object(Bucket=BUCKET, Key="kms/old.tfstate", Body=local.read_bytes())
    local.unlink()
    deployment.settings |= {
        "REPRIEVE_STATE__BACKEND": "s3",
        "REPRIEVE_STATE__BUCKET": BUCKET,
        "REPRIEVE_STATE__REGION": "eu-west-1",
        "REPRIEVE_STATE__KEY": "kms/STACK.tfstate",
        "REPRIEVE_STATE__SPLIT": "area",
    }
    moved = reprieve(
        deployment, "move-state", "--from", "account", "--from-name", "kms/old.tfstate", "--yes"
    )
    assert moved.returncode == 0, moved.stdout + moved.stderr
    assert "Checked: every plan is empty." in moved.stdout
    keys = {each["Key"] for each in s3.list_objects_v2(Bucket=BUCKET)["Contents"]}
    assert keys == {"kms/old.tfstate", *(f"kms/{each}.tfstate" for each in STACKS["area"])}
