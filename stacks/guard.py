"""The guard of one Region, as Terraform resources."""

from collections.abc import Mapping

from reprieve.guard.resources import DEFAULT_BUS, Document, EventBus, Queue, Rule, Target
from reprieve.guard.resources import RegionalGuard as Guard
from stacks.alarms import Alarms
from stacks.cdk import (
    AwsProvider,
    CloudwatchEventBus,
    CloudwatchEventBusPolicy,
    CloudwatchEventRule,
    CloudwatchEventTarget,
    CloudwatchEventTargetDeadLetterConfig,
    CloudwatchEventTargetInputTransformer,
    CloudwatchEventTargetRetryPolicy,
    Construct,
    SqsQueue,
    SsmDocument,
    SsmServiceSetting,
    TerraformResourceLifecycle,
)
from stacks.channel import Channel
from stacks.references import References


class RegionalGuard(Construct):
    """A resource for each of the guard's. `references` learns the ARNs of what is created."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        guard: Guard,
        provider: AwsProvider,
        references: References,
    ) -> None:
        super().__init__(scope, id)
        self._provider = provider
        self._references = references
        # First: SNS leaves there what it cannot deliver.
        self._queue(guard.queue)
        Channel(self, "channel", guard=guard, provider=provider, references=references)
        self._documents = {each.name: self._document(each) for each in guard.documents}
        if guard.service_setting:
            SsmServiceSetting(
                self,
                "adaptive-concurrency",
                provider=provider,
                # Its ARN, which the provider reads back: the path would be planned as a change for
                # ever.
                setting_id=references.text(
                    guard.location.arn("ssm", f"servicesetting{guard.service_setting.id}")
                ),
                setting_value=guard.service_setting.value,
            )
        buses = {each.name: self._bus(each) for each in guard.buses}
        rules = Rules(provider, references, self._documents, buses)
        for rule in guard.rules:
            rules.create(self, rule)
        if guard.alarms:
            Alarms(self, "alarms", alarms=guard.alarms, provider=provider, references=references)

    def _bus(self, bus: EventBus) -> CloudwatchEventBus:
        resource = CloudwatchEventBus(self, bus.id, provider=self._provider, name=bus.name)
        CloudwatchEventBusPolicy(
            self,
            f"{bus.id}-policy",
            provider=self._provider,
            event_bus_name=resource.name,
            policy=self._references.json(bus.policy),
        )
        self._references.add(bus.arn, str(resource.arn))
        return resource

    def _queue(self, queue: Queue) -> None:
        resource = SqsQueue(
            self,
            "dead-letters",
            provider=self._provider,
            name=queue.name,
            message_retention_seconds=queue.retention_seconds,
            sqs_managed_sse_enabled=True,
            # In the queue itself: the provider would wait for a policy of its own once more.
            policy=self._references.json(queue.policy),
        )
        self._references.add(queue.arn, str(resource.arn))

    def _document(self, document: Document) -> SsmDocument:
        return SsmDocument(
            self,
            document.id,
            provider=self._provider,
            name=document.name,
            document_type="Automation",
            document_format="JSON",
            content=self._references.json(document.content),
            # Other content is a document of another name: it exists before the targets name it.
            lifecycle=TerraformResourceLifecycle(create_before_destroy=True),
        )


class Rules:
    """Creates rules and their targets.

    `documents` are the runbooks' documents, and `buses` the hub's event buses, by their names.
    """

    def __init__(
        self,
        provider: AwsProvider,
        references: References,
        documents: Mapping[str, SsmDocument] | None = None,
        buses: Mapping[str, CloudwatchEventBus] | None = None,
    ) -> None:
        self._provider = provider
        self._references = references
        self._documents = documents or {}
        self._buses = buses or {}

    def create(self, scope: Construct, rule: Rule) -> None:
        """Create a rule with its targets."""
        bus = self._buses.get(rule.bus)
        resource = CloudwatchEventRule(
            scope,
            rule.id,
            provider=self._provider,
            name=rule.name,
            description=self._references.text(rule.description),
            event_pattern=self._references.text(rule.pattern) if rule.pattern else None,
            schedule_expression=rule.schedule,
            event_bus_name=bus.name if bus else _other_bus(rule),
            # Stated, so that Terraform enables a rule again that somebody disabled.
            state="ENABLED",
        )
        for target in rule.targets:
            self._target(scope, target, rule, resource)

    def _target(
        self, scope: Construct, target: Target, rule: Rule, resource: CloudwatchEventRule
    ) -> None:
        # The target's ARN is not the document's, so Terraform does not see the order.
        document = self._documents.get(target.document) if target.document else None
        CloudwatchEventTarget(
            scope,
            target.id,
            provider=self._provider,
            # By its name, with the dependency stated: asking jsii for the resource's name hundreds
            # of times takes its time.
            rule=rule.name,
            event_bus_name=_other_bus(rule),
            target_id=target.id,
            arn=self._references.text(target.arn),
            role_arn=self._references.text(target.role_arn) if target.role_arn else None,
            depends_on=[resource, document] if document else [resource],
            input_transformer=CloudwatchEventTargetInputTransformer(
                input_paths=target.transformer.paths,
                input_template=self._references.text(target.transformer.template),
            )
            if target.transformer
            else None,
            retry_policy=CloudwatchEventTargetRetryPolicy(
                maximum_event_age_in_seconds=target.maximum_event_age,
                maximum_retry_attempts=target.maximum_retries,
            ),
            dead_letter_config=CloudwatchEventTargetDeadLetterConfig(
                arn=self._references.text(target.dead_letter_arn)
            )
            if target.dead_letter_arn
            else None,
        )


def _other_bus(rule: Rule) -> str | None:
    """Return the name of a rule's bus; None is the default one."""
    return None if rule.bus == DEFAULT_BUS else rule.bus
