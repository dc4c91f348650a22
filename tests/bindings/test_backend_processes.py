"""Where the state lives, as main.py synthesises it in a process of its own."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.synth import EMAIL
from tests.synth.test_backend import EUROPE, HCP, S3, terraform_block

MAIN = Path(__file__).resolve().parents[2] / "main.py"


@pytest.mark.parametrize("backend", [S3, HCP], ids=["s3", "hcp"])
def test_no_credential_gets_into_the_json(tmp_path, backend):
    """Whatever the environment has of them, and by whatever name."""
    credentials = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
    tokens = ("TF_TOKEN_app_terraform_io", "TFE_TOKEN", "TERRAFORM_CLOUD_TOKEN")
    treasures = dict.fromkeys((*credentials, *tokens), "hidden-treasure")
    environment = os.environ | EMAIL | EUROPE | backend | treasures
    # A process of its own: jsii's Node sees the environment as it was when it started.
    subprocess.run([sys.executable, MAIN], cwd=tmp_path, env=environment, check=True)
    text = (tmp_path / "cdktf.out/stacks/reprieve/cdk.tf.json").read_text()
    assert "hidden-treasure" not in text
    block = json.dumps(terraform_block(json.loads(text)))
    for argument in ("token", "access_key", "secret_key", "endpoint", "skip_", "path_style"):
        assert argument not in block


@pytest.mark.parametrize("backend", [S3, HCP], ids=["s3", "hcp"])
def test_synthesis_runs_no_terraform(tmp_path, backend):
    """CDKTF's cloud backend would ask for its version, and a machine that only synthesises fail."""
    terraform = tmp_path / "bin/terraform"
    terraform.parent.mkdir()
    terraform.write_text(f'#!/bin/sh\ntouch "{tmp_path}/was-run"\nexit 1\n')
    terraform.chmod(0o755)
    path = {"PATH": f"{terraform.parent}:{os.environ['PATH']}"}
    environment = os.environ | EMAIL | EUROPE | backend | path
    subprocess.run([sys.executable, MAIN], cwd=tmp_path, env=environment, check=True)
    assert not (tmp_path / "was-run").exists()
    assert (tmp_path / "cdktf.out/stacks/reprieve/cdk.tf.json").exists()
