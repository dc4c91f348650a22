"""What AWS User Notifications sends about an account, with and without a hub."""

from typing import Any

import pytest

from reprieve.guard.guard import regional_guard
from reprieve.guard.notifications import account_notifications
from reprieve.location import Location
from reprieve.settings.schema import Settings

ID, OTHER = "111122223333", "222233334444"
FIRST, SECOND = "eu-west-1", "us-east-1"
CHANNEL = {"name": "mail", "type": "user-notifications", "address": "security@example.com"}
SEVERITIES = {"severities": ("critical", "warning", "info")}


def patterns(notify: dict[str, Any]) -> dict[str, str | None]:
    """Return the pattern of each rule of an account, by its id."""
    settings = Settings.model_validate(
        {
            "account": {"id": ID},
            "channel": [CHANNEL | SEVERITIES],
            "notify": {"emails": ["security@example.com"]} | notify,
            "regions": {"watch": [FIRST, SECOND]},
        }
    )
    guards = [regional_guard(settings, Location("aws", region, ID)) for region in (FIRST, SECOND)]
    (found,) = account_notifications(settings, guards)
    return {rule.id: rule.pattern for rule in found.rules}


@pytest.mark.parametrize("hub", [FIRST, SECOND])
@pytest.mark.parametrize("account", [ID, OTHER])
def test_a_hub_takes_nothing_from_it(hub, account):
    """It sends what happens in its own account, whichever Region or account has the hub."""
    without = patterns({})
    with_hub = patterns({"topology": "hub", "hub": {"account": account, "region": hub}})
    assert {"key-deletion-scheduled", "alarms-critical"} <= set(without)
    assert set(without) == set(with_hub)
    different = {id for id, pattern in without.items() if with_hub[id] != pattern}
    assert different <= {"alarms-critical", "alarms-warning"}


def test_it_sends_the_alarms_of_every_region():
    """Only the hub's Region has alarms on heartbeats, and only the others on the way to the hub."""
    found = str(patterns({"topology": "hub", "hub": {"account": ID, "region": SECOND}}))
    assert "reprieve-hub-heartbeat-" in found
    assert "reprieve-hub-unreachable" in found
