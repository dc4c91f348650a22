"""`state.split` in HCP Terraform: a workspace for each stack, and runs one after the other."""

import subprocess

import pytest
from typer.testing import CliRunner

from reprieve.cli.main import app
from sandbox.processes import tool
from tests.e2e.hcp.conftest import HcpDeployment
from tests.e2e.hcp.runs import Worker
from tests.support.state import reprieve

pytestmark = pytest.mark.long

STACKS = ["reprieve", "reprieve-eu-west-1"]


@pytest.fixture(scope="module")
def split(sandbox, hcp, certificate, settings, tmp_path_factory):
    """Deploy one stack with its state in the stand-in; move the state to one for each Region."""
    directory = tmp_path_factory.mktemp("split")
    deployment = HcpDeployment(
        sandbox, directory, certificate, hcp.hostname, "token-of-alice", settings
    )
    deployment.deploy()
    deployment.settings["REPRIEVE_STATE__SPLIT"] = "region"
    moved = reprieve(deployment, "move-state", "--from", "account", "--yes")
    assert moved.returncode == 0, moved.stdout + moved.stderr
    return deployment, moved


@pytest.fixture
def remote(split, hcp, tmp_path):
    """Let HCP Terraform run terraform itself, in every workspace."""
    deployment, _ = split

    def terraform(directory, command):
        run = subprocess.run(
            [tool("terraform"), *command.split(), "-no-color"],
            cwd=directory,
            env=deployment.environment(),
            text=True,
            capture_output=True,
            check=True,
        )
        return run.stdout

    for stack in STACKS:
        hcp.organization.workspaces[stack].execution_mode = "remote"
    hcp.worker = Worker(tmp_path / "worker", terraform)
    yield
    for stack in STACKS:
        hcp.organization.workspaces[stack].execution_mode = "local"


def test_the_state_moves_to_a_workspace_for_each_stack(split, hcp):
    """Nothing stays locked, and every plan was checked."""
    _, moved = split
    assert "Checked: every plan is empty." in moved.stdout
    assert STACKS == sorted(hcp.organization.workspaces)
    assert all(each.locked_by is None for each in hcp.organization.workspaces.values())


@pytest.mark.usefixtures("remote")
def test_one_command_plans_every_stack_and_the_plans_are_reviewed_as_one(split, hcp_run, tmp_path):
    """The base stack first."""
    deployment, _ = split
    deployment.settings["REPRIEVE_NOTIFY__EMAILS"] = "security@example.com,oncall@example.com"
    deployment.synth()
    output = deployment.directory / "cdktf.out"
    planned = hcp_run(
        output / "any", "--all", "--output", str(output), "--json", str(tmp_path / "plan.json")
    )
    assert (planned.returncode, planned.stderr) == (0, "")
    assert [f"{each}:" for each in STACKS] == [
        line for line in planned.stdout.splitlines() if line.startswith("reprieve")
    ]
    files = [str(tmp_path / f"plan.{stack}.json") for stack in STACKS]
    review = CliRunner().invoke(app, ["diff", "--together", *files])
    assert review.exit_code == 3, review.output
    assert review.output.startswith("1 created; nothing weakens protection")
    assert "oncall@example.com" in review.output
