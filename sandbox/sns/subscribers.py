"""Delivers the messages of topics to queues, functions, web endpoints and phones.

A message that cannot be delivered goes to the dead-letter queue of its subscription. Source: SNS
Developer Guide, "Message delivery retries" and "Dead-letter queues". The sandbox retries a web
endpoint without waiting.
"""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Callable
from typing import Any, Final

from moto.awslambda.models import lambda_backends

from sandbox.core.account import account_of, in_account
from sandbox.core.background import Work
from sandbox.core.errors import DeliveryFailed, SandboxCannot
from sandbox.core.observed import Observed
from sandbox.iam.authorization import SNS, service_denial_reason
from sandbox.sns import notifications as forms
from sandbox.sns.notifications import Message, Notification
from sandbox.sns.subscriptions import is_pending
from sandbox.sns.web import WebEndpoints
from sandbox.sqs.queues import queue_denial_reason, send_message

_EMAIL: Final = ("email", "email-json")
_WEB: Final = ("http", "https")
FAILED: Final = "NumberOfNotificationsFailed"
_REDRIVEN: Final = "NumberOfNotificationsRedrivenToDlq"
_NOT_REDRIVEN: Final = "NumberOfNotificationsFailedToRedriveToDlq"


class Subscribers:
    """The subscribers of all topics.

    `count` adds a data point to a metric of a topic: (region, topic name, metric). `chat` is the
    endpoint of chat channels, and `post` shows a message there, (topic_arn, text): it returns why
    it did not, or None.
    """

    def __init__(
        self,
        work: Work,
        endpoint: str,
        count: Callable[[str, str, str], None],
        chat: str,
        post: Callable[[str, str], str | None],
    ) -> None:
        self._work = work
        self._endpoint = endpoint
        self._count = count
        self._chat = chat
        self._post = post
        self.web = WebEndpoints()
        self._notifications = Observed[Notification]()
        self._handlers: dict[str, Callable[[Any, Message, str], str]] = {
            "sqs": self._to_queue,
            "lambda": self._to_function,
            "sms": lambda subscription, message, text: forms.sms_text(text),
            "http": self._to_web,
            "https": self._to_web,
        }

    @property
    def notifications(self) -> list[Notification]:
        """Every message that was sent, or could not be, other than by e-mail; oldest first."""
        return self._notifications.all

    def clear(self) -> None:
        """Forget the messages and the listeners so far."""
        self.web.clear()
        self._notifications.clear()

    def deliver(self, subscription: Any, message: Message) -> None:
        """Deliver a message to one of moto's subscriptions that wants it and is confirmed."""
        if subscription.protocol in _EMAIL or is_pending(subscription):
            return
        if not forms.is_wanted(subscription, message.text, message.attributes):
            return  # That does not count as failed.
        with in_account(account_of(subscription.topic.arn)):
            if subscription.endpoint == self._chat:
                text = message.text_for(subscription.protocol)
                self._add(subscription, text, self._post(subscription.topic.arn, text))
            elif subscription.protocol in _WEB:
                self._work.submit(lambda: self._attempt(subscription, message))
            else:
                self._attempt(subscription, message)

    def ask_to_confirm(self, subscription: Any) -> None:
        """Send the request for a confirmation to a new subscriber."""
        if subscription.endpoint == self._chat:
            return  # It confirms by itself.
        content = json.dumps(forms.confirmation_request(subscription, self._endpoint), indent=2)
        message = Message(str(uuid.uuid4()), content)

        def send() -> None:
            error = None
            try:
                if subscription.protocol in _WEB:
                    self.web.post(subscription, content, "SubscriptionConfirmation", message.id)
                else:
                    self._send_to_queue(subscription, content, {})
            except DeliveryFailed as failure:
                error = str(failure)
            self._add(subscription, content, error)

        with in_account(account_of(subscription.topic.arn)):
            self._work.submit(send)

    def _attempt(self, subscription: Any, message: Message) -> None:
        text = message.text_for(subscription.protocol)
        handler = self._handlers.get(subscription.protocol)
        body, error = text, None
        try:
            if handler is None:
                raise SandboxCannot(f"a subscription of the protocol {subscription.protocol}")
            body = handler(subscription, message, text)
        except SandboxCannot as refusal:
            error = refusal.message  # AWS might have delivered it.
        except DeliveryFailed as failure:
            error = str(failure)
            self._fail(subscription, message, text, failure)
        self._add(subscription, body, error)

    def _to_queue(self, subscription: Any, message: Message, text: str) -> str:
        body = forms.queue_body(subscription, message, text)
        raw = forms.is_raw(subscription)
        self._send_to_queue(subscription, body, forms.raw_attributes(message) if raw else {})
        return body

    def _send_to_queue(self, subscription: Any, body: str, attributes: dict[str, str]) -> None:
        arn = subscription.endpoint
        region = arn.split(":")[3]
        if reason := queue_denial_reason(SNS, arn, region, subscription.topic.arn):
            raise DeliveryFailed("AccessDenied", reason)
        send_message(arn, region, body, attributes)

    def _to_function(self, subscription: Any, message: Message, text: str) -> str:
        """Check that SNS may invoke a function. The sandbox does not run it."""
        arn, topic_arn = subscription.endpoint, subscription.topic.arn
        region = arn.split(":")[3]
        try:
            function: Any = lambda_backends[account_of(arn)][region].get_function(arn)
        except Exception:
            raise DeliveryFailed("ResourceNotFound", f"the function {arn} does not exist") from None
        policy = {"Statement": function.policy.statements}
        action = "lambda:InvokeFunction"
        if reason := service_denial_reason(SNS, action, arn, policy, region, topic_arn):
            raise DeliveryFailed("AccessDenied", reason)
        return forms.function_event(subscription, message, text)

    def _to_web(self, subscription: Any, message: Message, text: str) -> str:
        raw = forms.is_raw(subscription)
        body = text if raw else json.dumps(forms.envelope(subscription, message, text), indent=2)
        self.web.post_with_retries(subscription, body, message.id)
        return body

    def _fail(
        self, subscription: Any, message: Message, text: str, failure: DeliveryFailed
    ) -> None:
        topic = subscription.topic
        region = topic.sns_backend.region_name
        self._count(region, topic.name, FAILED)
        policy = subscription.attributes.get("RedrivePolicy")
        if not policy:
            return
        queue = json.loads(policy)["deadLetterTargetArn"]
        if queue_denial_reason(SNS, queue, region, topic.arn):
            self._count(region, topic.name, _NOT_REDRIVEN)
            return
        attributes = {"ErrorCode": failure.code, "ErrorMessage": str(failure)}
        send_message(queue, region, forms.queue_body(subscription, message, text), attributes)
        self._count(region, topic.name, _REDRIVEN)

    def _add(self, subscription: Any, body: str, error: str | None) -> None:
        notification = Notification(
            topic_arn=subscription.topic.arn,
            protocol=subscription.protocol,
            endpoint=subscription.endpoint,
            body=body,
            error=error,
            at=time.time(),
        )
        self._notifications.add([notification])
