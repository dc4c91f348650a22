"""The EventBridge rules of one Region, with their targets."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from reprieve.events.alarm_events import ALARM_RULE, alarm_raised
from reprieve.events.exemptions import exemptions_in, split, without_callers
from reprieve.events.guard_events import (
    ALERT_KEY,
    DAILY,
    FORWARDED,
    GUARD_CHANGED,
    PATROL_RULE,
    RESCUE_FAILED,
    RULES_CHANGED,
    alert_key_endangered,
    by_stack_sets,
    guard_changed,
    rescue_failed,
    rules_changed,
)
from reprieve.events.heartbeats import EVERY_MINUTES, HEARTBEAT
from reprieve.events.inputs import cancel_key_deletion_input, patrol_input, runbook_input
from reprieve.events.results import RESULT_RULE, results
from reprieve.events.threat import EventPattern, Threat, pattern_json
from reprieve.events.threats import APPROVED, BY_NAME
from reprieve.guard.conditions import texts_of
from reprieve.guard.custom_bus import KMS_EVENTS, bus_of, kms_events
from reprieve.guard.forwarding import (
    bus_arn,
    forwarded_threats,
    hub_bus_arns,
    own_events,
    relay_of,
)
from reprieve.guard.remediation import runbook_against, started_runbooks
from reprieve.guard.resources import DEFAULT_BUS, Alarm, Rule, Target, rule_resource
from reprieve.guard.retries import (
    ALERT_SECONDS,
    HEARTBEAT_SECONDS,
    MAXIMUM_RETRIES,
    RUNBOOK_SECONDS,
)
from reprieve.guard.rule_factory import Endpoints, RuleFactory
from reprieve.guard.topics import topic_names
from reprieve.guard.topology import has_hub, hub_location, is_spoke
from reprieve.location import Location
from reprieve.messages.alerts import alert
from reprieve.messages.other_alerts import alert_key_alert, rescue_failed_alert, watch_alert
from reprieve.names import HUB, HUB_EXEMPT, HUB_MANUAL, HUB_WATCH
from reprieve.runbooks.runbook import PATROL
from reprieve.settings.schema import Settings


def rules_of(settings: Settings, location: Location, endpoints: Endpoints) -> tuple[Rule, ...]:
    """Return the rules of a Region with their targets."""
    forwarding = forwarding_rules(
        settings, location, endpoints.eventbridge_role_arn, endpoints.dead_letter_arn
    )
    return (*_Rules(settings, location, endpoints).all(), *forwarding)


def alarm_rule(
    settings: Settings, location: Location, endpoints: Endpoints, alarms: Iterable[Alarm]
) -> Rule:
    """Return the rule that forwards the Region's alarms to the hub."""
    return _Rules(settings, location, endpoints).alarms(each.name for each in alarms)


def forwarding_rules(
    settings: Settings, location: Location, role_arn: str, dead_letter_arn: str | None
) -> Iterator[Rule]:
    """Yield the rules that send events about the guard itself to the bus of another Region.

    With a hub only a Region that is not watched needs them.
    """
    hub, relay = hub_location(settings, location), relay_of(settings, location.region)
    to = f"the hub in {hub.region}" if hub else str(relay)
    bus = hub_bus_arns(settings, hub)[0] if hub else bus_arn(location, str(relay))
    forwards = relay or (hub and location.region not in settings.regions.watched)
    for threat in forwarded_threats(settings) if forwards else ():
        id = f"{threat.name}-forward"
        name = settings.resource_names.of(id)
        yield Rule(
            id,
            name,
            location.arn("events", rule_resource(DEFAULT_BUS, name)),
            f"Reprieve: forwards to {to}: {threat.summary}",
            own_events(pattern_of(threat, settings, location.region), location.region),
            None,
            (
                Target(
                    f"{id}-bus",
                    bus,
                    None,
                    dead_letter_arn,
                    role_arn,
                    None,
                    ALERT_SECONDS,
                    MAXIMUM_RETRIES,
                ),
            ),
        )


def pattern_of(threat: Threat, settings: Settings, region: str) -> EventPattern:
    """Return the pattern of a threat in a Region; some depend on the settings."""
    if threat is not GUARD_CHANGED:
        return threat.event_pattern
    location = Location(settings.regions.partition, region)
    role = settings.remediation.automation_role_arn
    pattern = guard_changed(
        topic_names(settings),
        (role.rpartition("/")[2],) if role else (),
        settings.resource_names,
        buses=has_hub(settings, region),
        stack_sets=settings.has_stack_set and has_hub(settings, region),
        deployed_by_stack_set=settings.is_member,
    )
    return without_callers(pattern, _deployers(settings, location))


def _deployers(settings: Settings, location: Location) -> tuple[str, ...]:
    """Return the ARNs of the roles and users that may change the guard without an alert.

    StackSets deploys with roles of its own.
    """
    by_aws = by_stack_sets(location.partition, location.account) if settings.is_member else ()
    return *settings.exempt.deployers, *by_aws


class _Rules:
    """Makes the rules of one Region."""

    def __init__(self, settings: Settings, location: Location, endpoints: Endpoints) -> None:
        self._settings = settings
        self._location = location
        self._to = endpoints
        self._make = RuleFactory(settings, location, endpoints)

    def all(self) -> Iterator[Rule]:
        """Yield every rule that notifies people or starts a runbook."""
        names = self._settings.resource_names
        for name in self._settings.notify.threats:
            yield from self._against(BY_NAME[name])
        if self._settings.events.bus and (pattern := kms_events(self._settings)):
            yield self._to_custom_bus(pattern, self._settings.events.bus)
        if used := started_runbooks(self._settings):
            yield self._make.rule(
                RESCUE_FAILED,
                "A rescue or a patrol failed, took too long, or was cancelled",
                pattern_json(
                    rescue_failed(*((each.name(names), each.is_amazons) for each in used))
                ),
                "rescue",
                self._make.notify(RESCUE_FAILED, rescue_failed_alert(names)),
                # To the other topics too: with encryption the key may be the reason, and in a storm
                # SNS may have suspended the subscriptions of the alerts.
                *(
                    self._make.to_topic(f"{RESCUE_FAILED}-{id}", arn, rescue_failed_alert(names))
                    for id, arn in self._to.other_topics.items()
                ),
            )
        if self._to.key_arn:
            yield self._make.rule(
                ALERT_KEY,
                "The key that encrypts the alerts is endangered",
                pattern_json(alert_key_endangered(self._to.key_arn)),
                "rescue",
                self._make.to_topic(
                    ALERT_KEY, self._to.other_topics["lifeline"], alert_key_alert()
                ),
            )
        for watch in self._settings.watch:
            name = f"watch-{watch.name}"
            message = watch_alert(watch.name, watch.summary, watch.pattern)
            target = self._make.notify(name, message, HUB_WATCH)
            yield self._make.rule(name, watch.summary, watch.pattern, "watch", target)
        yield from self._patrol()
        if is_spoke(self._settings, self._location.region):
            yield from self._for_the_hub()

    def _to_custom_bus(self, pattern: EventPattern, bus: str) -> Rule:
        """Return the rule that forwards the events of KMS to a bus beside the default one."""
        arn, role = self._location.arn("events", f"event-bus/{bus}"), self._to.eventbridge_role_arn
        return self._make.rule(
            KMS_EVENTS,
            f"Forwards the events of KMS to the event bus {bus}",
            pattern_json(pattern),
            "rescue",
            self._make.target(f"{KMS_EVENTS}-bus", arn, None, RUNBOOK_SECONDS, role),
        )

    def _for_the_hub(self) -> Iterator[Rule]:
        """Yield the rules of what only the hub's Region does not forward.

        The alarms of the Region are added by `alarm_rule`, which knows their names.
        """
        yield self._make.rule(
            RESULT_RULE,
            "A runbook has a result",
            pattern_json(results()),
            "results",
            self._make.to_hub(RESULT_RULE),
        )
        names = self._settings.resource_names
        yield self._make.rule(
            HEARTBEAT,
            f"Sends a heartbeat to the hub every {EVERY_MINUTES} minutes",
            None,
            None,
            # Without the dead-letter queue: an alarm counts the failures, and the next one follows.
            replace(self._make.to_hub(HEARTBEAT, seconds=HEARTBEAT_SECONDS), dead_letter_arn=None),
            schedule=f"rate({EVERY_MINUTES} minutes)",
        )
        reporting = [names.of(each.name) for each in forwarded_threats(self._settings)]
        if reporting:
            # Anyone who disables a rule keeps it from reporting that.
            pattern = without_callers(
                rules_changed(reporting), _deployers(self._settings, self._location)
            )
            yield self._make.rule(
                RULES_CHANGED,
                "A rule that reports changes of Reprieve was changed",
                own_events(pattern, self._location.region),
                "guard",
                self._make.to_hub(RULES_CHANGED),
            )

    def alarms(self, names: Iterable[str]) -> Rule:
        """Return the rule that forwards the alarms of these names to the hub."""
        return self._make.rule(
            ALARM_RULE,
            "An alarm of Reprieve is on",
            pattern_json(alarm_raised(sorted(names))),
            None,
            self._make.to_hub(ALARM_RULE),
        )

    def _patrol(self) -> Iterator[Rule]:
        """Yield the schedules of the patrol: often, and once a day with reminders."""
        if not self._settings.patrol.enabled:
            return
        every = self._settings.patrol.every
        for id, schedule, remind in ((PATROL_RULE, every, False), (DAILY, "1 day", True)):
            target = self._make.to_runbook(
                id, PATROL, patrol_input(str(self._to.patrol_role_arn), remind=remind)
            )
            yield self._make.rule(
                id,
                f"Starts the patrol every {schedule}" + (", with reminders" if remind else ""),
                None,
                None,
                target,
                schedule=f"rate({schedule})",
            )

    def _against(self, threat: Threat) -> Iterator[Rule]:
        """Yield the rule of a threat, or both rules where some such events are approved."""
        runbook = runbook_against(threat, self._settings.remediation)
        group, region = _group(threat), self._location.region
        event_bus = bus_of(threat, self._settings)
        summary = threat.summary[0].upper() + threat.summary[1:]
        pattern, approved_pattern = self._split(threat) if runbook else (None, None)
        if approved_pattern:
            name = APPROVED[threat.name]
            yield self._make.rule(
                name,
                f"{summary}, and that is approved",
                pattern_json(approved_pattern),
                group,
                self._make.notify(name, alert(threat, approved=True), HUB_EXEMPT),
                bus=event_bus,
            )
        is_manual = threat.name in APPROVED and runbook is None
        bus = HUB_MANUAL if is_manual else HUB
        message = alert(threat, runbook, conditions=texts_of(self._settings))
        targets = [self._make.notify(threat.name, message, bus)]
        fallback = self._to.other_topics.get("fallback-topic")
        if fallback and threat in FORWARDED:
            # Perhaps the way to the hub is what was attacked. This one needs no role.
            targets.append(self._make.to_topic(threat.name, fallback, alert(threat)))
        if runbook:
            role_arn = str(self._to.automation_role_arn)
            parameters = (
                cancel_key_deletion_input(role_arn)
                if runbook.is_amazons
                else runbook_input(threat, role_arn, self._to.topic_arn)
            )
            targets.append(self._make.to_runbook(threat.name, runbook, parameters))
        yield self._make.rule(
            threat.name,
            summary,
            self._limited(threat, pattern or pattern_of(threat, self._settings, region)),
            group,
            *targets,
            bus=event_bus,
        )

    def _limited(self, threat: Threat, pattern: EventPattern) -> str:
        """Return the JSON of a threat's pattern."""
        region = self._location.region
        if threat in FORWARDED and is_spoke(self._settings, region):
            return own_events(pattern, region)
        return pattern_json(pattern)

    def _split(self, threat: Threat) -> tuple[EventPattern | None, EventPattern | None]:
        """Return the patterns of what is cancelled and of what is approved; None if nothing is."""
        exempt = exemptions_in(
            self._location.region,
            self._settings.exempt.principals,
            self._settings.exempt.keys,
            partition=self._location.partition,
            account=self._location.account,
        )
        return split(threat.event_pattern, exempt) if exempt else (None, None)


def _group(threat: Threat) -> str:
    """Return with which other rules the rule of a threat shares an alarm."""
    if threat.name in APPROVED:
        return "rescue"
    return "guard" if threat in FORWARDED else "threats"
