"""A sandbox for the tests that use one. Other tests never start it."""

import pytest

from tests.support.emulated_account import REGION


@pytest.fixture(scope="module")
def running_sandbox():
    """Start a sandbox for the tests of one module. That takes a few hundredths of a second."""
    from sandbox.server import Sandbox

    with Sandbox() as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(running_sandbox):
    """Return a sandbox with an empty account and AWS's quotas."""
    from sandbox.core.quotas import Quotas

    running_sandbox.reset()
    running_sandbox.quotas = Quotas()
    return running_sandbox


@pytest.fixture
def kms(sandbox):
    """Return a KMS client of the account's root."""
    return sandbox.client("kms", REGION)


@pytest.fixture
def key(kms):
    """Return the id of a new key."""
    return kms.create_key()["KeyMetadata"]["KeyId"]
