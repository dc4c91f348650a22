"""Where the state lives, as it is synthesised."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.synth.questions import EMAIL

MAIN = Path(__file__).resolve().parents[2] / "main.py"
EUROPE = {"REPRIEVE_REGIONS__WATCH": "eu-west-1"}
S3 = {
    "REPRIEVE_STATE__BACKEND": "s3",
    "REPRIEVE_STATE__BUCKET": "reprieve-state-111122223333",
    "REPRIEVE_STATE__REGION": "eu-west-1",
}
HCP = {"REPRIEVE_STATE__BACKEND": "hcp", "REPRIEVE_STATE__ORGANIZATION": "example"}
KEY_ARN = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-a6ef-1234567890ab"
ROLE_ARN = "arn:aws:iam::111122223333:role/teams/reprieve-state"


def terraform_block(stack):
    """Return the terraform block without the providers, which are not asked about here."""
    return {key: body for key, body in stack["terraform"].items() if key != "required_providers"}


def test_a_local_state_stands_beside_main_py(stack):
    """And nothing else is asked of Terraform."""
    local = {"local": {"path": "../../../terraform.reprieve.tfstate"}}
    assert {"backend": local} == terraform_block(stack)


def test_s3_with_what_is_required(synth):
    """The key has the stack's name; the lock is a file; the bucket's own encryption holds."""
    block = terraform_block(synth(**EUROPE, **S3))
    assert {
        "backend": {
            "s3": {
                "bucket": "reprieve-state-111122223333",
                "key": "reprieve/reprieve.tfstate",
                "region": "eu-west-1",
                "use_lockfile": True,
            }
        },
        "required_version": ">= 1.10.0",
    } == block


def test_s3_with_all_there_is(synth):
    """A key of one's own encrypts, a role of one's own reads and writes."""
    block = terraform_block(
        synth(
            **EUROPE,
            **S3,
            REPRIEVE_STATE__KEY="reprieve/production.tfstate",
            REPRIEVE_STATE__KMS_KEY_ID=KEY_ARN,
            REPRIEVE_STATE__ROLE_ARN=ROLE_ARN,
        )
    )
    assert {
        "bucket": "reprieve-state-111122223333",
        "key": "reprieve/production.tfstate",
        "region": "eu-west-1",
        "encrypt": True,
        "kms_key_id": KEY_ARN,
        "assume_role": {"role_arn": ROLE_ARN},
        "use_lockfile": True,
    } == block["backend"]["s3"]


def test_hcp_with_what_is_required(synth):
    """The workspace has the stack's name; the host is said, so that no variable moves the state."""
    assert {
        "cloud": {
            "hostname": "app.terraform.io",
            "organization": "example",
            "workspaces": {"name": "reprieve"},
        }
    } == terraform_block(synth(**EUROPE, **HCP))


def test_hcp_with_all_there_is(synth):
    """A Terraform Enterprise, a project, and another name for the workspace."""
    block = terraform_block(
        synth(
            **EUROPE,
            **HCP,
            REPRIEVE_STATE__HOSTNAME="terraform.example.com:8443",
            REPRIEVE_STATE__PROJECT="Security tools",
            REPRIEVE_STATE__WORKSPACE="reprieve-production",
        )
    )
    assert {
        "hostname": "terraform.example.com:8443",
        "organization": "example",
        "workspaces": {"name": "reprieve-production", "project": "Security tools"},
    } == block["cloud"]


@pytest.mark.parametrize("backend", [S3, HCP], ids=["s3", "hcp"])
def test_only_the_backend_differs(synth, backend):
    """Moving the state is no change of anything that is deployed."""
    local, other = synth(**EUROPE), synth(**EUROPE, **backend)
    for part in ("resource", "data", "provider", "output"):
        assert local[part] == other[part], part


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
