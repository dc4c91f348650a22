"""How terraform and cdktf are found and fed; that they work is for the tests of the sandbox."""

import pytest

from sandbox import deployment
from sandbox.core.account import ACCOUNT_ID
from sandbox.deployment import MIRROR_VARIABLE, Deployment
from sandbox.processes import CommandFailed
from sandbox.server import Sandbox

pytestmark = pytest.mark.slow


class NoSandbox(Sandbox):
    """A sandbox that nobody calls."""

    def environment(self, account=ACCOUNT_ID):
        """Return what leads to it."""
        return {"AWS_ENDPOINT_URL": "http://127.0.0.1:1"}


@pytest.fixture
def mirror(tmp_path):
    """Return a directory laid out as a filesystem mirror."""
    (tmp_path / "mirror/registry.terraform.io/hashicorp/aws").mkdir(parents=True)
    return tmp_path / "mirror"


def test_a_missing_terraform_is_said_in_a_sentence(tmp_path, monkeypatch):
    """Before cdktf runs, which would say that execvp failed."""
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(CommandFailed, match=r"terraform is not on PATH\. Install it"):
        Deployment(NoSandbox(), tmp_path).cdktf("deploy", "reprieve")


def test_the_mirror_that_the_variable_names_is_used(tmp_path, mirror, monkeypatch):
    """A CLI configuration file of its own tells Terraform."""
    monkeypatch.setenv(MIRROR_VARIABLE, str(mirror))
    monkeypatch.delenv("TF_CLI_CONFIG_FILE", raising=False)
    variables = deployment.provider_environment(tmp_path)
    configuration = (tmp_path / "terraform.tfrc").read_text()
    assert {"TF_CLI_CONFIG_FILE": str(tmp_path / "terraform.tfrc")} == variables
    assert f'path = "{mirror}"' in configuration


def test_a_named_mirror_without_the_provider_is_refused(tmp_path, monkeypatch):
    """Naming it was meant: going to the registry instead would be a guess."""
    monkeypatch.setenv(MIRROR_VARIABLE, str(tmp_path))
    monkeypatch.delenv("TF_CLI_CONFIG_FILE", raising=False)
    with pytest.raises(CommandFailed, match=rf"{MIRROR_VARIABLE}=.* holds no "):
        deployment.provider_environment(tmp_path)


def test_a_configuration_file_of_the_users_own_is_left_alone(tmp_path, monkeypatch):
    """It says where providers come from; one that is missing says nothing."""
    own = tmp_path / "own.tfrc"
    monkeypatch.setenv("TF_CLI_CONFIG_FILE", str(own))
    assert deployment.provider_environment(tmp_path)["TF_CLI_CONFIG_FILE"] != str(own)
    own.write_text("")
    assert deployment.provider_environment(tmp_path) == {"TF_CLI_CONFIG_FILE": str(own)}


def test_the_users_settings_and_credentials_stay_out(tmp_path, monkeypatch):
    """Neither REPRIEVE_… nor AWS_… nor TF_VAR_… of the caller reaches a command."""
    for name in ("REPRIEVE_REGIONS__WATCH", "AWS_PROFILE", "TF_VAR_x"):
        monkeypatch.setenv(name, "the user's")
    environment = Deployment(NoSandbox(), tmp_path).environment()
    assert [name for name, value in environment.items() if value == "the user's"] == []
    assert environment["AWS_ENDPOINT_URL"] == "http://127.0.0.1:1"


def test_the_users_state_is_left_alone(tmp_path):
    """What is deployed to the sandbox is not in the state that the user's file names."""
    settings_file = tmp_path / "reprieve.toml"
    settings_file.write_text(
        '[notify]\nemails = ["security@example.com"]\n[regions]\nwatch = ["eu-west-1"]\n'
        '[state]\nbackend = "hcp"\norganization = "example"\n'
    )
    deployment = Deployment(NoSandbox(), tmp_path / "work", settings_file=settings_file)
    assert [each for each in deployment.synth()["terraform"] if each != "required_providers"] == [
        "backend"
    ]
