"""What `reprieve status` checks of the topics and of the key that encrypts the alerts."""

from collections.abc import Iterator
from typing import Any

from reprieve.aws.account import NO_TOPIC, is_code
from reprieve.aws.keys import key_tags
from reprieve.guard.resources import Topic
from reprieve.status.commands import aws_command
from reprieve.status.compare import missing, title_of, unexpected, unexpected_hint
from reprieve.status.expected import ExpectedRegion
from reprieve.status.findings import Check, Finding, Kind, check_of
from reprieve.status.kinds import key as key_kind
from reprieve.status.kinds import topic as kind
from reprieve.status.tags import compare_tagged


def topic(expected: ExpectedRegion) -> Check:
    """Check that the topics are as the settings define them, and have a key that works."""
    topics = expected.guard.topics
    findings = [finding for each in topics for finding in _findings(expected, each)]
    deployed = _arns(expected)

    def delete(name: str) -> str:
        command = aws_command(expected.region, "sns", "delete-topic", "--topic-arn", deployed[name])
        return unexpected_hint("topic", command)

    findings += unexpected("topic", [each.name for each in topics], deployed, delete)
    return check_of("topic", "wrong" if findings else "there", findings)


def _arns(expected: ExpectedRegion) -> dict[str, str]:
    """Return the topics with Reprieve's prefix, by their names; SNS lists all topics only."""
    pages = expected.client("sns").get_paginator("list_topics").paginate()
    arns = (each["TopicArn"] for page in pages for each in page["Topics"])
    named = ((arn.rpartition(":")[2], arn) for arn in arns)
    return {name: arn for name, arn in named if name.startswith(expected.names.beginning)}


def _findings(expected: ExpectedRegion, topic: Topic) -> Iterator[Finding]:
    title = title_of(topic.id, topic.name)
    sns = expected.client("sns")
    try:
        attributes = sns.get_topic_attributes(TopicArn=topic.arn)["Attributes"]
    except Exception as error:
        if not is_code(error, *NO_TOPIC):
            raise
        yield missing(title, topic.name)
        return
    deployed = kind.deployed(attributes, _data_protection(sns, topic.arn))
    tags = sns.list_tags_for_resource(ResourceArn=topic.arn)["Tags"]
    yield from compare_tagged(
        title,
        topic.name,
        kind.expected(topic),
        deployed,
        expected.tags,
        tags,
    )
    if topic.key_arn and deployed["key ARN"] == topic.key_arn:
        yield from _key_findings(expected, topic.key_arn)


def _data_protection(sns: Any, topic_arn: str) -> str | None:
    """Return the data protection policy of a topic, which may withhold messages; None without one.

    SNS developer guide, "Message data protection availability change": the feature is closed to
    accounts that did not use it by April 30, 2026, and not every partition has the call. Where SNS
    does not know it, there is no policy.
    """
    try:
        answer = sns.get_data_protection_policy(ResourceArn=topic_arn)
    except Exception as error:
        if is_code(error, "InvalidAction", "UnsupportedOperation", "OptInRequired"):
            return None
        raise
    policy: str | None = answer.get("DataProtectionPolicy")
    return policy


def _key_findings(expected: ExpectedRegion, key_arn: str) -> Iterator[Finding]:
    kms = expected.client("kms")
    metadata = kms.describe_key(KeyId=key_arn)["KeyMetadata"]
    if metadata["KeyState"] != "Enabled":
        cancel, enable = (
            aws_command(expected.region, "kms", call, "--key-id", key_arn)
            for call in ("cancel-key-deletion", "enable-key")
        )
        yield Finding(
            key_arn,
            Kind.FAILING,
            f"The key that encrypts the alerts is {metadata['KeyState']}: no alert can be sent.",
            f"{cancel} if it is pending deletion, then {enable}.",
        )
    if key := expected.guard.key:
        tags = key_tags(kms, key_arn)
        deployed = key_kind.deployed(
            metadata,
            kms.get_key_policy(KeyId=key_arn, PolicyName="default")["Policy"],
            kms.get_key_rotation_status(KeyId=key_arn)["KeyRotationEnabled"],
            _aliases(kms, key_arn),
            tags,
            expected.names.beginning,
        )
        title = "The key that encrypts the alerts"
        wanted = key_kind.expected(key)
        yield from compare_tagged(title, key_arn, wanted, deployed, expected.tags, tags)


def _aliases(kms: Any, key_arn: str) -> list[str]:
    pages = kms.get_paginator("list_aliases").paginate(KeyId=key_arn)
    return [each["AliasName"] for page in pages for each in page["Aliases"]]
