"""Makes the rules of a Region and their targets, each in one way."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from reprieve.events.transformer import Transformer
from reprieve.guard.resources import DEFAULT_BUS, Document, Rule, Target, rule_resource
from reprieve.guard.retries import ALERT_SECONDS, HUB_SECONDS, MAXIMUM_RETRIES, RUNBOOK_SECONDS
from reprieve.guard.topology import hub_location
from reprieve.location import Location
from reprieve.messages.forms import text
from reprieve.messages.message import Message
from reprieve.names import HUB
from reprieve.runbooks.runbook import Runbook
from reprieve.settings.schema import Settings


@dataclass(frozen=True)
class Endpoints:
    """What the rules of a Region need: ARNs, and the documents of the runbooks.

    `topic_arn` is None where the hub sends the alerts. `other_topics` are the ARNs of the topics
    beside that of the alerts, by their ids. `key_arn` is None without encryption; a role is None if
    nothing uses it.
    """

    topic_arn: str | None
    other_topics: Mapping[str, str]
    key_arn: str | None
    dead_letter_arn: str
    automation_role_arn: str | None
    patrol_role_arn: str | None
    eventbridge_role_arn: str
    documents: Mapping[Runbook, Document]


class RuleFactory:
    """Makes rules and targets with the names, ARNs and retries of a Region."""

    def __init__(self, settings: Settings, location: Location, endpoints: Endpoints) -> None:
        self._settings = settings
        self._location = location
        self._to = endpoints

    def rule(
        self,
        id: str,
        summary: str,
        pattern: str | None,
        group: str | None,
        *targets: Target,
        schedule: str | None = None,
        bus: str = DEFAULT_BUS,
    ) -> Rule:
        """Return a rule; `id` is its name without the prefix."""
        name = self._settings.resource_names.of(id)
        return Rule(
            id,
            name,
            self._location.arn("events", rule_resource(bus, name)),
            f"Reprieve: {summary}",
            pattern,
            group,
            targets,
            schedule,
            bus,
        )

    def notify(self, name: str, message: Message, bus: str = HUB) -> Target:
        """Return the target that notifies people: a topic, or a bus of the hub's."""
        if self._to.topic_arn is None:
            return self.to_hub(name, bus)
        return self.to_topic(name, self._to.topic_arn, message)

    def to_hub(self, name: str, bus: str = HUB, seconds: int = HUB_SECONDS) -> Target:
        """Return the target that forwards to a bus of the hub."""
        hub = hub_location(self._settings, self._location)
        assert hub, "only a hub's spokes have no topic"  # noqa: S101
        arn = hub.arn("events", f"event-bus/{self._settings.resource_names.of(bus)}")
        role = self._to.eventbridge_role_arn
        return self.target(f"{name}-hub", arn, None, seconds, role)

    def to_topic(self, name: str, topic_arn: str, message: Message) -> Target:
        """Return the target that sends a message to a topic."""
        # SNS lets EventBridge in by the topic's policy; a role on this target may break delivery.
        target = self.target(f"{name}-alert", topic_arn, text(message), ALERT_SECONDS)
        return replace(target, message=message)

    def to_runbook(self, name: str, runbook: Runbook, parameters: Transformer) -> Target:
        """Return the target that starts a runbook with these parameters."""
        document = self._to.documents.get(runbook)
        arn = (
            document.target_arn(self._location)
            if document
            else runbook.target_arn(self._location, runbook.id, "$DEFAULT")
        )
        return self.target(
            f"{name}-remediation",
            arn,
            parameters,
            RUNBOOK_SECONDS,
            self._to.eventbridge_role_arn,
            document.name if document else None,
        )

    def target(
        self,
        id: str,
        arn: str,
        transformer: Transformer | None,
        seconds: int,
        role_arn: str | None = None,
        document: str | None = None,
    ) -> Target:
        """Return a target that keeps trying for some seconds, then uses the dead-letter queue."""
        return Target(
            id,
            arn,
            transformer,
            self._to.dead_letter_arn,
            role_arn,
            document,
            seconds,
            MAXIMUM_RETRIES,
        )
