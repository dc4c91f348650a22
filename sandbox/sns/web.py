"""Web endpoints of subscriptions. The sandbox calls listeners on this machine only.

Source: SNS Developer Guide, "HTTP/HTTPS headers" and "HTTP/HTTPS delivery policy".
"""

from __future__ import annotations

import json
from threading import Lock
from typing import Any, Final
from urllib.parse import urlsplit

import requests

from sandbox.core.errors import DeliveryFailed
from sandbox.sns.notifications import is_raw

_TIMEOUT: Final = 5.0
_RETRIES: Final = 3
"""The default of `numRetries`."""
_LOCAL: Final = ("127.0.0.1", "localhost")


class WebEndpoints:
    """Calls the endpoints of subscriptions, and knows which listener stands for which URL."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._listeners: dict[str, str] = {}

    def map(self, url: str, listener: str) -> None:
        """Let a listener on this machine get what is sent to URLs that begin with `url`."""
        if urlsplit(listener).hostname not in _LOCAL:
            raise ValueError(f"{listener} is not on this machine")
        with self._lock:
            self._listeners[url] = listener

    def clear(self) -> None:
        """Forget all listeners."""
        with self._lock:
            self._listeners.clear()

    def post_with_retries(self, subscription: Any, body: str, message_id: str) -> None:
        """Send a message as often as the delivery policy says. Raise DeliveryFailed in the end."""
        policy = json.loads(subscription.attributes.get("DeliveryPolicy") or "{}")
        retries = int((policy.get("healthyRetryPolicy") or {}).get("numRetries", _RETRIES))
        for attempt in range(retries + 1):
            try:
                self.post(subscription, body, "Notification", message_id)
                return
            except DeliveryFailed as failure:
                # A client error is permanent, except that the endpoint is too busy.
                is_permanent = failure.code.startswith("4") and failure.code != "429"
                if is_permanent or attempt == retries:
                    raise

    def post(self, subscription: Any, body: str, kind: str, message_id: str) -> None:
        """Send a message once. Raise DeliveryFailed, with the HTTP status as its code."""
        url = self._address(subscription.endpoint)
        policy = json.loads(subscription.attributes.get("DeliveryPolicy") or "{}")
        content_type = (policy.get("requestPolicy") or {}).get("headerContentType")
        headers = {
            "Content-Type": content_type or "text/plain; charset=UTF-8",
            "User-Agent": "Amazon Simple Notification Service Agent",
            "x-amz-sns-message-type": kind,
            "x-amz-sns-message-id": message_id,
            "x-amz-sns-topic-arn": subscription.topic.arn,
        }
        if kind == "Notification":
            headers["x-amz-sns-subscription-arn"] = subscription.arn
            if is_raw(subscription):
                headers["x-amz-sns-rawdelivery"] = "true"
        try:
            with requests.Session() as session:
                session.trust_env = False  # No proxy, and no credentials of a .netrc file.
                answer = session.post(
                    url,
                    data=body.encode(),
                    headers=headers,
                    timeout=_TIMEOUT,
                    allow_redirects=False,
                )
        except requests.RequestException as error:
            raise DeliveryFailed("ConnectionFailed", f"{subscription.endpoint}: {error}") from None
        if not 200 <= answer.status_code < 300:
            status = str(answer.status_code)
            raise DeliveryFailed(status, f"{subscription.endpoint} answered HTTP {status}")

    def _address(self, endpoint: str) -> str:
        with self._lock:
            for url, listener in self._listeners.items():
                if endpoint.startswith(url):
                    return listener + endpoint.removeprefix(url)
        if urlsplit(endpoint).hostname in _LOCAL:
            return endpoint
        raise DeliveryFailed("NoListener", f"{endpoint}: no listener of the sandbox stands for it")
