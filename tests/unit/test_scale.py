"""The figures of docs/organizations.md about a thousand accounts."""

import pytest

from reprieve.settings.organization import OrganizationSettings
from tools.rollout_table import rollout_rows, status_rows
from tools.scale_table import price_rows, scale_rows


def figure(what):
    """Return the figure of a row of the table."""
    return next(row[1] for row in scale_rows() if row[0] == what)


def test_the_heartbeats_are_those_of_every_region():
    """1,000 accounts, 17 Regions, one each five minutes."""
    assert figure("heartbeats at the hub") == f"{1000 * 17 * 288:,} a day, 57 a second"
    assert figure("price of the heartbeats") == "US$ 146.88 a month"


@pytest.mark.slow
def test_alarms_and_patrols_are_nearly_the_whole_price():
    """Without both, only the heartbeats are left."""
    prices = [float(row[1]) for row in price_rows()]
    assert prices == sorted(prices, reverse=True)
    assert prices[-1] < prices[0] / 100


def test_a_roll_out_of_every_way_has_a_row():
    """The first one with the default settings, which tolerate failures."""
    rows = rollout_rows()
    assert rows[0][3] == "18,000 stacks are deployed"
    assert "it stops" in rows[-1][3]
    found = OrganizationSettings()
    assert (found.concurrent_accounts, found.tolerated_failures) == ("10%", "10%")
    assert found.parallel_regions is False


@pytest.mark.parametrize("row", status_rows())
def test_every_measurement_is_complete(row):
    """Of a thousand accounts."""
    assert len(row) == 7
    assert row[1] == "1,000"
