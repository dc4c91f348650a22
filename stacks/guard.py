"""What stands in one Region."""

import json
from urllib.parse import quote

from reprieve import policies
from reprieve.exemptions import split
from reprieve.messages import (
    Transformer,
    cancel_key_deletion_input,
    deletion_alert,
    rescue_failed_alert,
    rescue_key_input,
)
from reprieve.rescue import rescue_document
from reprieve.settings import NotifySettings
from reprieve.threats import (
    KEY_DELETION_APPROVED,
    KEY_DELETION_SCHEDULED,
    RESCUE_FAILED,
    EventPattern,
    pattern_json,
    rescue_failed,
)
from stacks.cdk import (
    AwsProvider,
    CloudwatchEventRule,
    CloudwatchEventTarget,
    CloudwatchEventTargetInputTransformer,
    Construct,
    SnsTopic,
    SnsTopicPolicy,
    SnsTopicSubscription,
    SsmDocument,
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
        provider: AwsProvider,
        notify: NotifySettings,
        remediation: Remediation | None,
    ) -> None:
        super().__init__(scope, id)
        self._provider = provider
        self.topic_arn = self._topic(region, notify)

        threat = KEY_DELETION_SCHEDULED
        pattern = threat.event_pattern
        if remediation and (exemptions := remediation.exemptions(region)):
            pattern, approved_pattern = split(pattern, exemptions)
            approved = self._rule(
                KEY_DELETION_APPROVED, f"{threat.summary}, and that is approved", approved_pattern
            )
            self._alert(KEY_DELETION_APPROVED, approved, deletion_alert(None, approved=True))
        rule = self._rule(threat.name, threat.summary, pattern)
        self.rule_arn = str(rule.arn)
        self._alert(threat.name, rule, deletion_alert(remediation.runbook if remediation else None))
        if remediation:
            self._remediate(f"{threat.name}-remediation", rule, region, remediation)
            failed = self._rule(
                RESCUE_FAILED,
                "A rescue failed, took too long, or was cancelled",
                rescue_failed(remediation.runbook.name),
            )
            self._alert(RESCUE_FAILED, failed, rescue_failed_alert())

    def _rule(self, name: str, summary: str, pattern: EventPattern) -> CloudwatchEventRule:
        return CloudwatchEventRule(
            self,
            name,
            provider=self._provider,
            name=f"{policies.PREFIX}-{name}",
            description=f"Reprieve: {summary}",
            event_pattern=pattern_json(pattern),
        )

    def _alert(self, name: str, rule: CloudwatchEventRule, transformer: Transformer) -> None:
        # SNS lets EventBridge in by the topic's policy; a role on this target may break delivery.
        self._target(f"{name}-alert", rule, arn=self.topic_arn, transformer=transformer)

    def _remediate(
        self, id: str, rule: CloudwatchEventRule, region: str, remediation: Remediation
    ) -> None:
        """Have the rule start the runbook; Reprieve's own is put into the Region first."""
        document = None
        if remediation.runbook.is_amazons:
            transformer = cancel_key_deletion_input(remediation.automation_role_arn)
        else:
            transformer = rescue_key_input(remediation.automation_role_arn, self.topic_arn)
            document = SsmDocument(
                self,
                "runbook",
                provider=self._provider,
                name=remediation.runbook.name,
                document_type="Automation",
                document_format="JSON",
                content=json.dumps(rescue_document(remediation.partition)),
            )
        self._target(
            id,
            rule,
            arn=remediation.target_arn(region),
            role_arn=remediation.eventbridge_role_arn,
            transformer=transformer,
            # The target's ARN is not the document's, so Terraform does not see the order.
            depends_on=[document] if document else None,
        )

    def _topic(self, region: str, notify: NotifySettings) -> str:
        """Create the topic, its policy and its subscriptions; return its ARN."""
        topic = SnsTopic(
            self,
            "topic",
            provider=self._provider,
            name=notify.topic_name,
            # The sender's name in e-mails: it tells apart the confirmation requests of the Regions.
            display_name=f"Reprieve {region}",
        )
        arn = str(topic.arn)
        SnsTopicPolicy(
            self,
            "topic-policy",
            provider=self._provider,
            arn=arn,
            policy=json.dumps(policies.topic_policy(arn)),
        )
        for address in notify.emails:
            SnsTopicSubscription(
                self,
                # Quoted: the id stands in the JSON as it is, where `${` would be a template.
                f"email-{quote(address, safe='@+')}",
                provider=self._provider,
                topic_arn=arn,
                protocol="email",
                endpoint=literal(address),
            )
        return arn

    def _target(
        self,
        id: str,
        rule: CloudwatchEventRule,
        *,
        arn: str,
        transformer: Transformer,
        role_arn: str | None = None,
        depends_on: list[SsmDocument] | None = None,
    ) -> None:
        CloudwatchEventTarget(
            self,
            id,
            provider=self._provider,
            rule=rule.name,
            target_id=id,
            arn=arn,
            role_arn=role_arn,
            depends_on=depends_on,
            input_transformer=CloudwatchEventTargetInputTransformer(
                input_paths=transformer.paths, input_template=transformer.template
            ),
        )
