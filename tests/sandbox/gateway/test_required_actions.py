"""Which permission a call needs, where that is more than a name in a table."""

import pytest

from sandbox.core.account import ACCOUNT_ID
from sandbox.core.errors import SandboxCannot
from sandbox.gateway.required_actions import condition_keys, required_actions

REGION = "eu-west-1"
BUS_ARN = f"arn:aws:events:{REGION}:{ACCOUNT_ID}:event-bus/"


@pytest.mark.parametrize(
    ("bus", "expected"),
    [
        ({}, "default"),
        ({"EventBusName": "mine"}, "mine"),
        ({"EventBusName": f"{BUS_ARN}mine"}, "mine"),
    ],
)
def test_put_events_is_checked_for_its_bus(bus, expected):
    """The bus is given by name or by ARN, or is the default one."""
    entries = {"Entries": [{"Source": "s", **bus}]}
    actions = required_actions("events", "PutEvents", entries, REGION)
    assert actions == [("events:PutEvents", f"{BUS_ARN}{expected}")]


def test_put_events_on_several_buses_is_refused():
    """The sandbox checks one bus for each call."""
    entries = {"Entries": [{"Source": "s"}, {"Source": "s", "EventBusName": "mine"}]}
    with pytest.raises(SandboxCannot):
        required_actions("events", "PutEvents", entries, REGION)


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ({"Name": "r"}, "rule/r"),
        ({"Name": "r", "EventBusName": "default"}, "rule/r"),
        ({"Name": "r", "EventBusName": "mine"}, "rule/mine/r"),
        ({"Name": "r", "EventBusName": f"{BUS_ARN}mine"}, "rule/mine/r"),
    ],
)
def test_a_rule_is_on_a_bus(parameters, expected):
    """Its ARN names every bus but the default one."""
    ((action, arn),) = required_actions("events", "PutRule", parameters, REGION)
    assert (action, arn.rpartition(":")[2]) == ("events:PutRule", expected)


def test_the_condition_keys_of_put_events():
    """They say what the entries are; of several sources, all."""
    entries = [{"Source": "a", "DetailType": "t"}, {"Source": "b", "DetailType": "t"}]
    assert condition_keys("events", "PutEvents", {"Entries": entries}) == {
        "events:source": ("a", "b"),
        "events:detail-type": "t",
        "events:eventBusInvocation": "false",
    }
