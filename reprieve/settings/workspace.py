"""Which Terraform workspace is selected, where only one has a use."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from reprieve.errors import ExitCode, ReprieveError
from reprieve.settings.state import StateSettings

_DEFAULT: Final = "default"


class WorkspaceError(ReprieveError):
    """A workspace is selected whose state is not the one that the settings name."""

    exit_code = ExitCode.USAGE


def check_workspace(
    state: StateSettings, stack: Path, environment: Mapping[str, str] = os.environ
) -> None:
    """Refuse any workspace but `default` with the backends "local" and "s3".

    There another workspace has another state: a plan would create the deployed guard a second time.
    With "hcp" the settings name the workspace, and Terraform checks it.

    Args:
        state: The settings `[state]`.
        stack: The directory that terraform runs in. It need not exist.
        environment: The variables that terraform gets.

    Raises:
        WorkspaceError: `TF_WORKSPACE`, or an earlier `terraform workspace select`, selects another.
    """
    if state.backend == "hcp":
        return
    # Terraform CLI documentation, "Environment Variables": TF_WORKSPACE, TF_DATA_DIR.
    selected = environment.get("TF_WORKSPACE", "")
    source, remedy = "TF_WORKSPACE", "Unset TF_WORKSPACE"
    if not selected:
        file = stack / (environment.get("TF_DATA_DIR") or ".terraform") / "environment"
        try:
            selected = file.read_text(encoding="utf-8").strip()
        except (OSError, ValueError):
            return
        source = str(file)
        remedy = f"Run `terraform -chdir={stack} workspace select {_DEFAULT}`"
    if selected in ("", _DEFAULT):
        return
    other = " For a second state in the bucket, set state.key." if state.backend == "s3" else ""
    raise WorkspaceError(
        f'{source} selects the Terraform workspace "{selected}", but with state.backend = '
        f'"{state.backend}" Reprieve only uses the workspace "{_DEFAULT}".',
        f"{remedy}.{other}",
    )
