"""What `reprieve status` finds about subscriptions."""

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

from reprieve.guard.guard import regional_guard
from reprieve.location import Location
from reprieve.settings.schema import Settings
from reprieve.status.subscription_checks import subscriptions

UNSAFE = "0123456789abcdef"
URL = f"https://events.example.com/integration/{UNSAFE}/enqueue"
SETTINGS = Settings(
    notify={"emails": ("security@example.com",)},
    regions={"watch": ("eu-west-1",)},
    channel=({"name": "pager", "type": "https", "url": URL},),
)
LOCATION = Location("aws", "eu-west-1", "111122223333")


def texts(*deployed: dict[str, str]) -> str:
    """Return what a check says of the channel's topic; SNS has these subscriptions."""
    guard = regional_guard(SETTINGS, LOCATION)
    topics = tuple(each for each in guard.topics if each.subscriptions)
    sns = SimpleNamespace(
        get_paginator=lambda _: SimpleNamespace(
            paginate=lambda **_: [{"Subscriptions": list(deployed)}]
        ),
        get_subscription_attributes=lambda **_: {"Attributes": {"RawMessageDelivery": "true"}},
    )
    expected: Any = SimpleNamespace(
        guard=replace(guard, topics=topics),
        region="eu-west-1",
        settings=SETTINGS,
        client=lambda _: sns,
    )
    found = subscriptions(expected).findings
    assert found
    return str(found)


def test_the_token_of_a_url_is_never_shown():
    """Missing, unsubscribed, not confirmed or changed: the reports go to more people."""
    arn = "arn:aws:sns:eu-west-1:111122223333:reprieve-json:1234"
    found = [texts()]
    for state in ("Deleted", "PendingConfirmation", arn):
        found.append(texts({"Protocol": "https", "Endpoint": URL, "SubscriptionArn": state}))
    for each in found:
        assert "https://events.example.com/… (hash " in each
        assert UNSAFE not in each
    assert len(set(found)) == 4


def test_the_command_asks_the_endpoint_again_without_its_token():
    """With the Region, the topic and the protocol; what is shown of the URL is not all of it."""
    text = texts({"Protocol": "https", "Endpoint": URL, "SubscriptionArn": "PendingConfirmation"})
    command = (
        "`aws sns subscribe --region eu-west-1 "
        "--topic-arn arn:aws:sns:eu-west-1:111122223333:reprieve-json --protocol https "
        "--notification-endpoint ENDPOINT`"
    )
    assert command in text
