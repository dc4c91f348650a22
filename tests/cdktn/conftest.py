"""The tests of `make test-cdktn`: CDK Terrain, the successor of CDKTF, in its place."""

from collections.abc import Iterator

import pytest

from sandbox.server import Sandbox
from tests.support.quotas import UNHURRIED


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    """Run a sandbox for the tests of one module."""
    with Sandbox(quotas=UNHURRIED) as sandbox:
        yield sandbox
