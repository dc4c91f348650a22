"""The rules that send every message to the channels, in the form of each.

They are rules of their own beside those of the alerts, which already have other targets and stay as
they are without channels. A rule has at most one target for each form, and EventBridge takes five.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from reprieve.events.alarm_events import alarm_raised
from reprieve.events.results import result_alerts, results
from reprieve.events.severity import Severity
from reprieve.events.threat import pattern_json
from reprieve.events.transformer import Transformer
from reprieve.guard.alarms import events_by_severity
from reprieve.guard.channels import CHANNELS, ChannelTopic, Form
from reprieve.guard.resources import DEFAULT_BUS, Alarm, Rule, Target, rule_resource
from reprieve.guard.retries import ALERT_SECONDS, MAXIMUM_RETRIES
from reprieve.location import Location
from reprieve.messages import forms
from reprieve.messages.alarm_messages import alarm_message
from reprieve.messages.message import Message
from reprieve.messages.result_messages import result_message
from reprieve.names import Names


def channel_rules(
    rules: Iterable[Rule],
    alarms: Iterable[Alarm],
    topics: tuple[ChannelTopic, ...],
    location: Location,
    names: Names,
    dead_letter_arn: str,
    *,
    encrypted: bool,
    hub_bus: str | None = None,
) -> tuple[Rule, ...]:
    """Return the rules for the channels: alerts, results and alarms.

    Args:
        rules: The rules of the alerts; those that notify nobody are skipped.
        alarms: The alarms whose changes of state the channels receive.
        topics: The topics of the channels in the Region.
        location: The Region.
        names: The names of the deployment.
        dead_letter_arn: Where EventBridge leaves what it cannot deliver.
        encrypted: Whether the alerts are encrypted.
        hub_bus: The hub's first event bus, to which other Regions forward their results and
            alarms; None if the hub is not here.
    """
    if not topics:
        return ()
    made = _ChannelRules(topics, location, names, dead_letter_arn, encrypted=encrypted)
    return tuple(
        rule
        for rule in (
            *made.of_alerts(rules),
            *made.of_results(),
            *made.of_alarms(alarms),
            *(made.of_hub(alarms, hub_bus) if hub_bus else ()),
        )
        if rule.targets
    )


class _ChannelRules:
    def __init__(
        self,
        topics: tuple[ChannelTopic, ...],
        location: Location,
        names: Names,
        dead_letter_arn: str,
        *,
        encrypted: bool,
    ) -> None:
        self._topics = topics
        self._location = location
        self._names = names
        self._dead_letter_arn = dead_letter_arn
        self._encrypted = encrypted

    def of_alerts(self, rules: Iterable[Rule]) -> Iterator[Rule]:
        """Yield a rule beside each one that notifies people, with the same pattern."""
        for rule in rules:
            if rule.message and rule.pattern:
                yield self._rule(
                    rule.id,
                    rule.description.removeprefix("Reprieve: "),
                    rule.pattern,
                    self._targets(rule.id, rule.message),
                    rule.bus,
                )

    def of_hub(self, alarms: Iterable[Alarm], bus: str) -> Iterator[Rule]:
        """Yield the rules for the results and alarms that other Regions forward to the hub.

        An alarm of theirs that this Region does not have is critical.
        """
        yield from self.of_results("hub-", bus)
        warnings = sorted(each.name for each in alarms if each.severity is Severity.WARNING)
        others: list[Any] = [{"anything-but": warnings}] if warnings else []
        for severity, names in ((Severity.WARNING, warnings), (Severity.CRITICAL, others)):
            pattern = alarm_raised()
            if names:
                pattern["detail"]["alarmName"] = names
            elif severity is Severity.WARNING:
                continue
            id = f"hub-alarms-{severity}"
            yield self._rule(
                id,
                f"An alarm of another Region is on that is {severity}",
                pattern_json(pattern),
                self._targets(id, alarm_message(severity)),
                bus,
            )

    def of_results(self, prefix: str = "", bus: str = DEFAULT_BUS) -> Iterator[Rule]:
        """Yield the rules for the results of each severity.

        The text for e-mail is made of its lines, by a rule for each number of lines.
        """
        for severity in Severity:
            id = f"{prefix}results-{severity}"
            summary = f"The results of rescues and patrols that are {severity}"
            message = result_message(severity)
            yield self._rule(
                id,
                summary,
                pattern_json(results(severity=severity)),
                tuple(
                    self._target(f"{id}-{each.form}", each, self._transformer(message, each.form))
                    for each in self._topics_of(message)
                    if each.form is not Form.TEXT
                ),
                bus,
            )
            for size, transformer in result_alerts().items():
                yield self._rule(
                    f"{id}-{size}",
                    f"{summary}, of {size} lines at most",
                    pattern_json(results(size, severity)),
                    tuple(
                        self._target(f"{id}-{size}-{each.form}", each, transformer)
                        for each in self._topics_of(message)
                        if each.form is Form.TEXT
                    ),
                    bus,
                )

    def of_alarms(self, alarms: Iterable[Alarm]) -> Iterator[Rule]:
        """Yield a rule for the alarms of each severity."""
        for severity, pattern in events_by_severity(alarms, self._names).items():
            id = f"alarms-{severity}"
            yield self._rule(
                id,
                f"An alarm of Reprieve is on that is {severity}",
                pattern_json(pattern),
                self._targets(id, alarm_message(severity)),
            )

    def _targets(self, id: str, message: Message) -> tuple[Target, ...]:
        return tuple(
            self._target(f"{id}-{each.form}", each, self._transformer(message, each.form))
            for each in self._topics_of(message)
        )

    def _topics_of(self, message: Message) -> Iterator[ChannelTopic]:
        for each in self._topics:
            if each.takes(message, encrypted=self._encrypted):
                yield each

    def _transformer(self, message: Message, form: Form) -> Transformer:
        match form:
            case Form.TEXT:
                return forms.text(message)
            case Form.SHORT:
                return forms.short(message)
            case Form.JSON:
                return forms.machine(message, self._location.partition)
            case Form.CHAT:
                return forms.chat(message, self._location.partition)

    def _target(self, id: str, to: ChannelTopic, transformer: Transformer) -> Target:
        return Target(
            id=id,
            arn=to.topic.arn,
            transformer=transformer,
            dead_letter_arn=self._dead_letter_arn,
            role_arn=None,
            document=None,
            maximum_event_age=ALERT_SECONDS,
            maximum_retries=MAXIMUM_RETRIES,
        )

    def _rule(
        self,
        id: str,
        summary: str,
        pattern: str,
        targets: tuple[Target, ...],
        bus: str = DEFAULT_BUS,
    ) -> Rule:
        # A name is unique on its bus, and has 64 characters at most.
        name = self._names.of(f"{id.removeprefix('hub-')}{CHANNELS}")
        return Rule(
            id=f"{id}{CHANNELS}",
            name=name,
            arn=self._location.arn("events", rule_resource(bus, name)),
            description=f"Reprieve: for the channels: {summary}",
            pattern=pattern,
            # What is not delivered goes to the dead-letter queue, whose alarm reports it.
            group=None,
            targets=targets,
            bus=bus,
        )
