"""Where the state lives, as it is synthesised."""

from pathlib import Path

import pytest

from reprieve.settings.state import StateSettings
from stacks.backend import add_backend
from stacks.cdk import App, TerraformStack

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


@pytest.mark.parametrize(
    ("outdir", "path"),
    [
        ("cdktf.out", "../../../terraform.reprieve.tfstate"),
        ("build/diff", "../../../../terraform.reprieve.tfstate"),
        (".", "../../terraform.reprieve.tfstate"),
        ("../out", "../../../project/terraform.reprieve.tfstate"),
    ],
)
def test_the_local_state_is_the_same_whatever_the_output_folder(
    outdir, path, tmp_path, monkeypatch
):
    """Otherwise a plan in another folder would create the deployed guard a second time."""
    project = tmp_path / "project"
    project.mkdir()
    monkeypatch.chdir(project)
    for given in (Path(outdir), project / outdir):
        stack = TerraformStack(App(outdir=str(tmp_path / "any")), "reprieve")
        add_backend(stack, "reprieve", StateSettings(), given)
        assert stack.to_terraform()["terraform"]["backend"] == {"local": {"path": path}}


def test_a_link_in_the_path_of_the_output_folder_is_followed(tmp_path, monkeypatch):
    """From there `..` leads to the parent of what the link points to."""
    (tmp_path / "disk" / "far").mkdir(parents=True)
    (tmp_path / "out").symlink_to(tmp_path / "disk" / "far")
    monkeypatch.chdir(tmp_path)
    stack = TerraformStack(App(outdir=str(tmp_path / "any")), "reprieve")
    add_backend(stack, "reprieve", StateSettings(), Path("out"))
    local = stack.to_terraform()["terraform"]["backend"]["local"]
    assert local == {"path": "../../../../terraform.reprieve.tfstate"}


def test_s3_with_what_is_required(synth):
    """The key has the stack's name; the lock is a file; the bucket's own encryption holds."""
    block = terraform_block(synth(**EUROPE, **S3))
    assert block == {
        "backend": {
            "s3": {
                "bucket": "reprieve-state-111122223333",
                "key": "reprieve/reprieve.tfstate",
                "region": "eu-west-1",
                "use_lockfile": True,
            }
        },
        "required_version": ">= 1.10.0",
    }


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
    assert block["backend"]["s3"] == {
        "bucket": "reprieve-state-111122223333",
        "key": "reprieve/production.tfstate",
        "region": "eu-west-1",
        "encrypt": True,
        "kms_key_id": KEY_ARN,
        "assume_role": {"role_arn": ROLE_ARN},
        "use_lockfile": True,
    }


def test_hcp_with_what_is_required(synth):
    """The workspace has the stack's name; the host is said, so that no variable moves the state."""
    assert terraform_block(synth(**EUROPE, **HCP)) == {
        "cloud": {
            "hostname": "app.terraform.io",
            "organization": "example",
            "workspaces": {"name": "reprieve"},
        }
    }


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
    assert block["cloud"] == {
        "hostname": "terraform.example.com:8443",
        "organization": "example",
        "workspaces": {"name": "reprieve-production", "project": "Security tools"},
    }


@pytest.mark.parametrize("backend", [S3, HCP], ids=["s3", "hcp"])
def test_only_the_backend_differs(synth, backend):
    """Moving the state is no change of anything that is deployed."""
    local, other = synth(**EUROPE), synth(**EUROPE, **backend)
    for part in ("resource", "data", "provider", "output"):
        assert local[part] == other[part], part
