"""The measurement of `reprieve status --organization`, with few accounts."""

import math

import pytest

from bench import organization
from bench.organization import Case
from tests.support.bench import organization_part

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def part(tmp_path_factory):
    """Measure twenty accounts without a limit."""
    directory = tmp_path_factory.mktemp("bench")
    return organization.run([Case(20, math.inf, "no limit")], directory, lambda text: None)


def test_every_stack_and_every_failure_is_shown(part):
    """17 Regions, the roles, and the accounts that Terraform deploys."""
    (row,) = part["rows"]
    assert row.keys() == organization_part()["rows"][0].keys()
    assert row["instances"] == 20 * (17 + 1)
    assert row["rows"] == row["instances"] + 2
    assert row["failed"] == 17
    assert row["throttled"] == 0
    assert not organization.is_failed(part)


def test_a_run_that_shows_too_little_fails(part):
    """The measurement would be worth nothing."""
    (row,) = part["rows"]
    for wrong in ({"failed": 0}, {"rows": 5}):
        assert organization.is_failed({"rows": [row | wrong]})
