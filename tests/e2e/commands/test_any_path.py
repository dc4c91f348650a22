"""A copy of the project in a folder whose name has a space and letters beyond ASCII."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from sandbox.deployment import LOCK_FILE, PROJECT, STACK, Deployment, deployer
from tests.support.synth import ONE_THREAT

pytestmark = pytest.mark.long

COPIED = ("main.py", "cdktf.json", "package.json", "Pipfile.lock", "reprieve", "stacks")
LINKED = (".venv", "node_modules")


@pytest.fixture(scope="module")
def copy(sandbox, tmp_path_factory):
    """Copy what a deployment needs; return its folder, and the sandbox's variables."""
    directory = tmp_path_factory.mktemp("any") / "Prüfung 測試"
    directory.mkdir()
    for name in COPIED:
        take = shutil.copytree if (PROJECT / name).is_dir() else shutil.copy
        take(PROJECT / name, directory / name)
    for name in LINKED:
        (directory / name).symlink_to(PROJECT / name)
    # It makes the configuration and the environment for the sandbox; the app stays the project's.
    deployment = Deployment(sandbox, directory / "build", settings=ONE_THREAT | deployer(sandbox))
    variables = deployment.environment()
    # As in a new shell: no Python on PATH has the packages.
    kept = [
        each
        for each in os.environ["PATH"].split(os.pathsep)
        if not Path(each).is_relative_to(PROJECT)
    ]
    variables["PATH"] = os.pathsep.join(kept)
    variables.pop("VIRTUAL_ENV", None)
    if (deployment.directory / LOCK_FILE).exists():
        shutil.copy(PROJECT / LOCK_FILE, directory)
    return directory, variables


def cdktf(copy, command, *options):
    """Run cdktf as people do."""
    directory, variables = copy
    if not (directory / LOCK_FILE).exists():
        options = (*options, "--skip-provider-lock")
    ended = subprocess.run(
        ["npx", "cdktf", command, STACK, *options],
        cwd=directory,
        env=variables,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout


# Preloaded too: it tells what Node was started with.
PROBE = "require('node:fs').writeFileSync('node_options', process.env.NODE_OPTIONS)"


def test_the_fast_bindings_are_active_there(copy):
    """Node, which jsii runs, gets the preload, and starts with it."""
    directory, variables = copy
    (directory / "probe.cjs").write_text(PROBE)
    subprocess.run(
        [directory / ".venv/bin/python", "main.py"],
        cwd=directory,
        env=variables | {"NODE_OPTIONS": f'--require "{directory}/probe.cjs"'},
        check=True,
    )
    options = (directory / "node_options").read_text()
    assert options.endswith(f' --require "{directory}/stacks/lazy_bindings.cjs"')


def test_cdktf_deploys_and_plans_there(copy, sandbox):
    """Without an active environment; the next plan is empty, and a key is rescued."""
    cdktf(copy, "deploy", "--auto-approve")
    assert "No changes." in cdktf(copy, "diff")
    assert (copy[0] / f"terraform.{STACK}.tfstate").exists()
    kms = sandbox.client("kms", "eu-west-1")
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    kms.schedule_key_deletion(KeyId=key)
    sandbox.settle()
    assert kms.describe_key(KeyId=key)["KeyMetadata"]["KeyState"] == "Disabled"
