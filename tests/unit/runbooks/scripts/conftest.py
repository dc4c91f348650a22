"""AWS as the scripts see it."""

import pytest

from tests.unit.runbooks.scripts.fake_aws import FakeAws


@pytest.fixture
def aws(monkeypatch):
    """Return an AWS in which no time passes."""
    found = FakeAws()
    monkeypatch.setattr("reprieve.runbooks.scripts.calls.boto3.client", found.client)
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    return found
