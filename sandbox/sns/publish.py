"""Publishing to a topic: who may, and which of its queues got nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from moto.sns.models import Subscription, sns_backends

from sandbox.core.account import ACCOUNT_ID
from sandbox.core.errors import AwsError
from sandbox.core.patching import Method, wrap
from sandbox.iam import authorization
from sandbox.iam.policy_evaluator import Request, decide_resource
from sandbox.iam.principals import account_principals, role_at, session_of
from sandbox.kms.keys import find_key, is_aws_managed


def why_service_may_not_publish(
    service: str, topic_arn: str, region: str, source_arn: str
) -> tuple[str, str] | None:
    """Why a service may not publish for `source_arn`, or None if it may.

    Gives EventBridge's code for such a failure, and the sentence.
    """
    if refusal := authorization.why_topic_refuses(service, topic_arn, region, source_arn):
        return "NO_PERMISSIONS", refusal
    key = sns_backends[ACCOUNT_ID][region].topics[topic_arn].kms_master_key_id
    if key and (refusal := authorization.why_key_refuses_service(service, key, region)):
        return "SDK_CLIENT_ERROR", f"the topic {topic_arn} is encrypted, and {refusal}"
    return None


def why_role_may_not_publish(
    role_arn: str, session: str, topic_arn: str, region: str
) -> str | None:
    """Why the topic's policy or its key refuses a role that its own policies let publish, or None.

    SNS developer guide, «Configuring AWS KMS permissions»: who publishes to an encrypted topic
    needs kms:GenerateDataKey* and kms:Decrypt itself. SNS calls KMS on its behalf, in the
    encryption context of the topic.
    """
    role = role_at(role_arn)
    topic = sns_backends[ACCOUNT_ID][region].topics.get(topic_arn)
    if role is None or topic is None:
        return None  # The one was said before; of the other SNS itself tells.
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
        return None  # The policy of alias/aws/sns lets everyone of the account use it via SNS.
    caller = replace(caller, via="sns.amazonaws.com")
    extra = {
        "kms:ViaService": f"sns.{region}.amazonaws.com",
        "kms:EncryptionContext:aws:sns:topicArn": topic_arn,
    }
    for action in ("kms:GenerateDataKey", "kms:Decrypt"):
        if refusal := authorization.why_key_refuses(caller, action, key, extra):
            return f"{encrypted} refuses: {refusal}"
    return None


def hook(tell_of_failure: Callable[[str, str], None]) -> Callable[[], None]:
    """Keep from queues what SNS could not deliver, and tell of it: (region, topic's name).

    moto sends to a queue whatever its policy says, and fails the whole call if there is none.
    Gives what undoes it.
    """

    def around(publish: Method) -> Method:
        def publish_checked(
            subscription: Any, message: str, message_id: str, **options: Any
        ) -> None:
            # What a filter policy holds back does not count as failed.
            matcher = subscription._filter_policy_matcher
            wanted = matcher is None or matcher.matches(options.get("message_attributes"), message)
            if wanted and subscription.protocol == "sqs" and _refused_by_queue(subscription):
                topic = subscription.topic
                tell_of_failure(topic.sns_backend.region_name, topic.name)
            else:
                publish(subscription, message, message_id, **options)

        return publish_checked

    return wrap(Subscription, "publish", around)


def _refused_by_queue(subscription: Any) -> bool:
    queue_arn = subscription.endpoint
    refusal = authorization.why_queue_refuses(
        authorization.SNS, queue_arn, queue_arn.split(":")[3], subscription.topic.arn
    )
    return refusal is not None
