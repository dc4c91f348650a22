"""The workflows call what there is, hold no more rights than they need, and their scripts work."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml

from tests.support.programs import PYTHON_PROGRAM

pytestmark = pytest.mark.slow

PROJECT = Path(__file__).resolve().parents[2]
WORKFLOWS = {
    path.stem: yaml.safe_load(path.read_text())
    for path in sorted((PROJECT / ".github/workflows").glob("*.yml"))
}
JOBS = [(name, job) for name, each in WORKFLOWS.items() for job in each["jobs"].values()]
STEPS = [step for _, job in JOBS for step in job["steps"]]


def test_there_are_three():
    """The other tests are about something."""
    assert sorted(WORKFLOWS) == ["deploy", "drift", "pull-request"]


@pytest.mark.parametrize("name", WORKFLOWS)
def test_nothing_is_allowed_but_what_a_job_says(name):
    """No workflow as a whole has a right; each job says its own, ends, and gets in nobody's way."""
    workflow = WORKFLOWS[name]
    assert workflow["permissions"] == {}
    assert workflow["concurrency"]["group"]
    for job in workflow["jobs"].values():
        assert job["permissions"]["contents"] == "read"
        assert job["timeout-minutes"] <= 60


def test_a_fork_gets_no_credentials():
    """Only the plan has them; it runs for branches of the repository itself; never for a target."""
    # YAML reads the word `on` as true.
    assert "pull_request_target" not in str([each[True] for each in WORKFLOWS.values()])
    for job in WORKFLOWS["pull-request"]["jobs"].values():
        guarded = "head.repo.full_name == github.repository" in job.get("if", "")
        assert guarded == ("id-token" in job["permissions"])


def test_only_a_deployment_assumes_the_roles_that_change_something():
    """The jobs with the role that plans set REPRIEVE_READ_ONLY for all of their steps."""
    found = {}
    for name, job in JOBS:
        for step in job["steps"]:
            if role := step.get("with", {}).get("role-to-assume"):
                found[name] = (role, job.get("env", {}).get("REPRIEVE_READ_ONLY"))
    assert found == {
        "deploy": ("${{ vars.AWS_DEPLOY_ROLE }}", None),
        "drift": ("${{ vars.AWS_PLAN_ROLE }}", "1"),
        "pull-request": ("${{ vars.AWS_PLAN_ROLE }}", "1"),
    }


def test_a_deployment_is_approved_and_never_cut_off():
    """By an environment, which GitHub asks people for; then the state is looked at."""
    deploy = WORKFLOWS["deploy"]
    assert deploy["concurrency"]["cancel-in-progress"] is False
    (job,) = deploy["jobs"].values()
    assert job["environment"] == "production"
    assert job["steps"][-1]["run"] == "reprieve status"


def test_no_workflow_waits_for_another():
    """A deployment may wait for its approval for days, and drift must be found meanwhile."""
    groups = [each["concurrency"]["group"] for each in WORKFLOWS.values()]
    assert len(set(groups)) == len(WORKFLOWS)
    # Its plan takes no lock, so the newest of two runs is enough.
    assert WORKFLOWS["drift"]["concurrency"]["cancel-in-progress"] is True


def test_a_deployment_waits_for_the_lock_and_gets_the_signals_of_a_cancelled_job():
    """The runner only signals the shell of a step, so cdktf takes its place."""
    (job,) = WORKFLOWS["deploy"]["jobs"].values()
    (step,) = (step for step in job["steps"] if "cdktf deploy" in step.get("run", ""))
    assert step["run"].startswith("exec npx cdktf deploy")
    # cdktf deploys with `terraform apply`, which plans too.
    assert step["env"]["TF_CLI_ARGS_apply"] == "-lock-timeout=10m"
    assert step["env"]["CDKTF_TERRAFORM_PARALLELISM"] == "40"


def test_every_action_is_pinned():
    """By its commit, with the version beside it for people."""
    lines = [
        line.strip()
        for path in (PROJECT / ".github/workflows").glob("*.yml")
        for line in path.read_text().splitlines()
        if "uses:" in line
    ]
    assert len(lines) > 10
    for line in lines:
        assert re.fullmatch(r"- uses: [\w-]+/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", line), line


def test_a_checkout_leaves_no_token_behind():
    """A later step must not find credentials."""
    checkouts = [step for step in STEPS if "actions/checkout" in step.get("uses", "")]
    assert checkouts
    assert all(step["with"]["persist-credentials"] is False for step in checkouts)


@pytest.mark.parametrize("command", sorted({step["run"] for step in STEPS if "run" in step}))
def test_every_command_is_one_that_runs_anywhere(command):
    """A make target, a script of .ci/, the cdktf command or reprieve; with nothing filled in."""
    assert "${{" not in command
    program, argument = command.split()[:2]
    if program == "make":
        assert re.search(rf"^{argument}:", (PROJECT / "Makefile").read_text(), re.MULTILINE)
    elif program == "reprieve":
        assert argument in ("status", "diff")
    elif program.startswith(".ci/"):
        assert os.access(PROJECT / program, os.X_OK)
    else:
        known = (
            "exec npx cdktf deploy 'reprieve*' --auto-approve --parallelism 1",
            'echo "$PWD/.venv/bin" >> "$GITHUB_PATH"',
        )
        assert command in known


GH = """import json, pathlib, sys
store = pathlib.Path({store!r})
state = json.loads(store.read_text())
arguments = sys.argv[1:]
state["calls"].append(arguments[:3])
if arguments[0] == "api" and "--paginate" in arguments:
    print(json.dumps([state["comments"]]))
elif arguments[0] == "api":
    body = json.load(sys.stdin)["body"]
    if "POST" in arguments:
        state["comments"].append({{"id": len(state["comments"]) + 1, "body": body}})
    else:
        number = int(arguments[3].rpartition("/")[2])
        next(c for c in state["comments"] if c["id"] == number)["body"] = body
elif arguments[:2] == ["issue", "list"]:
    print(json.dumps([i for i in state["issues"] if i["open"]]))
elif arguments[:2] == ["issue", "create"]:
    title = arguments[arguments.index("--title") + 1]
    body = pathlib.Path(arguments[arguments.index("--body-file") + 1]).read_text()
    issue = {{"number": len(state["issues"]) + 1, "title": title, "body": body, "open": True}}
    state["issues"].append(issue)
elif arguments[:2] == ["issue", "edit"]:
    body = pathlib.Path(arguments[arguments.index("--body-file") + 1]).read_text()
    state["issues"][int(arguments[2]) - 1]["body"] = body
elif arguments[:2] == ["issue", "close"]:
    state["issues"][int(arguments[2]) - 1]["open"] = False
elif arguments[:2] != ["label", "create"]:
    sys.exit(f"unknown: {{arguments}}")
store.write_text(json.dumps(state))
"""


@pytest.fixture
def github(tmp_path):
    """A `gh` that keeps comments and issues in a file; gives a runner of scripts, and the state."""
    store = tmp_path / "github.json"
    store.write_text(json.dumps({"calls": [], "comments": [], "issues": []}))
    gh = tmp_path / "bin/gh"
    gh.parent.mkdir()
    gh.write_text(PYTHON_PROGRAM + GH.format(store=str(store)))
    gh.chmod(0o755)
    environment = {**os.environ, "PATH": f"{gh.parent}:{os.environ['PATH']}"}

    def run(script, first, text):
        file = tmp_path / "text.md"
        file.write_text(text)
        command = [sys.executable, PROJECT / ".ci" / script, first, file]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        return done.returncode

    return SimpleNamespace(run=run, state=lambda: json.loads(store.read_text()))


def test_the_comment_is_one_and_is_renewed(github):
    """Among others' comments, with each push."""
    assert github.run("comment", "7", "first") == 0
    assert github.run("comment", "7", "second") == 0
    (comment,) = github.state()["comments"]
    assert comment["body"].endswith("second")


def test_a_comment_that_is_too_long_is_refused(github):
    """GitHub would refuse it too; `reprieve diff` keeps below."""
    assert github.run("comment", "7", "x" * 66_000) == 2
    assert github.state()["calls"] == []


def test_the_drift_issue_is_opened_once_renewed_and_closed(github):
    """Day by day: drift, other drift, none, none."""
    assert github.run("drift-issue", "3", "a rule") == 0
    assert github.run("drift-issue", "4", "two rules") == 0
    (issue,) = github.state()["issues"]
    assert (issue["body"], issue["open"]) == ("two rules", True)
    assert github.run("drift-issue", "0", "nothing") == 0
    assert github.run("drift-issue", "0", "nothing") == 0
    (issue,) = github.state()["issues"]
    assert not issue["open"]


@pytest.mark.parametrize("code", ["1", "2"])
def test_a_plan_that_failed_touches_no_issue(github, code):
    """Nobody knows whether there is drift: an open issue stays open, and the job fails."""
    github.run("drift-issue", "3", "a rule")
    before = github.state()
    assert github.run("drift-issue", code, "") == 1
    assert before == github.state()


@pytest.mark.parametrize(("code", "ends"), [(0, 0), (3, 0), (4, 0), (1, 1), (2, 2)])
def test_the_diff_script_tells_changes_from_failures(tmp_path, code, ends):
    """Changes are for people to judge; a plan that failed fails the job."""
    reprieve = tmp_path / "reprieve"
    reprieve.write_text(f"#!/bin/sh\necho '### Reprieve'\nexit {code}\n")
    reprieve.chmod(0o755)
    output = tmp_path / "output"
    environment = {
        "PATH": f"{tmp_path}:{os.environ['PATH']}",
        "GITHUB_OUTPUT": str(output),
    }
    done = subprocess.run(
        [PROJECT / ".ci/diff", tmp_path / "plan.md"], env=environment, check=False
    )
    assert ends == done.returncode
    assert output.read_text() == f"code={code}\n"
    assert (tmp_path / "plan.md").read_text() == "### Reprieve\n"
