"""AWS::SQS::Queue and AWS::SQS::QueuePolicy."""

from __future__ import annotations

import secrets
from typing import Final

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
from sandbox.cloudformation.schema import BOOL, INT, JSON, STR, STRINGS, TAGS, document
from sandbox.cloudformation.tags import by_key

_ATTRIBUTES: Final = {
    "DelaySeconds": INT,
    "KmsDataKeyReusePeriodSeconds": INT,
    "KmsMasterKeyId": STR,
    "MaximumMessageSize": INT,
    "MessageRetentionPeriod": INT,
    "ReceiveMessageWaitTimeSeconds": INT,
    "RedrivePolicy": JSON,
    "SqsManagedSseEnabled": BOOL,
    "VisibilityTimeout": INT,
}
# API reference, SetQueueAttributes: what an attribute is if the template has it no more.
_DEFAULTS: Final = {
    "DelaySeconds": "0",
    "KmsDataKeyReusePeriodSeconds": "300",
    "KmsMasterKeyId": "",
    "MaximumMessageSize": "262144",
    "MessageRetentionPeriod": "345600",
    "ReceiveMessageWaitTimeSeconds": "0",
    "RedrivePolicy": "",
    "SqsManagedSseEnabled": "true",
    "VisibilityTimeout": "30",
}


def _attributes(given: Json) -> dict[str, str]:
    return {name: attribute_text(value) for name, value in given_of(given, _ATTRIBUTES).items()}


def _create_queue(context: Context, given: Json) -> str:
    sqs = context.client("sqs")
    name = given.get("QueueName") or context.unique_name(80)
    require_absent(
        "AWS::SQS::Queue",
        name,
        lambda: sqs.get_queue_url(QueueName=name),
        "AWS.SimpleQueueService.NonExistentQueue",
        "QueueDoesNotExist",
    )
    answer = sqs.create_queue(
        QueueName=name, Attributes=_attributes(given), tags=by_key(given.get("Tags"))
    )
    return str(answer["QueueUrl"])


def _update_queue(context: Context, url: str, old: Json, new: Json) -> None:
    sqs = context.client("sqs")
    names = [name for name in _ATTRIBUTES if changed(old, new, name)]
    if names:
        values = {name: attribute_text(new.get(name, _DEFAULTS[name])) for name in names}
        sqs.set_queue_attributes(QueueUrl=url, Attributes=values)
    update_tags(
        old,
        new,
        lambda tags: sqs.tag_queue(QueueUrl=url, Tags=by_key(tags)),
        lambda keys: sqs.untag_queue(QueueUrl=url, TagKeys=keys),
    )


def _delete_queue(context: Context, url: str, given: Json) -> None:
    context.client("sqs").delete_queue(QueueUrl=url)


def _name(context: Context, url: str, given: Json) -> str:
    return url.rpartition("/")[2]


def _put_policy(context: Context, urls: list[str], policy: str) -> None:
    for url in urls:
        context.client("sqs").set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})


def _create_policy(context: Context, given: Json) -> str:
    _put_policy(context, given["Queues"], document(given["PolicyDocument"]))
    return f"{context.stack_name}-{context.logical_id}-{secrets.token_hex(6)}"


def _update_policy(context: Context, name: str, old: Json, new: Json) -> None:
    _put_policy(context, new["Queues"], document(new["PolicyDocument"]))
    _put_policy(context, [url for url in old["Queues"] if url not in new["Queues"]], "")


def _delete_policy(context: Context, name: str, given: Json) -> None:
    _put_policy(context, given["Queues"], "")


TYPES: Final = (
    Kind(
        "AWS::SQS::Queue",
        {"QueueName": STR, **_ATTRIBUTES, "Tags": TAGS},
        _create_queue,
        _update_queue,
        _delete_queue,
        attributes={
            "Arn": lambda context, url, given: context.arn("sqs", _name(context, url, given)),
            "QueueName": _name,
            "QueueUrl": lambda context, url, given: url,
        },
        replaced_by=frozenset({"QueueName"}),
        name_property="QueueName",
    ),
    Kind(
        "AWS::SQS::QueuePolicy",
        {"PolicyDocument": JSON, "Queues": STRINGS},
        _create_policy,
        _update_policy,
        _delete_policy,
        required=("PolicyDocument", "Queues"),
        attributes={"Id": lambda context, name, given: name},
    ),
)
