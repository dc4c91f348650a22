"""How the alerts of one Region reach people: the topics, their key, policies and subscribers."""

import json
from urllib.parse import quote

from reprieve.guard.resources import Key, RegionalGuard, Topic
from stacks.cdk import (
    AwsProvider,
    Construct,
    KmsAlias,
    KmsKey,
    SnsTopic,
    SnsTopicPolicy,
    SnsTopicSubscription,
    TerraformResourceLifecycle,
)
from stacks.references import References


class Channel(Construct):
    """The topics of a guard and the key that encrypts the first. `references` learns their ARNs."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        guard: RegionalGuard,
        provider: AwsProvider,
        references: References,
    ) -> None:
        super().__init__(scope, id)
        self._provider = provider
        self._references = references
        if guard.key:
            self._key(guard.key)
        for topic in guard.topics:
            self._topic(topic)

    def _key(self, key: Key) -> None:
        resource = KmsKey(
            self,
            "key",
            provider=self._provider,
            description=key.description,
            enable_key_rotation=key.rotated,
            deletion_window_in_days=key.deletion_window_days,
            policy=self._references.json(key.policy),
            tags=key.tags,
            # Without encryption the topic stops using the key before the key is deleted.
            lifecycle=TerraformResourceLifecycle(create_before_destroy=True),
        )
        self._references.add(key.arn, str(resource.arn))
        KmsAlias(
            self,
            "key-alias",
            provider=self._provider,
            name=key.alias,
            target_key_id=resource.key_id,
        )

    def _topic(self, topic: Topic) -> None:
        resource = SnsTopic(
            self,
            topic.id,
            provider=self._provider,
            name=topic.name,
            display_name=topic.display_name,
            kms_master_key_id=self._references.text(topic.key_arn) if topic.key_arn else None,
        )
        arn = self._references.add(topic.arn, str(resource.arn))
        SnsTopicPolicy(
            self,
            f"{topic.id}-policy",
            provider=self._provider,
            arn=arn,
            policy=self._references.json(topic.policy),
        )
        for address in topic.emails:
            # Quoted: the id stands in the JSON as it is, where `${` would be a template.
            subscription = f"email-{quote(address, safe='@+')}"
            SnsTopicSubscription(
                self,
                subscription if topic.id == "topic" else f"{topic.id}-{subscription}",
                provider=self._provider,
                topic_arn=arn,
                protocol="email",
                endpoint=self._references.text(address),
            )
        for each in topic.subscriptions:
            SnsTopicSubscription(
                self,
                f"{topic.id}-{each.id}",
                provider=self._provider,
                topic_arn=arn,
                protocol=each.protocol,
                endpoint=self._references.text(each.endpoint),
                filter_policy=json.dumps(each.filter_policy) if each.filter_policy else None,
                filter_policy_scope="MessageBody" if each.filter_policy else None,
                raw_message_delivery=True if each.raw else None,
                delivery_policy=json.dumps(each.delivery_policy) if each.delivery_policy else None,
                redrive_policy=self._references.json({"deadLetterTargetArn": each.dead_letter_arn}),
            )
