"""What stands in one Region."""

import json
from urllib.parse import quote

from reprieve import policies
from reprieve.messages import Transformer, cancel_key_deletion_input, deletion_alert
from reprieve.settings import NotifySettings
from reprieve.threats import KEY_DELETION_SCHEDULED
from stacks.cdk import (
    AwsProvider,
    CloudwatchEventRule,
    CloudwatchEventTarget,
    CloudwatchEventTargetInputTransformer,
    Construct,
    SnsTopic,
    SnsTopicPolicy,
    SnsTopicSubscription,
    literal,
)
from stacks.remediation import Remediation


class RegionalGuard(Construct):
    """The guard of one Region: it tells of a deletion and, with `remediation`, takes it back.

    Attributes: `topic_arn` and `rule_arn`, as Terraform references.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        region: str,
        partition: str,
        provider: AwsProvider,
        notify: NotifySettings,
        remediation: Remediation | None,
    ) -> None:
        super().__init__(scope, id)
        self._provider = provider
        topic = self._topic(region, notify)
        self.topic_arn = str(topic.arn)

        threat = KEY_DELETION_SCHEDULED
        rule = CloudwatchEventRule(
            self,
            threat.name,
            provider=provider,
            name=f"{policies.PREFIX}-{threat.name}",
            description=f"Reprieve: {threat.summary}",
            event_pattern=json.dumps(threat.event_pattern),
        )
        self.rule_arn = str(rule.arn)
        # SNS lets EventBridge in by the topic's policy; a role on this target may break delivery.
        self._target(
            f"{threat.name}-alert",
            rule,
            arn=self.topic_arn,
            transformer=deletion_alert(remediation.runbook if remediation else None),
        )
        if remediation:
            self._target(
                f"{threat.name}-remediation",
                rule,
                arn=remediation.runbook.target_arn(partition, region),
                role_arn=remediation.eventbridge_role_arn,
                transformer=cancel_key_deletion_input(remediation.automation_role_arn),
            )

    def _topic(self, region: str, notify: NotifySettings) -> SnsTopic:
        topic = SnsTopic(
            self,
            "topic",
            provider=self._provider,
            name=notify.topic_name,
            # The sender's name in e-mails: it tells apart the confirmation requests of the Regions.
            display_name=f"Reprieve {region}",
        )
        SnsTopicPolicy(
            self,
            "topic-policy",
            provider=self._provider,
            arn=topic.arn,
            policy=json.dumps(policies.topic_policy(topic.arn)),
        )
        for address in notify.emails:
            SnsTopicSubscription(
                self,
                # Quoted: the id stands in the JSON as it is, where `${` would be a template.
                f"email-{quote(address, safe='@+')}",
                provider=self._provider,
                topic_arn=topic.arn,
                protocol="email",
                endpoint=literal(address),
            )
        return topic

    def _target(
        self,
        id: str,
        rule: CloudwatchEventRule,
        *,
        arn: str,
        transformer: Transformer,
        role_arn: str | None = None,
    ) -> None:
        CloudwatchEventTarget(
            self,
            id,
            provider=self._provider,
            rule=rule.name,
            target_id=id,
            arn=arn,
            role_arn=role_arn,
            input_transformer=CloudwatchEventTargetInputTransformer(
                input_paths=transformer.paths, input_template=transformer.template
            ),
        )
