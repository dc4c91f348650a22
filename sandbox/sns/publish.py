"""Publishing to a topic: permissions and encryption."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from moto.sns.exceptions import SNSException
from moto.sns.models import Subscription, sns_backends
from moto.sns.responses import SNSResponse

from sandbox.core.account import account_of
from sandbox.core.errors import AwsError, DeliveryFailed
from sandbox.core.patching import Method, wrap
from sandbox.iam import authorization
from sandbox.iam.policy_evaluator import Request, decide_resource
from sandbox.iam.principals import Caller, caller_of
from sandbox.kms.keys import find_key, is_aws_managed
from sandbox.kms.permissions import key_denial_reason, service_key_denial_reason
from sandbox.sns.emails import recipients_of
from sandbox.sns.notifications import Message


def publish_as_service(
    service: str,
    topic_arn: str,
    region: str,
    source_arn: str,
    body: str,
    subject: str | None = None,
) -> tuple[str, ...]:
    """Publish a message as an AWS service acting for `source_arn`. Return who was e-mailed.

    Raise DeliveryFailed, with EventBridge's code for such a failure, if the topic's policy or its
    key does not allow it.
    """
    if reason := topic_denial_reason(service, topic_arn, region, source_arn):
        raise DeliveryFailed("NO_PERMISSIONS", reason)
    topic = sns_backends[account_of(topic_arn)][region].topics[topic_arn]
    key = topic.kms_master_key_id
    if key and (reason := service_key_denial_reason(service, key, region)):
        raise DeliveryFailed(
            "SDK_CLIENT_ERROR", f"the topic {topic_arn} is encrypted, and {reason}"
        )
    return recipients_of(topic, topic.publish(body, subject))


def topic_denial_reason(service: str, topic_arn: str, region: str, source_arn: str) -> str | None:
    """Return why a topic's policy denies a service to publish for `source_arn`, or None."""
    topic = sns_backends[account_of(topic_arn)][region].topics.get(topic_arn)
    if topic is None:
        return f"the topic {topic_arn} does not exist"
    return authorization.service_denial_reason(
        service, "sns:Publish", topic_arn, topic._policy_json, region, source_arn
    )


def session_denial(caller: Caller, topic_arn: str, region: str) -> tuple[str, str] | None:
    """Return SNS's error code, and why the topic's policy or key denies a session to publish.

    Return None if they allow it. The session's own policies are not checked here.

    SNS Developer Guide, "Configuring AWS KMS permissions": to publish to an encrypted topic, the
    publisher itself needs kms:GenerateDataKey* and kms:Decrypt. SNS calls KMS on its behalf, with
    the topic in the encryption context.
    """
    topic = sns_backends[account_of(topic_arn)][region].topics.get(topic_arn)
    if topic is None:
        return None  # SNS itself reports a missing topic.
    names = (*caller.principals, *caller.account_names)
    context = authorization.caller_context(caller, region)
    request = Request("sns:Publish", topic_arn, names, context)
    if decide_resource(topic._policy_json, request) == "deny":
        return "AuthorizationError", f"the policy of {topic_arn} denies {caller.arn} sns:Publish"
    name = topic.kms_master_key_id
    if not name:
        return None
    encrypted = f"the topic {topic_arn} is encrypted, and its key"
    try:
        key = find_key(name, region)
    except AwsError:
        key = None
    if key is None:
        return "KMSNotFound", f"{encrypted} {name} does not exist in {region}"
    if key.key_state != "Enabled":
        code = "KMSDisabled" if key.key_state == "Disabled" else "KMSInvalidState"
        return code, f"{encrypted} {key.arn} is {key.key_state}"
    if is_aws_managed(key):
        # The policy of alias/aws/sns lets all principals of the account use the key via SNS.
        return None
    caller = replace(caller, via="sns.amazonaws.com")
    extra = {
        "kms:ViaService": f"sns.{region}.amazonaws.com",
        "kms:EncryptionContext:aws:sns:topicArn": topic_arn,
    }
    for action in ("kms:GenerateDataKey", "kms:Decrypt"):
        if reason := key_denial_reason(caller, action, key, extra):
            return "KMSAccessDenied", f"{encrypted} refuses: {reason}"
    return None


def hook(deliver: Callable[[Any, Message], None]) -> Callable[[], None]:
    """Refuse what SNS refuses. Return a function that undoes the hook.

    A role's session publishes only if the topic's policy and its key allow it. `deliver` delivers a
    message to one of moto's subscriptions, since moto itself checks no policy.
    """

    def around(publish: Method) -> Method:
        def publish_checked(
            subscription: Any, message: str, message_id: str, **options: Any
        ) -> None:
            found = Message(
                id=message_id,
                text=message,
                subject=options.get("subject"),
                attributes=options.get("message_attributes"),
                structure=options.get("message_structure"),
            )
            deliver(subscription, found)

        return publish_checked

    undo_sending = wrap(Subscription, "publish", around)
    undo_call = wrap(SNSResponse, "publish", _check_session)

    def undo() -> None:
        undo_sending()
        undo_call()

    return undo


def _check_session(publish: Method) -> Method:
    def publish_as_caller(response: Any) -> Any:
        topic_arn = response._get_param("TopicArn") or response._get_param("TargetArn")
        caller = caller_of(response.access_key, response.region)
        if caller.kind == "session" and topic_arn:
            denial = session_denial(caller, topic_arn, response.region)
            if denial is not None:
                raise SNSException(*denial)
        return publish(response)

    return publish_as_caller
