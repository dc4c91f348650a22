"""How the alerts of one Region reach people: the topic, its key, policy and subscribers."""

import json
from urllib.parse import quote

from reprieve.guard import policies
from reprieve.names import LIFELINE
from reprieve.settings.schema import NotifySettings
from stacks.cdk import (
    AwsProvider,
    Construct,
    KmsKey,
    SnsTopic,
    SnsTopicPolicy,
    SnsTopicSubscription,
    literal,
)


class Channel(Construct):
    """The topic of a Region's alerts; if it is encrypted, a second one without encryption.

    The second, the lifeline, tells what the first cannot while its key is out of use: that this is
    so. It also gets the alarms. What they say is no secret.

    Attributes, Terraform references: `topic_arn`; `key_arn` and `lifeline_arn`, None without
    encryption; `topic_arns`, the topics that hear of alarms.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        region: str,
        provider: AwsProvider,
        account: str,
        notify: NotifySettings,
        automation_role_arn: str | None,
    ) -> None:
        super().__init__(scope, id)
        self._provider = provider
        self._region = region
        self._account = account
        self._notify = notify
        self.key_arn = self._key(automation_role_arn)
        self.topic_arn = self._topic("topic", notify.topic_name, self.key_arn)
        self.lifeline_arn = self._topic("lifeline", LIFELINE, None) if self.key_arn else None
        self.topic_arns = [arn for arn in (self.topic_arn, self.lifeline_arn) if arn]

    def _key(self, automation_role_arn: str | None) -> str | None:
        """Return the ARN of the key that encrypts the alerts, made here if the settings say so."""
        encryption = self._notify.encryption
        if encryption == "none":
            return None
        if encryption != "own":
            return next(arn for arn in encryption if arn.split(":")[3] == self._region)
        policy = policies.alert_key_policy(self._region, self._account, automation_role_arn)
        key = KmsKey(
            self,
            "key",
            provider=self._provider,
            description="Reprieve: encrypts the alerts that KMS keys are endangered",
            enable_key_rotation=True,
            deletion_window_in_days=30,
            policy=json.dumps(policy),
        )
        return str(key.arn)

    def _topic(self, id: str, name: str, key_arn: str | None) -> str:
        """Create a topic, its policy and its subscriptions; return its ARN."""
        topic = SnsTopic(
            self,
            id,
            provider=self._provider,
            name=name,
            # The sender's name in e-mails: it tells apart the confirmation requests of the Regions.
            display_name=f"Reprieve {self._region}",
            kms_master_key_id=key_arn,
        )
        arn = str(topic.arn)
        policy = policies.topic_policy(
            arn, self._region, self._account, strict=self._notify.strict_topic_policy
        )
        SnsTopicPolicy(
            self, f"{id}-policy", provider=self._provider, arn=arn, policy=json.dumps(policy)
        )
        for address in self._notify.emails:
            # Quoted: the id stands in the JSON as it is, where `${` would be a template.
            subscription = f"email-{quote(address, safe='@+')}"
            SnsTopicSubscription(
                self,
                subscription if id == "topic" else f"{id}-{subscription}",
                provider=self._provider,
                topic_arn=arn,
                protocol="email",
                endpoint=literal(address),
            )
        return arn
