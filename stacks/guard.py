"""What stands in one Region."""

import json

from reprieve.guard import policies
from reprieve.guard.remediation import document_of, runbooks_of
from reprieve.guard.rules import MAXIMUM_EVENT_AGE, MAXIMUM_RETRIES, Place, Rule, Target, rules_of
from reprieve.names import DEAD_LETTERS
from reprieve.runbooks.runbook import Runbook
from reprieve.settings.schema import Settings
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

# As long as SQS keeps a message: people have holidays.
_RETENTION_SECONDS = 14 * 24 * 3600


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
        self._settings = settings
        channel = Channel(
            self,
            "channel",
            region=region,
            provider=provider,
            account=account,
            notify=settings.notify,
            automation_role_arn=remediation.automation_role_arn if remediation else None,
        )
        self.topic_arn = channel.topic_arn
        self.rule_arns = {
            name: policies.rule_arn(region, account, name) for name in settings.notify.threats
        }
        self._dead_letters = self._dead_letter_queue(region, account)
        self._documents = {
            runbook.name: self._document(runbook)
            for runbook in runbooks_of(settings.remediation)
            if not runbook.is_amazons
        }

        place = Place(
            region=region,
            account=account,
            topic_arn=channel.topic_arn,
            key_arn=channel.key_arn,
            lifeline_arn=channel.lifeline_arn,
            automation_role_arn=remediation.automation_role_arn if remediation else None,
            eventbridge_role_arn=remediation.eventbridge_role_arn if remediation else None,
        )
        groups: dict[str, list[str]] = {}
        for rule in rules_of(settings, place, quote=literal):
            self._rule(rule)
            groups.setdefault(rule.group, []).append(rule.name)
        if settings.reliability.alarms:
            Alarms(
                self,
                "alarms",
                provider=provider,
                queue_name=DEAD_LETTERS,
                topic_name=settings.notify.topic_name,
                rule_names=groups,
                actions=channel.topic_arns,
            )

    def _dead_letter_queue(self, region: str, account: str) -> str:
        """Create the queue of what could not be delivered; return its ARN."""
        queue = SqsQueue(
            self,
            "dead-letters",
            provider=self._provider,
            name=DEAD_LETTERS,
            message_retention_seconds=_RETENTION_SECONDS,
            sqs_managed_sse_enabled=True,
            # In the queue itself: as a resource of its own it would wait as long once more.
            policy=json.dumps(policies.dead_letter_policy(region, account)),
        )
        return str(queue.arn)

    def _document(self, runbook: Runbook) -> SsmDocument:
        """Put one of Reprieve's own runbooks into the Region."""
        rescues = runbook is runbooks_of(self._settings.remediation)[0]
        return SsmDocument(
            self,
            "runbook" if rescues else runbook.name,
            provider=self._provider,
            name=runbook.name,
            document_type="Automation",
            document_format="JSON",
            content=json.dumps(document_of(runbook, self._settings)),
        )

    def _rule(self, rule: Rule) -> None:
        resource = CloudwatchEventRule(
            self,
            rule.id,
            provider=self._provider,
            name=rule.name,
            description=rule.description,
            event_pattern=rule.pattern,
            # Said, so that Terraform enables a rule again that somebody disabled.
            state="ENABLED",
        )
        for target in rule.targets:
            self._target(target, rule, resource)

    def _target(self, target: Target, rule: Rule, resource: CloudwatchEventRule) -> None:
        # The target's ARN is not the document's, so Terraform does not see the order.
        document = self._documents.get(target.runbook.name) if target.runbook else None
        CloudwatchEventTarget(
            self,
            target.id,
            provider=self._provider,
            # By its name, with the dependency said: jsii, hundreds of times asked what the
            # resource's name is, would take its time.
            rule=rule.name,
            target_id=target.id,
            arn=target.arn,
            role_arn=target.role_arn,
            depends_on=[resource, document] if document else [resource],
            input_transformer=CloudwatchEventTargetInputTransformer(
                input_paths=target.transformer.paths,
                input_template=target.transformer.template,
            ),
            retry_policy=CloudwatchEventTargetRetryPolicy(
                maximum_event_age_in_seconds=MAXIMUM_EVENT_AGE,
                maximum_retry_attempts=MAXIMUM_RETRIES,
            ),
            dead_letter_config=CloudwatchEventTargetDeadLetterConfig(arn=self._dead_letters),
        )
