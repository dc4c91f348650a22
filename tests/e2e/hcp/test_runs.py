"""What .ci/hcp-run says when HCP Terraform will not, or cannot, or waits for somebody."""

import json
import re
import time

import pytest

from tests.e2e.hcp.conftest import ORGANIZATION
from tests.e2e.hcp.runs import Worker
from tests.e2e.hcp.workspaces import User

PLAN = {"resource_changes": [{"address": "a.b", "change": {"actions": ["create"]}}]}


@pytest.fixture
def stack(tmp_path, hcp):
    """A folder with a cloud block, and with what must not be uploaded."""
    directory = tmp_path / "stack"
    directory.mkdir()
    write(directory, hcp.hostname, "reprieve")
    (directory / "plan").write_text("values of the account")
    (directory / "terraform.tfstate").write_text("{}")
    return directory


def write(directory, hostname, workspace):
    """Write a synthesised stack that has only its cloud block."""
    cloud = {
        "hostname": hostname,
        "organization": ORGANIZATION,
        "workspaces": {"name": workspace},
    }
    (directory / "cdk.tf.json").write_text(json.dumps({"terraform": {"cloud": cloud}}))


@pytest.fixture(autouse=True)
def workspace(hcp):
    """A workspace that runs remotely, without terraform: the runs' ends are what is asked for."""
    hcp.organization.workspaces.clear()
    space = hcp.organization.create_workspace(User("alice"), "reprieve", "prj-default")
    space.execution_mode = "remote"
    return space


class Scripted(Worker):
    """Plans what the test says, at once; remembers what was in the folder."""

    def __init__(self, directory, plan=PLAN, seconds=0):
        super().__init__(directory, self._run)
        self._plan = plan
        self._seconds = seconds
        self.uploaded = []

    def _run(self, directory, command):
        if command.startswith("init"):
            found = {path.name for path in directory.iterdir()}
            self.uploaded = sorted(found - {"override.tf.json"})
            time.sleep(self._seconds)
        if command.startswith("plan") and self._plan is None:
            raise ValueError("the plan fails")
        return json.dumps(self._plan)


@pytest.fixture
def worker(hcp, tmp_path):
    """Return a function that gives the stand-in a worker."""

    def make(**how):
        hcp.worker = Scripted(tmp_path / "worker", **how)
        return hcp.worker

    return make


def test_nothing_is_uploaded_that_was_not_synthesised(hcp_run, stack, worker):
    """No plan and no state: they hold values of the account."""
    scripted = worker()
    done = hcp_run(stack)
    assert (done.returncode, done.stderr) == (0, "")
    assert "Plan: 1 to add, 0 to change, 0 to destroy." in done.stdout
    assert scripted.uploaded == ["cdk.tf.json"]


def test_what_needs_somebody_is_not_said_to_be_done(hcp_run, stack, worker, hcp):
    """A run that is to be confirmed ends with a code of its own, and with where to do it."""
    worker()
    done = hcp_run(stack, "--apply", "--message", "Watch eu-west-2")
    assert done.returncode == 3
    (run,) = [each for each in hcp.runs.runs.values() if each.message == "Watch eu-west-2"]
    url = f"https://{hcp.hostname}/app/{ORGANIZATION}/reprieve/runs/{run.id}"
    assert f"Nothing is deployed yet: the run waits for somebody to confirm it. {url}" in (
        done.stdout
    )


def test_nothing_to_apply_is_said(hcp_run, stack, worker):
    """A run without changes is over once it is planned."""
    worker(plan={"resource_changes": [], "applyable": False})
    done = hcp_run(stack, "--apply")
    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, "Nothing was to be applied.")


def test_a_run_that_fails_fails_the_job(hcp_run, stack, worker, hcp):
    """Why is in HCP Terraform's log, whose place is named."""
    worker(plan=None)
    done = hcp_run(stack)
    assert done.returncode == 1
    assert f'The run ended as "errored". The reason is at https://{hcp.hostname}/' in done.stderr


def test_a_run_that_takes_too_long_is_left_alone(hcp_run, stack, worker):
    """It goes on, and that is said."""
    worker(seconds=5)
    done = hcp_run(stack, "--timeout", "1")
    assert done.returncode == 1
    assert re.match(
        r"The run is not over \(\w+\), and goes on\. See how it ends: https://", done.stderr
    )


@pytest.mark.parametrize(
    ("status", "code", "said"),
    [
        ("policy_override", 3, "Nothing is deployed yet"),
        ("policy_soft_failed", 1, 'The run ended as "policy soft failed".'),
        ("force_canceled", 1, 'The run ended as "force canceled".'),
    ],
)
def test_policies_and_people_can_stop_a_run(hcp_run, stack, worker, hcp, status, code, said):
    """HCP Terraform's policies, or a person stops it: no such run counts as done."""
    worker(plan={**PLAN, "applyable": True})
    create = hcp.runs.run

    def stopped(id):
        run = create(id)
        run.status = status
        return run

    hcp.runs.run = stopped
    try:
        done = hcp_run(stack, "--apply")
    finally:
        del hcp.runs.run
    assert code == done.returncode
    assert said in done.stdout + done.stderr


def test_a_plan_that_the_token_may_not_read_is_not_written(hcp_run, stack, worker, tmp_path):
    """The plan in JSON shows all values; HCP Terraform gives it to admins of the workspace."""
    worker()
    file = tmp_path / "plan.json"
    done = hcp_run(stack, "--json", str(file), who="reader")
    assert done.returncode == 1
    assert "json-output: 404 not found, or not authorized" in done.stderr
    assert not file.exists()


def test_what_cannot_be_run_is_said_before_anything_is_uploaded(hcp_run, stack, workspace, hcp):
    """Local execution mode, a working directory, a missing workspace, a wrong token, and none."""
    workspace.execution_mode = "local"
    assert_wrong(hcp_run(stack), "is in local execution mode")
    workspace.execution_mode = "remote"
    workspace.working_directory = "terraform"
    assert_wrong(hcp_run(stack), "has the working directory 'terraform'")
    assert_wrong(hcp_run(stack, who="nobody"), "does not know the token")
    assert_wrong(hcp_run(stack, who=None), f"There is no token for {hcp.hostname}. Set TF_TOKEN_")
    write(stack, hcp.hostname, "reprieve-missing")
    assert_wrong(hcp_run(stack), f"There is no workspace {ORGANIZATION}/reprieve-missing")
    write(stack, "terraform-one.example.com", "reprieve")
    assert_wrong(hcp_run(stack), "Set TF_TOKEN_terraform__one_example_com, or run: terraform login")
    (stack / "cdk.tf.json").write_text('{"terraform": {}}')
    assert_wrong(hcp_run(stack), 'Set state.backend = "hcp"')
    (stack / "cdk.tf.json").unlink()
    assert_wrong(hcp_run(stack), "Synthesise first: make synth.")


def assert_wrong(done, said):
    """Check that it ended as wrongly used, with this and no traceback."""
    assert done.returncode == 2
    assert said in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_host_that_is_not_there_ends_in_a_sentence(hcp_run, stack):
    """At once: it is only when a run is on its way that it is tried again."""
    write(stack, "localhost:1", "reprieve")
    credentials = {"TF_TOKEN_localhost:1": "any"}
    done = hcp_run(stack, environment=credentials)
    assert done.returncode == 1
    assert done.stderr.startswith("localhost:1 cannot be reached:")


def test_something_else_that_answers_is_not_believed(hcp_run, stack, hcp, monkeypatch):
    """A proxy's page, say: that is no answer of HCP Terraform's."""
    for page in (b"<html>", b"{}"):
        monkeypatch.setattr(hcp, "answer", lambda *request, page=page: (200, page))
        done = hcp_run(stack)
        assert done.returncode == 1
        assert f"What answers at {hcp.hostname} is not HCP Terraform" in done.stderr
        assert "Traceback" not in done.stderr


def test_where_the_plan_is_to_go_is_looked_at_before(hcp_run, stack, hcp, tmp_path):
    """Not when the run is over."""
    assert_wrong(hcp_run(stack, "--json", str(tmp_path / "none/plan.json")), "is no folder")
    assert_wrong(hcp_run(stack, "--json", str(tmp_path)), "is a folder")
