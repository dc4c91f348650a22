"""The backend that stores a stack's state, as the settings say."""

import os
from pathlib import Path

from reprieve.environment.requirements import TERRAFORM
from reprieve.settings.state import DEFAULT_HOSTNAME, StateSettings, local_file
from stacks.cdk import (
    CloudBackend,
    LocalBackend,
    NamedCloudWorkspace,
    S3Backend,
    S3BackendAssumeRoleConfig,
    TerraformStack,
)

_LOCKS_WITH_A_FILE = ">= {}.{}.0".format(*TERRAFORM)


def add_backend(stack: TerraformStack, name: str, state: StateSettings, outdir: Path) -> None:
    """Give a stack the backend of the settings; `name` is the stack's.

    It never contains credentials: Terraform finds them in the environment or in its own files.
    `outdir` is the folder that the app writes to.
    """
    if state.backend == "s3":
        _s3(stack, name, state)
    elif state.backend == "hcp":
        CloudBackend(
            stack,
            # Stated even where it is the default: TF_CLOUD_HOSTNAME must not move a state.
            hostname=state.hostname or DEFAULT_HOSTNAME,
            organization=_required(state.organization),
            workspaces=NamedCloudWorkspace(state.workspace_of(name), state.project),
        )
    else:
        LocalBackend(stack, path=_local_path(name, outdir))


def _local_path(name: str, outdir: Path) -> str:
    """Return the path of a state in the current directory, as terraform sees it from the stack.

    It is relative, so that a project can be moved, and a plan does not depend on where it is.
    Links are resolved first: `..` of a folder is the parent of what a link points to.
    """
    state = Path.cwd() / local_file(name)
    stack = outdir.resolve() / "stacks" / name
    try:
        return Path(os.path.relpath(state, stack)).as_posix()
    except ValueError:  # another drive, on Windows
        return state.as_posix()


def _s3(stack: TerraformStack, name: str, state: StateSettings) -> None:
    backend = S3Backend(
        stack,
        bucket=_required(state.bucket),
        key=state.key_of(name),
        region=_required(state.region),
        # Without a key the bucket's default encryption applies: any request would override it.
        encrypt=True if state.kms_key_id else None,
        kms_key_id=state.kms_key_id,
        assume_role=S3BackendAssumeRoleConfig(role_arn=state.role_arn) if state.role_arn else None,
    )
    # CDKTF's S3Backend is older than this argument, and knows only the lock in DynamoDB.
    backend.add_override("use_lockfile", True)
    stack.add_override("terraform.required_version", _LOCKS_WITH_A_FILE)


def _required(value: str | None) -> str:
    assert value, "the settings have been validated"  # noqa: S101
    return value
