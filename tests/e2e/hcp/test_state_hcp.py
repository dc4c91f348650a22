"""The state in HCP Terraform, with the real terraform and cdktf against the stand-in."""

import json
import subprocess
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from typer.testing import CliRunner

from reprieve.cli.main import app
from sandbox.deployment import STACK
from sandbox.processes import CommandFailed, tool
from tests.e2e.hcp.conftest import ORGANIZATION, HcpDeployment
from tests.e2e.hcp.runs import Worker
from tests.support.state import PROMPT, SMALL, addresses, applying, reviewed, state, wait_until

pytestmark = pytest.mark.long

REGION = "eu-west-1"
# With a cloud block cdktf leaves no plan behind; what it prints is all there is.
NO_CHANGES = "No changes. Your infrastructure matches the configuration."
TWO_ADDRESSES = {"REPRIEVE_NOTIFY__EMAILS": "security@example.com,oncall@example.com"}


@dataclass
class Moved:
    """A deployment whose state was moved from a file to HCP Terraform, and its former state."""

    deployment: HcpDeployment
    before: dict


@pytest.fixture(scope="module")
def directory_of(sandbox, hcp, certificate, tmp_path_factory) -> Callable[..., HcpDeployment]:
    """Return a function: a token and settings in, a working directory of its own out."""

    def make(token: str, settings: dict[str, str]) -> HcpDeployment:
        directory = tmp_path_factory.mktemp(token)
        return HcpDeployment(sandbox, directory, certificate, hcp.hostname, token, settings)

    return make


@pytest.fixture(scope="module")
def moved(directory_of, settings):
    """Deploy with a local state, then move the state as docs/state.md says: init, and a yes."""
    deployment = directory_of("token-of-alice", SMALL)
    deployment.deploy()
    before = state(deployment)
    deployment.settings.update(settings)
    deployment.synth()
    subprocess.run(
        [tool("terraform"), "init", "-no-color"],
        cwd=deployment.stack_directory,
        env=deployment.environment() | {"TF_INPUT": "1"},
        input="yes\n",
        text=True,
        capture_output=True,
        check=True,
    )
    return Moved(deployment, before)


@pytest.fixture
def colleague(directory_of, moved):
    """Return a second working directory for the same workspace, with the token of another."""
    deployment = directory_of("token-of-bob", moved.deployment.settings)
    deployment.synth()
    deployment.init()
    return deployment


def workspace(hcp):
    """Return the workspace, as the stand-in has it."""
    return hcp.organization.workspaces[STACK]


def test_moving_from_local_to_hcp_loses_nothing(moved, hcp):
    """The same resources are there, in the project that was named; nothing is planned or locked."""
    stored = json.loads(workspace(hcp).current.content)
    assert moved.before["resources"] == stored["resources"]
    assert moved.before["outputs"] == stored["outputs"]
    assert workspace(hcp).project == "Security tools"
    assert workspace(hcp).locked_by is None
    assert moved.deployment.plan() == {}
    file = moved.deployment.directory / "terraform.reprieve.tfstate"
    assert moved.before == json.loads(file.read_text())


def test_a_colleague_sees_what_is_deployed(moved, colleague):
    """From another working directory, with another token, the plan is empty too."""
    assert addresses(moved.deployment) == addresses(colleague)
    assert colleague.plan() == {}


@pytest.mark.parametrize(
    ("token", "complaint"), [("token-of-nobody", "unauthorized"), ("", "Required token")]
)
def test_a_wrong_token_and_none_end_in_a_sentence(colleague, hcp, token, complaint):
    """Which names the host; the state is as it was."""
    before = workspace(hcp).current
    colleague.token = token
    with pytest.raises(CommandFailed) as refused:
        colleague.plan()
    assert complaint in str(refused.value)
    assert hcp.hostname in str(refused.value)
    assert before == workspace(hcp).current


def test_a_token_that_may_not_create_the_missing_workspace_ends_in_a_sentence(
    directory_of, settings, hcp
):
    """HCP Terraform does not tell what is missing from what may not be seen."""
    deployment = directory_of(
        "token-of-reader", settings | {"REPRIEVE_STATE__WORKSPACE": "reprieve-missing"}
    )
    deployment.synth()
    with pytest.raises(CommandFailed, match="error creating workspace reprieve-missing: resource"):
        deployment.init()
    assert "reprieve-missing" not in hcp.organization.workspaces


def test_a_missing_workspace_is_made_by_who_may_in_the_organizations_own_mode(
    directory_of, settings, hcp
):
    """Which is why docs/state.md has the workspace made before: the mode may be remote."""
    deployment = directory_of(
        "token-of-alice", settings | {"REPRIEVE_STATE__WORKSPACE": "reprieve-new"}
    )
    deployment.synth()
    hcp.organization.default_execution_mode = "remote"
    try:
        deployment.init()
    finally:
        hcp.organization.default_execution_mode = "local"
    made = hcp.organization.workspaces.pop("reprieve-new")
    assert (made.project, made.execution_mode) == ("Security tools", "remote")


def test_a_missing_organization_ends_in_a_sentence(directory_of, settings):
    """It names the organization, and the host that it was looked for at."""
    deployment = directory_of(
        "token-of-alice", settings | {"REPRIEVE_STATE__ORGANIZATION": "unknown"}
    )
    deployment.synth()
    with pytest.raises(CommandFailed, match=r'organization "unknown" at host localhost:\d+'):
        deployment.init()


def test_of_two_runs_the_second_is_locked_out(moved, colleague, hcp, tmp_path):
    """While somebody looks at a plan nobody else plans; the workspace's page says who it is."""
    moved.deployment.settings.update(TWO_ADDRESSES)
    moved.deployment.synth()
    output = tmp_path / "output"
    with applying(moved.deployment, output) as first:
        wait_until(first, lambda: PROMPT in output.read_text())
        with pytest.raises(CommandFailed) as refused:
            colleague.plan()
        assert "Error acquiring the state lock" in str(refused.value)
        assert f'(lock ID: "{ORGANIZATION}/{STACK}")' in " ".join(str(refused.value).split())
        assert workspace(hcp).locked_by.name == "alice"
        assert reviewed(colleague) == "no changes\n"  # without a lock
        assert workspace(hcp).locked_by.name == "alice"
        first.communicate("no\n")
    moved.deployment.settings.pop("REPRIEVE_NOTIFY__EMAILS")
    moved.deployment.synth()
    assert colleague.plan() == {}


def test_a_run_killed_between_plan_and_apply_loses_nothing(moved, colleague, hcp, tmp_path):
    """Its lock stays; force-unlock with the name of the workspace takes it away."""
    before = workspace(hcp).current
    moved.deployment.settings.update(TWO_ADDRESSES)
    moved.deployment.synth()
    output = tmp_path / "output"
    with applying(moved.deployment, output) as killed:
        wait_until(killed, lambda: PROMPT in output.read_text())
        killed.kill()
    moved.deployment.settings.pop("REPRIEVE_NOTIFY__EMAILS")
    moved.deployment.synth()
    assert workspace(hcp).locked_by.name == "alice"
    colleague.terraform("force-unlock", "-force", f"{ORGANIZATION}/{STACK}")
    assert workspace(hcp).locked_by is None
    assert before == workspace(hcp).current
    assert colleague.plan() == {}


@pytest.fixture
def remote(moved, hcp, tmp_path):
    """Let HCP Terraform run terraform itself: with AWS credentials of its own, as it needs."""

    def terraform(directory, command):
        run = subprocess.run(
            [tool("terraform"), *command.split(), "-no-color"],
            cwd=directory,
            env=moved.deployment.environment(),
            text=True,
            capture_output=True,
            check=True,
        )
        return run.stdout

    workspace(hcp).execution_mode = "remote"
    hcp.worker = Worker(tmp_path / "worker", terraform)
    yield
    workspace(hcp).execution_mode = "local"


@pytest.mark.usefixtures("remote")
def test_hcp_terraform_plans_and_deploys_what_is_uploaded(moved, hcp, hcp_run, sandbox, tmp_path):
    """A pull request's run plans, and its plan is reviewed; then another run deploys."""
    deployment = moved.deployment
    deployment.settings.update(TWO_ADDRESSES)
    deployment.synth()
    file = tmp_path / "plan.json"
    planned = hcp_run(deployment.stack_directory, "--json", str(file))
    assert (planned.returncode, planned.stderr) == (0, "")
    assert "Plan: 1 to add, 0 to change, 0 to destroy." in planned.stdout
    review = CliRunner().invoke(app, ["diff", str(file)])
    assert review.exit_code == 3, review.output
    assert "oncall@example.com" in review.output
    assert len(subscriptions(sandbox)) == 1

    workspace(hcp).auto_apply = True
    applied = hcp_run(deployment.stack_directory, "--apply")
    assert (applied.returncode, applied.stdout.splitlines()[-1]) == (0, "Applied.")
    assert len(subscriptions(sandbox)) == 2
    # What it left is what terraform here goes on with.
    workspace(hcp).execution_mode = "local"
    assert deployment.plan() == {}
    deployment.settings.pop("REPRIEVE_NOTIFY__EMAILS")
    deployment.synth()
    deployment.apply()


def subscriptions(sandbox):
    """Return the subscriptions that there are."""
    return sandbox.client("sns", REGION).list_subscriptions()["Subscriptions"]


def test_diff_change_deploy_and_destroy_through_cdktf(moved, hcp, sandbox):
    """The life of a state in HCP Terraform, to its end, with the cdktf command line."""
    deployment = moved.deployment
    assert NO_CHANGES in deployment.cdktf("diff", STACK)
    deployment.settings.update(TWO_ADDRESSES)
    assert "Plan: 1 to add, 0 to change, 0 to destroy." in deployment.cdktf("diff", STACK)
    deployment.cdktf("deploy", STACK, "--auto-approve")
    assert len(subscriptions(sandbox)) == 2
    assert NO_CHANGES in deployment.cdktf("diff", STACK)
    deployment.cdktf("destroy", STACK, "--auto-approve")
    assert sandbox.client("sns", REGION).list_topics()["Topics"] == []
    assert addresses(deployment) == []
    assert workspace(hcp).locked_by is None
    serials = [version.serial for version in workspace(hcp).versions]
    assert sorted(set(serials)) == serials
