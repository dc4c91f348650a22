"""Reprieve, deployed to a local AWS by the real terraform and the real AWS provider."""

import shutil
from collections.abc import Iterator

import pytest

from sandbox import Sandbox
from tests.sandbox.account import REGIONS, Account, deploy


@pytest.fixture(scope="session", autouse=True)
def terraform() -> None:
    """Fail, rather than skip, where the tool that these tests are about is missing."""
    if not shutil.which("terraform"):
        pytest.fail("terraform is not on PATH, and these tests run the real one. Install it.")


@pytest.fixture(scope="session")
def account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Account]:
    """Two Regions, remediation on. Tests leave it as they found it."""
    with Sandbox() as sandbox:
        deployment = deploy(
            sandbox,
            tmp_path_factory.mktemp("account"),
            REPRIEVE_REGIONS__WATCH=",".join(REGIONS),
        )
        yield Account(sandbox, deployment)
