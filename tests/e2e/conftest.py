"""Reprieve, deployed to a local AWS by the real terraform and the real AWS provider."""

import os
import shutil
from collections.abc import Iterator

import pytest

from sandbox.server import Sandbox
from tests.support.account import REGIONS, Account
from tests.support.deployed import Deployments, deployments
from tests.support.quotas import UNHURRIED

__all__ = ["deployments"]  # a fixture of all the tests here


@pytest.fixture(scope="session", autouse=True)
def terraform() -> None:
    """Fail, rather than skip, where the tool that these tests are about is missing.

    Terraform and the provider run for seconds: collecting their garbage less often saves a fifth of
    the processors' time. A GOGC of the environment stays as it is.
    """
    os.environ.setdefault("GOGC", "400")
    if not shutil.which("terraform"):
        pytest.fail("terraform is not on PATH, and these tests run the real one. Install it.")


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    """Run a sandbox for the tests of one module: a process has no more than one at a time.

    Tests of different things follow each other within a second, so no rate limits their calls.
    A test of what happens above AWS's rates sets `sandbox.quotas`.
    """
    with Sandbox(quotas=UNHURRIED) as sandbox:
        yield sandbox


@pytest.fixture(scope="module")
def account(
    sandbox: Sandbox, deployments: Deployments, tmp_path_factory: pytest.TempPathFactory
) -> Account:
    """Deploy to two Regions, remediation on. Tests leave it as they found it."""
    directory = tmp_path_factory.mktemp("account")
    return deployments.account(sandbox, directory, REPRIEVE_REGIONS__WATCH=",".join(REGIONS))
