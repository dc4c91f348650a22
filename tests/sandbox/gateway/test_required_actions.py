"""Which permission a call needs, where that is more than a name in a table."""

import pytest

from sandbox.core.account import ACCOUNT_ID
from sandbox.gateway.required_actions import required_actions

REGION = "eu-west-1"
START = f"arn:aws:events:{REGION}:{ACCOUNT_ID}"


@pytest.mark.parametrize(
    ("bus", "rule"),
    [
        ({}, "guard"),
        ({"EventBusName": "default"}, "guard"),
        ({"EventBusName": "mine"}, "mine/guard"),
        ({"EventBusName": f"{START}:event-bus/mine"}, "mine/guard"),
    ],
)
def test_a_rule_is_checked_with_its_bus(bus, rule):
    """The bus is given by name or by ARN. The default bus is no part of a rule's ARN."""
    expected = f"{START}:rule/{rule}"
    given = {"Name": "guard", **bus}
    assert required_actions("events", "PutRule", given, REGION) == [("events:PutRule", expected)]
    given = {"Rule": "guard", **bus}
    actions = required_actions("events", "ListTargetsByRule", given, REGION)
    assert actions == [("events:ListTargetsByRule", expected)]
