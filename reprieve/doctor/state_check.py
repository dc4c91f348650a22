"""Whether the place of Terraform's state can be reached. The state itself is not read."""

import os
from pathlib import Path

from reprieve.aws.account import Account, reason_and_hint
from reprieve.aws.parallel import run_with_timeout
from reprieve.doctor.reachable import reach
from reprieve.environment.check import Check
from reprieve.settings.state import DEFAULT_HOSTNAME, StateSettings


def state_check(
    state: StateSettings, account: Account | None, directory: Path, timeout: float
) -> Check:
    """Check the backend of the settings.

    Args:
        state: The settings of the state.
        account: With whose credentials a bucket is read; needed for the backend "s3" only.
        directory: The directory of the local state.
        timeout: After how many seconds a host is given up.
    """
    if state.backend == "s3" and account:
        return _bucket(state, account, timeout)
    if state.backend == "hcp":
        host = state.hostname or DEFAULT_HOSTNAME
        problem = reach(f"https://{host}/.well-known/terraform.json", timeout)
        if problem is None:
            return Check("State", f"HCP Terraform at {host} can be reached")
        hint = "Check state.hostname, and allow HTTPS to it, or set HTTPS_PROXY."
        return Check("State", f"HCP Terraform at {host} cannot be reached: {problem}.", hint)
    return _local(directory)


def _local(directory: Path) -> Check:
    files = sorted(each.name for each in directory.glob("terraform.*.tfstate"))
    if not os.access(directory, os.W_OK):
        found = f"The state cannot be written to {directory}."
        return Check("State", found, "Use a folder that you may write to.")
    return Check(
        "State", f"{', '.join(files)} in {directory}" if files else "local, nothing deployed"
    )


def _bucket(state: StateSettings, account: Account, timeout: float) -> Check:
    """Check that the bucket is there and may be listed: S3 API reference, HeadBucket."""
    region = state.region or ""

    def head() -> None:
        reader = account.assume(state.role_arn, region) if state.role_arn else account
        reader.client("s3", region).head_bucket(Bucket=state.bucket)

    try:
        run_with_timeout(timeout, head)
    except Exception as error:
        reason, hint = reason_and_hint(error)
        found = f"The bucket {state.bucket} cannot be read. {reason}"
        return Check("State", found, hint or "Check [state] and the permissions: docs/state.md.")
    return Check("State", f"the bucket {state.bucket} in {region}")
