"""Unconfirmed subscriptions. moto alone would confirm every e-mail address immediately."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from moto.core.responses import ActionResult
from moto.sns.models import sns_backends
from moto.sns.responses import SNSResponse

from sandbox.core.account import ACCOUNT_ID
from sandbox.core.patching import Method, wrap

_PENDING = "PendingConfirmation"


def set_pending(region: str, endpoint: str, pending: bool) -> None:
    """Make an endpoint's subscriptions in a Region pending, or confirm them.

    Raise LookupError if the endpoint has no subscription there.
    """
    found = [
        s for s in sns_backends[ACCOUNT_ID][region].subscriptions.values() if s.endpoint == endpoint
    ]
    if not found:
        raise LookupError(f"{endpoint} subscribes to no topic in {region}")
    for subscription in found:
        subscription.attributes[_PENDING] = "true" if pending else "false"


def hook() -> Callable[[], None]:
    """Make ListSubscriptionsByTopic show `PendingConfirmation`. Return a function that undoes it.

    SNS API reference, Subscription: until it is confirmed, this word replaces the ARN.
    """

    def around(list_by_topic: Method) -> Method:
        def list_with_pending(response: Any) -> ActionResult:
            result = list_by_topic(response)._result
            shown = [_shown(each) for each in result["Subscriptions"]]
            return ActionResult(result | {"Subscriptions": shown})

        return list_with_pending

    return wrap(SNSResponse, "list_subscriptions_by_topic", around)


def _shown(subscription: Any) -> dict[str, str]:
    pending = str(subscription.attributes.get(_PENDING)).lower() == "true"
    return {
        "SubscriptionArn": _PENDING if pending else subscription.arn,
        "Owner": ACCOUNT_ID,
        "Protocol": subscription.protocol,
        "Endpoint": subscription.endpoint,
        "TopicArn": subscription.topic.arn,
    }
