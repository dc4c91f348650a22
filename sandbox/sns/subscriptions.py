"""Unconfirmed subscriptions. moto alone would confirm every endpoint immediately.

E-mail addresses are confirmed here too, until a test changes that. Web endpoints confirm
themselves.

A subscription that nobody has confirmed yet, and one that SNS has suspended because it got too many
messages, look the same: both are pending (AWS re:Post, "Why did I get an email from AWS that states
that my Amazon SNS subscriptions manually deactivated?"). AWS does not say whether one of them shows
another attribute. `ConfirmationWasAuthenticated` is false for every address that was confirmed by
the link in its e-mail, so it cannot tell them apart. The sandbox shows no difference: that is the
answer that tells least.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

from moto.core.responses import ActionResult
from moto.sns.exceptions import InvalidParameterValue
from moto.sns.models import SNSBackend, sns_backends
from moto.sns.responses import SNSResponse

from sandbox.core.account import account_of, current_account
from sandbox.core.patching import Method, wrap
from sandbox.sns.notifications import CONFIRMATION

_PENDING, _AUTHENTICATED = "PendingConfirmation", "ConfirmationWasAuthenticated"
_EMAIL = ("email", "email-json")
_WEB = ("http", "https")


def is_pending(subscription: Any) -> bool:
    """Tell whether one of moto's subscriptions waits for its confirmation."""
    return str(subscription.attributes.get(_PENDING)).lower() == "true"


def suspend(subscription: Any) -> None:
    """Make one of moto's subscriptions pending. Only its owner can confirm it again."""
    subscription.attributes[_PENDING] = "true"


def set_pending(region: str, endpoint: str, pending: bool) -> None:
    """Make an endpoint's subscriptions in a Region pending, or confirm them.

    Raise LookupError if the endpoint has no subscription there.
    """
    backend = sns_backends[current_account()][region]
    found = [s for s in backend.subscriptions.values() if s.endpoint == endpoint]
    if not found:
        raise LookupError(f"{endpoint} subscribes to no topic in {region}")
    for subscription in found:
        subscription.attributes[_PENDING] = "true" if pending else "false"


def confirm(topic_arn: str, token: str, *, authenticated: bool) -> str:
    """Confirm the subscription of a token. Return its ARN.

    `authenticated` means that only its owner may end it (API reference, ConfirmSubscription). Raise
    moto's error for an unknown token.
    """
    region = topic_arn.split(":")[3]
    for subscription in list(sns_backends[account_of(topic_arn)][region].subscriptions.values()):
        known = vars(subscription).get(CONFIRMATION)
        if subscription.topic.arn == topic_arn and known == token:
            subscription.attributes[_PENDING] = "false"
            subscription.attributes[_AUTHENTICATED] = str(authenticated).lower()
            return str(subscription.arn)
    raise InvalidParameterValue("Invalid parameter: Token")


def hook(ask_to_confirm: Callable[[Any], None]) -> Callable[[], None]:
    """Make SNS show which subscriptions are pending. Return a function that undoes it.

    Web endpoints and queues of other accounts have to confirm: `ask_to_confirm` sends the request.

    SNS API reference, Subscription: in lists, `PendingConfirmation` replaces the ARN until the
    subscription is confirmed. GetSubscriptionAttributes has an attribute of that name, and
    GetTopicAttributes counts both kinds.
    """

    def around_list(list_some: Method) -> Method:
        def list_with_pending(response: Any) -> ActionResult:
            result = list_some(response)._result
            shown = [_shown(each) for each in result["Subscriptions"]]
            return ActionResult(result | {"Subscriptions": shown})

        return list_with_pending

    def around_subscribe(subscribe: Method) -> Method:
        def subscribe_pending(backend: Any, topic_arn: str, endpoint: str, protocol: str) -> Any:
            is_new = backend._find_subscription(topic_arn, endpoint, protocol) is None
            subscription = subscribe(backend, topic_arn, endpoint, protocol)
            foreign = protocol == "sqs" and account_of(endpoint) != current_account()
            if (protocol in _WEB or foreign) and (is_new or is_pending(subscription)):
                subscription.attributes |= {_PENDING: "true", _AUTHENTICATED: "false"}
                setattr(subscription, CONFIRMATION, uuid.uuid4().hex * 2)
                ask_to_confirm(subscription)
            return subscription

        return subscribe_pending

    undo = [
        wrap(SNSBackend, "subscribe", around_subscribe),
        wrap(SNSResponse, "subscribe", _around_subscribe_call),
        wrap(SNSResponse, "confirm_subscription", lambda confirm_any: _confirm_call),
        wrap(SNSResponse, "list_subscriptions_by_topic", around_list),
        wrap(SNSResponse, "list_subscriptions", around_list),
        wrap(SNSBackend, "get_subscription_attributes", _around_attributes),
        wrap(SNSResponse, "get_topic_attributes", _around_topic_attributes),
    ]

    def undo_all() -> None:
        for each in undo:
            each()

    return undo_all


def _around_subscribe_call(subscribe: Method) -> Method:
    def subscribe_and_hide(response: Any) -> ActionResult:
        """API reference, Subscribe: a pending subscription shows its ARN on request only."""
        result = subscribe(response)._result
        shows = str(response._get_param("ReturnSubscriptionArn")).lower() == "true"
        subscription = response.backend.subscriptions[result["SubscriptionArn"]]
        if subscription.protocol in _EMAIL or shows or not is_pending(subscription):
            return ActionResult(result)
        return ActionResult({"SubscriptionArn": "pending confirmation"})

    return subscribe_and_hide


def _confirm_call(response: Any) -> ActionResult:
    authenticated = str(response._get_param("AuthenticateOnUnsubscribe")).lower() == "true"
    topic_arn, token = response._get_param("TopicArn"), response._get_param("Token")
    return ActionResult({"SubscriptionArn": confirm(topic_arn, token, authenticated=authenticated)})


def _around_attributes(get_attributes: Method) -> Method:
    def get(backend: Any, arn: str) -> dict[str, Any]:
        attributes: dict[str, Any] = get_attributes(backend, arn)
        subscription = backend.subscriptions[arn]
        attributes[_PENDING] = str(is_pending(subscription)).lower()
        if subscription.protocol in _EMAIL:
            attributes[_AUTHENTICATED] = "false"
        return attributes

    return get


def _around_topic_attributes(get_attributes: Method) -> Method:
    def get(response: Any) -> ActionResult:
        result = get_attributes(response)._result
        arn = result["Attributes"]["TopicArn"]
        found = [s for s in response.backend.subscriptions.values() if s.topic.arn == arn]
        pending = sum(map(is_pending, found))
        counts = {
            "SubscriptionsPending": str(pending),
            "SubscriptionsConfirmed": str(len(found) - pending),
        }
        return ActionResult(result | {"Attributes": result["Attributes"] | counts})

    return get


def _shown(subscription: Any) -> dict[str, str]:
    return {
        "SubscriptionArn": _PENDING if is_pending(subscription) else subscription.arn,
        "Owner": subscription.owner,
        "Protocol": subscription.protocol,
        "Endpoint": subscription.endpoint,
        "TopicArn": subscription.topic.arn,
    }
