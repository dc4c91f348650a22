"""AWS::SNS::Topic, AWS::SNS::TopicPolicy and AWS::SNS::Subscription."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterable
from typing import Any, Final

from sandbox.cloudformation.resources.kinds import (
    Context,
    Json,
    Kind,
    attribute_text,
    changed,
    given_of,
    require_absent,
    update_tags,
)
from sandbox.cloudformation.schema import BOOL, JSON, STR, STRINGS, TAGS, document

# With SNS's defaults, for an attribute that the template has no more.
_TOPIC_ATTRIBUTES: Final = {
    "DisplayName": "",
    "KmsMasterKeyId": "",
    "SignatureVersion": "1",
    "TracingConfig": "PassThrough",
}
_SUBSCRIPTION_ATTRIBUTES: Final = (
    "DeliveryPolicy", "FilterPolicy", "FilterPolicyScope", "RawMessageDelivery", "RedrivePolicy",
)  # fmt: skip


def _attributes(properties: Json, names: Iterable[str]) -> dict[str, str]:
    return {name: attribute_text(value) for name, value in given_of(properties, names).items()}


def _create_topic(context: Context, given: Json) -> str:
    sns = context.client("sns")
    name = given.get("TopicName") or context.unique_name(256)
    arn = context.arn("sns", name)
    # CreateTopic would return a topic that exists already.
    require_absent(
        "AWS::SNS::Topic", arn, lambda: sns.get_topic_attributes(TopicArn=arn), "NotFound"
    )
    attributes = _attributes(given, _TOPIC_ATTRIBUTES)
    sns.create_topic(Name=name, Attributes=attributes, Tags=given.get("Tags") or [])
    if policy := given.get("DataProtectionPolicy"):
        sns.put_data_protection_policy(ResourceArn=arn, DataProtectionPolicy=document(policy))
    for each in given.get("Subscription") or []:
        sns.subscribe(TopicArn=arn, Protocol=each["Protocol"], Endpoint=each["Endpoint"])
    return arn


def _update_topic(context: Context, arn: str, old: Json, new: Json) -> None:
    sns = context.client("sns")
    for name, default in _TOPIC_ATTRIBUTES.items():
        if changed(old, new, name):
            value = attribute_text(new.get(name, default))
            sns.set_topic_attributes(TopicArn=arn, AttributeName=name, AttributeValue=value)
    if changed(old, new, "DataProtectionPolicy"):
        policy = new.get("DataProtectionPolicy", "")
        sns.put_data_protection_policy(ResourceArn=arn, DataProtectionPolicy=document(policy))
    update_tags(
        old,
        new,
        lambda tags: sns.tag_resource(ResourceArn=arn, Tags=tags),
        lambda keys: sns.untag_resource(ResourceArn=arn, TagKeys=keys),
    )


def _delete_topic(context: Context, arn: str, given: Json) -> None:
    context.client("sns").delete_topic(TopicArn=arn)


def _put_topic_policy(context: Context, topics: list[str], policy: Any) -> None:
    for arn in topics:
        context.client("sns").set_topic_attributes(
            TopicArn=arn, AttributeName="Policy", AttributeValue=document(policy)
        )


def _create_topic_policy(context: Context, given: Json) -> str:
    _put_topic_policy(context, given["Topics"], given["PolicyDocument"])
    return f"{context.stack_name}-{context.logical_id}-{secrets.token_hex(6)}"


def _update_topic_policy(context: Context, name: str, old: Json, new: Json) -> None:
    _put_topic_policy(context, new["Topics"], new["PolicyDocument"])
    dropped = [arn for arn in old["Topics"] if arn not in new["Topics"]]
    _delete_topic_policy(context, name, {"Topics": dropped})


def _delete_topic_policy(context: Context, name: str, given: Json) -> None:
    """Give the topics SNS's default policy again: their owner may do everything with them."""
    for arn in given["Topics"]:
        statement = {
            "Sid": "__default_statement_ID",
            "Effect": "Allow",
            "Principal": {"AWS": "*"},
            "Action": [
                f"SNS:{action}"
                for action in (
                    "GetTopicAttributes", "SetTopicAttributes", "AddPermission",
                    "RemovePermission", "DeleteTopic", "Subscribe", "ListSubscriptionsByTopic",
                    "Publish",
                )
            ],
            "Resource": arn,
            "Condition": {"StringEquals": {"AWS:SourceOwner": context.account}},
        }  # fmt: skip
        policy = {
            "Version": "2008-10-17",
            "Id": "__default_policy_ID",
            "Statement": [statement],
        }
        _put_topic_policy(context, [arn], json.dumps(policy))


def _create_subscription(context: Context, given: Json) -> str:
    answer = context.client("sns").subscribe(
        TopicArn=given["TopicArn"],
        Protocol=given["Protocol"],
        Endpoint=given.get("Endpoint", ""),
        Attributes=_attributes(given, _SUBSCRIPTION_ATTRIBUTES),
        ReturnSubscriptionArn=True,
    )
    return str(answer["SubscriptionArn"])


def _update_subscription(context: Context, arn: str, old: Json, new: Json) -> None:
    for name in _SUBSCRIPTION_ATTRIBUTES:
        if changed(old, new, name):
            value = attribute_text(new.get(name, ""))
            context.client("sns").set_subscription_attributes(
                SubscriptionArn=arn, AttributeName=name, AttributeValue=value
            )


def _delete_subscription(context: Context, arn: str, given: Json) -> None:
    context.client("sns").unsubscribe(SubscriptionArn=arn)


TYPES: Final = (
    Kind(
        "AWS::SNS::Topic",
        {
            "TopicName": STR,
            "DisplayName": STR,
            "KmsMasterKeyId": STR,
            "SignatureVersion": STR,
            "TracingConfig": STR,
            "DataProtectionPolicy": JSON,
            "Subscription": [{"Endpoint": STR, "Protocol": STR}],
            "Tags": TAGS,
        },
        _create_topic,
        _update_topic,
        _delete_topic,
        attributes={
            "TopicArn": lambda context, arn, given: arn,
            "TopicName": lambda context, arn, given: arn.rpartition(":")[2],
        },
        replaced_by=frozenset({"TopicName"}),
        # AWS updates this list in place. With a replacement the sandbox does not hide a change.
        is_replaced=lambda old, new: changed(old, new, "Subscription"),
        name_property="TopicName",
    ),
    Kind(
        "AWS::SNS::TopicPolicy",
        {"PolicyDocument": JSON, "Topics": STRINGS},
        _create_topic_policy,
        _update_topic_policy,
        _delete_topic_policy,
        required=("PolicyDocument", "Topics"),
        attributes={"Id": lambda context, name, given: name},
    ),
    Kind(
        "AWS::SNS::Subscription",
        {
            "TopicArn": STR,
            "Protocol": STR,
            "Endpoint": STR,
            "DeliveryPolicy": JSON,
            "FilterPolicy": JSON,
            "FilterPolicyScope": STR,
            "RawMessageDelivery": BOOL,
            "RedrivePolicy": JSON,
        },
        _create_subscription,
        _update_subscription,
        _delete_subscription,
        required=("TopicArn", "Protocol"),
        attributes={"Arn": lambda context, arn, given: arn},
        replaced_by=frozenset({"TopicArn", "Protocol", "Endpoint"}),
    ),
)
