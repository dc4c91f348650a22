"""Publishing to a topic: permissions, encryption, and subscribed queues that refuse messages."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from moto.sns.models import Subscription, sns_backends

from sandbox.core.account import ACCOUNT_ID
from sandbox.core.errors import AwsError, DeliveryFailed
from sandbox.core.patching import Method, wrap
from sandbox.iam import authorization
from sandbox.iam.policy_evaluator import Request, decide_resource
from sandbox.iam.principals import account_principals, role_at, session_of
from sandbox.kms.keys import find_key, is_aws_managed
from sandbox.kms.permissions import key_denial_reason, service_key_denial_reason
from sandbox.sns.emails import recipients_of
from sandbox.sqs.queues import queue_denial_reason


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
    topic = sns_backends[ACCOUNT_ID][region].topics[topic_arn]
    key = topic.kms_master_key_id
    if key and (reason := service_key_denial_reason(service, key, region)):
        raise DeliveryFailed(
            "SDK_CLIENT_ERROR", f"the topic {topic_arn} is encrypted, and {reason}"
        )
    return recipients_of(topic, topic.publish(body, subject))


def topic_denial_reason(service: str, topic_arn: str, region: str, source_arn: str) -> str | None:
    """Return why a topic's policy denies a service to publish for `source_arn`, or None."""
    topic = sns_backends[ACCOUNT_ID][region].topics.get(topic_arn)
    if topic is None:
        return f"the topic {topic_arn} does not exist"
    return authorization.service_denial_reason(
        service, "sns:Publish", topic_arn, topic._policy_json, region, source_arn
    )


def role_publish_denial_reason(
    role_arn: str, session: str, topic_arn: str, region: str
) -> str | None:
    """Return why the topic's policy or key denies a role to publish, or None.

    The role's own policies are not checked here.

    SNS Developer Guide, "Configuring AWS KMS permissions": to publish to an encrypted topic, the
    publisher itself needs kms:GenerateDataKey* and kms:Decrypt. SNS calls KMS on its behalf, with
    the topic in the encryption context.
    """
    role = role_at(role_arn)
    topic = sns_backends[ACCOUNT_ID][region].topics.get(topic_arn)
    if role is None or topic is None:
        return None  # The caller checks the role, and SNS itself reports a missing topic.
    caller = session_of(role, session)
    names = (*caller.principals, *account_principals(caller.partition))
    context = authorization.caller_context(caller, region)
    request = Request("sns:Publish", topic_arn, names, context)
    if decide_resource(topic._policy_json, request) == "deny":
        return f"the policy of {topic_arn} denies {caller.arn} sns:Publish"
    name = topic.kms_master_key_id
    if not name:
        return None
    encrypted = f"the topic {topic_arn} is encrypted, and its key"
    try:
        key = find_key(name, region)
    except AwsError:
        key = None
    if key is None:
        return f"{encrypted} {name} does not exist in {region}"
    if key.key_state != "Enabled":
        return f"{encrypted} {key.arn} is {key.key_state}"
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
            return f"{encrypted} refuses: {reason}"
    return None


def hook(on_failure: Callable[[str, str], None]) -> Callable[[], None]:
    """Keep messages from queues that refuse them. Return a function that undoes the hook.

    For each such message, call `on_failure` with the Region and the topic's name. moto sends to a
    queue whatever its policy says, and the whole call fails if the queue does not exist.
    """

    def around(publish: Method) -> Method:
        def publish_checked(
            subscription: Any, message: str, message_id: str, **options: Any
        ) -> None:
            # A message that a filter policy excludes does not count as failed.
            matcher = subscription._filter_policy_matcher
            wanted = matcher is None or matcher.matches(options.get("message_attributes"), message)
            if wanted and subscription.protocol == "sqs" and _queue_refuses(subscription):
                topic = subscription.topic
                on_failure(topic.sns_backend.region_name, topic.name)
            else:
                publish(subscription, message, message_id, **options)

        return publish_checked

    return wrap(Subscription, "publish", around)


def _queue_refuses(subscription: Any) -> bool:
    queue_arn = subscription.endpoint
    reason = queue_denial_reason(
        authorization.SNS, queue_arn, queue_arn.split(":")[3], subscription.topic.arn
    )
    return reason is not None
