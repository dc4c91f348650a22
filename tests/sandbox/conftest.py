"""A sandbox for the unit tests that ask for one; the others never start it."""

import pytest


@pytest.fixture(scope="module")
def running_sandbox():
    """A sandbox for the tests of one module: it starts in a few hundredths of a second."""
    from sandbox.server import Sandbox

    with Sandbox() as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(running_sandbox):
    """An empty account."""
    running_sandbox.reset()
    return running_sandbox
