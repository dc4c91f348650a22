"""Which Terraform workspaces are refused."""

import pytest

from reprieve.settings.state import StateSettings
from reprieve.settings.workspace import WorkspaceError, check_workspace

S3 = StateSettings(backend="s3", bucket="reprieve-state-111122223333", region="eu-west-1")
HCP = StateSettings(backend="hcp", organization="example")


def selected(stack, name, folder=".terraform"):
    """Select a workspace as `terraform workspace select` does."""
    (stack / folder).mkdir()
    (stack / folder / "environment").write_text(name)


@pytest.mark.parametrize("state", [StateSettings(), S3])
def test_a_workspace_that_a_variable_selects_is_refused(state, tmp_path):
    """The error names the variable, the workspace, the rule and the remedy."""
    with pytest.raises(WorkspaceError) as refused:
        check_workspace(state, tmp_path, {"TF_WORKSPACE": "prod"})
    assert refused.value.exit_code == 2
    assert str(refused.value) == (
        'TF_WORKSPACE selects the Terraform workspace "prod", but with state.backend = '
        f'"{state.backend}" Reprieve only uses the workspace "default".'
    )
    assert refused.value.hint.startswith("Unset TF_WORKSPACE.")
    assert ("state.key" in refused.value.hint) == (state.backend == "s3")


def test_a_workspace_that_was_selected_earlier_is_refused(tmp_path):
    """Terraform remembers it beside the stack."""
    selected(tmp_path, "prod\n")
    with pytest.raises(WorkspaceError, match=r"\.terraform/environment selects .*\"prod\""):
        check_workspace(S3, tmp_path, {})


def test_the_directory_of_terraforms_data_may_be_another(tmp_path):
    """TF_DATA_DIR, relative to the stack."""
    selected(tmp_path, "prod", "data")
    check_workspace(S3, tmp_path, {})
    with pytest.raises(WorkspaceError):
        check_workspace(S3, tmp_path, {"TF_DATA_DIR": "data"})


def test_the_variable_counts_before_what_was_selected(tmp_path):
    """As in Terraform."""
    selected(tmp_path, "prod")
    check_workspace(S3, tmp_path, {"TF_WORKSPACE": "default"})


@pytest.mark.parametrize("variables", [{}, {"TF_WORKSPACE": ""}, {"TF_WORKSPACE": "default"}])
def test_the_default_workspace_is_the_one(variables, tmp_path):
    """Named or not, selected or not."""
    check_workspace(S3, tmp_path, variables)
    selected(tmp_path, "default")
    check_workspace(S3, tmp_path, variables)


def test_with_hcp_terraform_the_settings_name_the_workspace(tmp_path):
    """And Terraform refuses a variable that names another."""
    check_workspace(HCP, tmp_path, {"TF_WORKSPACE": "prod"})
