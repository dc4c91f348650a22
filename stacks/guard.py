"""What stands in one Region."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from reprieve import policies
from reprieve.exemptions import split
from reprieve.messages import (
    Transformer,
    alert,
    alert_key_alert,
    cancel_key_deletion_input,
    rescue_failed_alert,
    runbook_input,
    watch_alert,
)
from reprieve.runbooks import Runbook
from reprieve.settings import Settings, WatchSettings
from reprieve.threats import (
    ALERT_KEY,
    APPROVED,
    BY_NAME,
    RESCUE_FAILED,
    Threat,
    alert_key_endangered,
    pattern_json,
    rescue_failed,
)
from stacks.alarms import Alarms
from stacks.cdk import (
    AwsProvider,
    CloudwatchEventRule,
    CloudwatchEventTarget,
    CloudwatchEventTargetDeadLetterConfig,
    CloudwatchEventTargetInputTransformer,
    CloudwatchEventTargetRetryPolicy,
    Construct,
    SqsQueue,
    SsmDocument,
    literal,
)
from stacks.channel import Channel
from stacks.remediation import Remediation

# After an hour of attempts an event goes to the dead-letter queue, whose alarm tells of it: sooner
# than after EventBridge's own 24 hours, and still in the first of a key's seven days at least.
_RETRIES = {"maximum_event_age_in_seconds": 3600, "maximum_retry_attempts": 185}
# As long as SQS keeps a message: people have holidays.
_RETENTION_SECONDS = 14 * 24 * 3600


@dataclass(frozen=True)
class _Rule:
    """A rule and its name.

    Whoever refers to it by its name, and says that it depends on it, spares jsii the question what
    the name is: there are hundreds of rules.
    """

    name: str
    resource: CloudwatchEventRule


class RegionalGuard(Construct):
    """The guard of one Region: it tells of threats and, with `remediation`, undoes some.

    Attributes, Terraform references: `topic_arn`, and `rule_arns` by threat.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        region: str,
        provider: AwsProvider,
        account: str,
        settings: Settings,
        remediation: Remediation | None,
    ) -> None:
        super().__init__(scope, id)
        self._provider = provider
        self._region = region
        self._account = account
        self._remediation = remediation
        self._rules: dict[str, list[str]] = {}
        role_arn = remediation.automation_role_arn if remediation else None
        self._channel = Channel(
            self,
            "channel",
            region=region,
            provider=provider,
            account=account,
            notify=settings.notify,
            automation_role_arn=role_arn,
        )
        self.topic_arn = self._channel.topic_arn
        self._dead_letters = self._dead_letter_queue()

        for name in settings.notify.threats:
            self._guard_against(BY_NAME[name])
        self.rule_arns = {
            name: policies.rule_arn(region, account, name) for name in settings.notify.threats
        }
        if remediation:
            self._tell_of_failures(remediation)
        if self._channel.key_arn and self._channel.lifeline_arn:
            rule = self._rule(
                ALERT_KEY,
                "The key that encrypts the alerts is endangered",
                pattern_json(alert_key_endangered(self._channel.key_arn)),
                group="rescue",
            )
            self._alert(ALERT_KEY, rule, alert_key_alert(), topic_arn=self._channel.lifeline_arn)
        for watch in settings.watch:
            self._watch(watch)
        if settings.reliability.alarms:
            Alarms(
                self,
                "alarms",
                provider=provider,
                queue_name=policies.DEAD_LETTERS,
                topic_name=settings.notify.topic_name,
                rule_names=self._rules,
                actions=self._channel.topic_arns,
            )

    def _guard_against(self, threat: Threat) -> None:
        """Make the rule, or both where some are approved, with all that they set going."""
        remediation = self._remediation
        runbook = remediation.runbook_for(threat) if remediation else None
        pattern = threat.event_pattern
        group = "rescue" if threat.name in APPROVED else "threats"
        summary = threat.summary[0].upper() + threat.summary[1:]
        if remediation and runbook and (exempt := remediation.exemptions(self._region)):
            pattern, approved_pattern = split(pattern, exempt)
            name = APPROVED[threat.name]
            approved = self._rule(
                name, f"{summary}, and that is approved", pattern_json(approved_pattern), group
            )
            self._alert(name, approved, alert(threat, approved=True))
        rule = self._rule(threat.name, summary, pattern_json(pattern), group)
        self._alert(threat.name, rule, alert(threat, runbook))
        if remediation and runbook:
            self._remediate(threat, rule, remediation, runbook)

    def _remediate(
        self, threat: Threat, rule: _Rule, remediation: Remediation, runbook: Runbook
    ) -> None:
        """Have the rule start the runbook; Reprieve's own is put into the Region first."""
        document = None
        if runbook.is_amazons:
            transformer = cancel_key_deletion_input(remediation.automation_role_arn)
        else:
            transformer = runbook_input(threat, remediation.automation_role_arn, self.topic_arn)
            document = SsmDocument(
                self,
                "runbook" if runbook is remediation.runbook else runbook.name,
                provider=self._provider,
                name=runbook.name,
                document_type="Automation",
                document_format="JSON",
                content=remediation.document(runbook),
            )
        self._target(
            f"{threat.name}-remediation",
            rule,
            arn=remediation.target_arn(runbook, self._region),
            role_arn=remediation.eventbridge_role_arn,
            transformer=transformer,
            # The target's ARN is not the document's, so Terraform does not see the order.
            needs=[document] if document else [],
        )

    def _tell_of_failures(self, remediation: Remediation) -> None:
        """Tell of rescues that failed; with encryption twice, since its key may be the reason."""
        rule = self._rule(
            RESCUE_FAILED,
            "A rescue failed, took too long, or was cancelled",
            pattern_json(rescue_failed(*(each.name for each in remediation.runbooks))),
            group="rescue",
        )
        self._alert(RESCUE_FAILED, rule, rescue_failed_alert())
        if lifeline := self._channel.lifeline_arn:
            self._alert(
                f"{RESCUE_FAILED}-lifeline", rule, rescue_failed_alert(), topic_arn=lifeline
            )

    def _watch(self, watch: WatchSettings) -> None:
        name = f"watch-{watch.name}"
        rule = self._rule(name, literal(watch.summary), literal(watch.pattern), group="watch")
        self._alert(name, rule, watch_alert(watch.name, literal(watch.summary)))

    def _rule(self, id: str, summary: str, pattern: str, group: str) -> _Rule:
        """Make a rule; `group` says with which others its failures share an alarm."""
        name = f"{policies.PREFIX}-{id}"
        rule = CloudwatchEventRule(
            self,
            id,
            provider=self._provider,
            name=name,
            description=f"Reprieve: {summary}",
            event_pattern=pattern,
        )
        self._rules.setdefault(group, []).append(name)
        return _Rule(name, rule)

    def _alert(
        self, name: str, rule: _Rule, transformer: Transformer, topic_arn: str | None = None
    ) -> None:
        # SNS lets EventBridge in by the topic's policy; a role on this target may break delivery.
        self._target(
            f"{name}-alert", rule, arn=topic_arn or self.topic_arn, transformer=transformer
        )

    def _dead_letter_queue(self) -> str:
        """Create the queue of what could not be delivered; return its ARN."""
        queue = SqsQueue(
            self,
            "dead-letters",
            provider=self._provider,
            name=policies.DEAD_LETTERS,
            message_retention_seconds=_RETENTION_SECONDS,
            sqs_managed_sse_enabled=True,
            # In the queue itself: as a resource of its own it would wait as long once more.
            policy=json.dumps(policies.dead_letter_policy(self._region, self._account)),
        )
        return str(queue.arn)

    def _target(
        self,
        id: str,
        rule: _Rule,
        *,
        arn: str,
        transformer: Transformer,
        role_arn: str | None = None,
        needs: Sequence[SsmDocument] = (),
    ) -> None:
        CloudwatchEventTarget(
            self,
            id,
            provider=self._provider,
            rule=rule.name,
            target_id=id,
            arn=arn,
            role_arn=role_arn,
            depends_on=[rule.resource, *needs],
            input_transformer=CloudwatchEventTargetInputTransformer(
                input_paths=transformer.paths, input_template=transformer.template
            ),
            retry_policy=CloudwatchEventTargetRetryPolicy(**_RETRIES),
            dead_letter_config=CloudwatchEventTargetDeadLetterConfig(arn=self._dead_letters),
        )
