"""Runs that are interrupted, with the state in S3 and the real terraform: nothing stays locked."""

import json
import os
import signal
import subprocess
import sys
import threading
import time

import pytest
from moto.s3.responses import S3Response

from sandbox.core.account import ACCOUNT_ID
from sandbox.core.patching import wrap
from sandbox.deployment import PROJECT, STACK, Deployment, cdktf_command, deployer
from sandbox.processes import tool
from tests.support.programs import PYTHON_PROGRAM
from tests.support.state import SMALL, addresses

pytestmark = pytest.mark.long

REGION = "eu-west-1"
BUCKET = f"reprieve-state-{ACCOUNT_ID}"
KEY = "reprieve/reprieve.tfstate"
SETTINGS = {
    **SMALL,
    "REPRIEVE_STATE__BACKEND": "s3",
    "REPRIEVE_STATE__BUCKET": BUCKET,
    "REPRIEVE_STATE__REGION": REGION,
}
APP = f"""
import pathlib, runpy
pathlib.Path("started-synth").touch()
runpy.run_path({str(PROJECT / "main.py")!r}, run_name="__main__")
"""
# Notes which command has started, and becomes the real terraform.
TERRAFORM = f"""{PYTHON_PROGRAM}
import os, pathlib, sys
name = next((each for each in ("init", "plan", "apply") if each in sys.argv), "other")
pathlib.Path(os.environ["TEST_MARKS"], f"started-{{name}}").write_text(str(os.getpid()))
os.execv({tool("terraform")!r}, ["terraform", *sys.argv[1:]])
"""


@pytest.fixture(scope="module")
def deployment(sandbox, tmp_path_factory):
    """Deploy with the state in S3, from a directory with a main.py of its own."""
    client = sandbox.client("s3", REGION)
    client.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
    directory = tmp_path_factory.mktemp("interrupts")
    deployment = Deployment(sandbox, directory, settings=deployer(sandbox) | SETTINGS)
    deployment.deploy()
    (directory / "main.py").write_text(APP)
    wrapper = directory / "bin" / "terraform"
    wrapper.parent.mkdir()
    wrapper.write_text(TERRAFORM)
    wrapper.chmod(0o755)
    return deployment


@pytest.fixture
def objects(sandbox):
    """Return a function that lists the keys in the bucket: the state, and its lock."""
    client = sandbox.client("s3", REGION)
    return lambda: [each["Key"] for each in client.list_objects_v2(Bucket=BUCKET)["Contents"]]


def variables(deployment):
    """Return the environment of a command, with the terraform that notes when it starts."""
    wrapper = deployment.directory / "bin"
    return {
        **deployment.environment(),
        "PATH": f"{wrapper}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(PROJECT),
        "TEST_MARKS": str(deployment.directory),
    }


def diff(deployment, **credentials):
    """Start `reprieve diff`; a process that handles Ctrl-C, as of a terminal."""
    code = (
        "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); "
        "from reprieve.cli.__main__ import main; main()"
    )
    return subprocess.Popen(
        [sys.executable, "-c", code, "diff"],
        cwd=deployment.directory,
        env=variables(deployment) | credentials,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def wait_for(process, happened):
    """Wait until something has happened; fail if the process ends before, or it takes too long."""
    for _ in range(6000):  # five minutes
        if happened():
            return
        assert process.poll() is None, process.communicate()
        time.sleep(0.05)
    raise AssertionError("it did not happen")


def marks(deployment):
    """Return the files that show what has started, by their names."""
    return {path.name: path for path in deployment.directory.glob("started-*")}


@pytest.fixture(autouse=True)
def _no_marks(deployment):
    """Forget what earlier tests started."""
    for path in marks(deployment).values():
        path.unlink()


def test_a_plan_runs_while_somebody_deploys(deployment, sandbox, objects):
    """The lock of a deployment does not make it fail."""
    client = sandbox.client("s3", REGION)
    client.put_object(Bucket=BUCKET, Key=f"{KEY}.tflock", Body=b'{"ID": "1"}')
    try:
        process = diff(deployment)
        assert process.communicate()[0] == "no changes\n"
        assert process.returncode == 0
    finally:
        client.delete_object(Bucket=BUCKET, Key=f"{KEY}.tflock")


@pytest.mark.parametrize("moment", ["synth", "init", "plan"])
def test_a_plan_that_a_ci_runner_kills_leaves_nothing_locked(deployment, objects, moment):
    """SIGINT, 7.5 seconds later SIGTERM, 2.5 later SIGKILL, as GitHub's runner cancels a job."""
    process = diff(deployment)
    wait_for(process, lambda: f"started-{moment}" in marks(deployment))
    for number, seconds in ((signal.SIGINT, 7.5), (signal.SIGTERM, 2.5), (signal.SIGKILL, 60)):
        process.send_signal(number)
        try:
            process.communicate(timeout=seconds)
            break
        except subprocess.TimeoutExpired:
            continue
    assert process.returncode == 130
    for name, mark in marks(deployment).items():
        if name != "started-synth":
            with pytest.raises(ProcessLookupError):
                os.kill(int(mark.read_text()), 0)
    assert objects() == [KEY]
    deployment.synth()
    assert deployment.plan() == {}
    deployment.apply()


@pytest.fixture
def lock_reads():
    """Yield a semaphore that counts how often terraform has read who holds the lock."""
    reads = threading.Semaphore(0)

    def around(answer):
        def counted(self, request, *arguments, **options):
            answered = answer(self, request, *arguments, **options)
            by_terraform = "Terraform" in request.headers.get("User-Agent", "")
            if by_terraform and request.method == "GET" and request.path.endswith(".tflock"):
                reads.release()
            return answered

        return counted

    undo = wrap(S3Response, "key_response", around)
    yield reads
    undo()


def test_a_deployment_waits_for_the_lock(deployment, sandbox, objects, lock_reads):
    """With the variable that deploy.yml and docs/state.md set.

    The lock goes while terraform waits a second or more for its next try. Between a try and the
    look at who holds the lock, terraform would give up: it finds no lock to wait for.
    """
    client = sandbox.client("s3", REGION)
    lock = {"ID": "1", "Operation": "OperationTypeApply", "Who": "alice@laptop"}
    client.put_object(Bucket=BUCKET, Key=f"{KEY}.tflock", Body=json.dumps(lock).encode())
    process = cdktf_deploy(deployment, TF_CLI_ARGS_apply="-lock-timeout=10m")
    for _ in range(2):
        wait_for(process, lambda: lock_reads.acquire(blocking=False))
    client.delete_object(Bucket=BUCKET, Key=f"{KEY}.tflock")
    output = process.communicate()[0]
    assert process.returncode == 0, output
    assert objects() == [KEY]


def cdktf_deploy(deployment, **more):
    """Start `cdktf deploy`, as from a terminal."""
    return subprocess.Popen(
        [cdktf_command(), "deploy", STACK, "--auto-approve", "--skip-provider-lock"],
        cwd=deployment.directory,
        env=variables(deployment) | {"CI": "true"} | more,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_deployment_keeps_the_state_and_no_lock(deployment, objects, number):
    """cdktf waits for terraform, which writes what it did; the next deployment does the rest."""
    deployment.settings["REPRIEVE_NOTIFY__EMAILS"] = f"{number.name.lower()}@example.com"
    before = addresses(deployment)
    process = cdktf_deploy(deployment)
    wait_for(process, lambda: f"{KEY}.tflock" in objects())
    process.send_signal(number)
    output, _ = process.communicate()
    assert process.returncode == 1, output
    assert objects() == [KEY]
    assert len(addresses(deployment)) >= len(before) - 2
    deployment.cdktf("deploy", STACK, "--auto-approve")
    assert deployment.plan() == {}
