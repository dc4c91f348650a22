"""The hub: the event buses that all other Regions forward to, and the rules on them.

A bus says by itself what happens because of an event: on the first, Reprieve does what the alert
says; on the others the event is exempt, nobody cancels the deletion, or it is one of a `[[watch]]`.
So the hub need not know the settings of the Regions and accounts that forward to it, and an event
that two rules forward meets each rule of the hub only once.
"""

from collections.abc import Iterator, Mapping

from reprieve.events.alarm_events import ALARM_RULE, alarm_alert, alarm_raised
from reprieve.events.guard_events import (
    FORWARDED,
    GUARD_CHANGED,
    RESCUE_FAILED,
    forwarded_guard_changed,
    forwarded_rescue_failed,
)
from reprieve.events.heartbeats import HEARTBEAT, heartbeat
from reprieve.events.results import RESULT_RULE, result_alerts, results
from reprieve.events.threat import Threat, pattern_json
from reprieve.events.threats import APPROVED, BY_NAME, CATALOGUE, KEY_DELETION_SCHEDULED
from reprieve.events.transformer import Transformer
from reprieve.guard import policies
from reprieve.guard.conditions import texts_of
from reprieve.guard.forwarding import hub_bus_arns
from reprieve.guard.hub_watches import hub_watches
from reprieve.guard.resources import EventBus, Rule, Target, rule_resource
from reprieve.guard.retries import ALERT_SECONDS, MAXIMUM_RETRIES
from reprieve.guard.rule_factory import Endpoints
from reprieve.guard.topology import forwarding_regions, forwarding_settings, sending_accounts
from reprieve.location import Location
from reprieve.messages.alerts import alert
from reprieve.messages.forms import text
from reprieve.messages.message import Message
from reprieve.messages.other_alerts import rescue_failed_alert, watch_alert
from reprieve.names import HUB, HUB_BUSES, HUB_EXEMPT, HUB_MANUAL, HUB_WATCH
from reprieve.runbooks.runbook import ENABLE_KEY, PATROL, RESCUE_KEY
from reprieve.settings.quotas import MAX_ALARM_METRICS
from reprieve.settings.schema import Settings


def buses_of(settings: Settings, location: Location) -> tuple[EventBus, ...]:
    """Return the event buses of a hub."""
    names = settings.resource_names
    accounts, organization = sending_accounts(settings), settings.notify.hub.organization_id
    return tuple(
        EventBus(
            id,
            names.of(id),
            arn,
            policies.hub_policy(arn, location, names, accounts, organization),
        )
        for id, arn in zip(HUB_BUSES, hub_bus_arns(settings, location), strict=True)
    )


def hub_rules(settings: Settings, location: Location, endpoints: Endpoints) -> tuple[Rule, ...]:
    """Return the rules on the hub's buses: they send the alerts to its topics."""
    return tuple(_Rules(settings, location, endpoints).all())


class _Rules:
    """Makes the rules of the hub."""

    def __init__(self, settings: Settings, location: Location, endpoints: Endpoints) -> None:
        assert endpoints.topic_arn, "the hub's own Region has a topic"  # noqa: S101
        self._settings = settings
        self._location = location
        self._topic = {"": endpoints.topic_arn}
        self._dead_letters = endpoints.dead_letter_arn
        # Those of the lifeline and of the alarms: what is about Reprieve itself goes there too, as
        # in a Region without a hub.
        self._others = endpoints.other_topics
        self._all = {**self._topic, **self._others}

    def all(self) -> Iterator[Rule]:
        """Yield every rule."""
        for threat in CATALOGUE:
            yield self._threat(threat)
        for name, approved in APPROVED.items():
            threat = BY_NAME[name]
            pattern = pattern_json(threat.event_pattern)
            what = f"{threat.summary}, and that is approved"
            approval = alert(threat, approved=True)
            yield self._rule(approved, what, pattern, approval, "hub-rescue", HUB_EXEMPT)
            by_hand = f"{threat.summary}, and Reprieve changes nothing"
            yield self._rule(
                approved.replace("-approved", "-manual"),
                by_hand,
                pattern,
                alert(threat),
                "hub-rescue",
                HUB_MANUAL,
            )
        yield self._rule(
            RESCUE_FAILED,
            "a rescue or a patrol failed",
            pattern_json(forwarded_rescue_failed()),
            rescue_failed_alert(self._settings.resource_names),
            "hub-rescue",
            topics=self._all,
        )
        yield self._rule(
            ALARM_RULE,
            "an alarm is on",
            pattern_json(alarm_raised()),
            alarm_alert(),
            "hub-guard",
            topics=self._all,
        )
        for size, form in result_alerts().items():
            yield self._rule(
                f"{RESULT_RULE}-{size}",
                f"a runbook has a result of at most {size} lines",
                pattern_json(results(size)),
                form,
                "hub-results",
            )
            if self._others:
                yield self._rule(
                    f"{RESULT_RULE}-{PATROL.id}-{size}",
                    f"a patrol has a result of at most {size} lines",
                    pattern_json(results(size, kind=PATROL.id)),
                    form,
                    "hub-results",
                    topics=self._others,
                )
        for account in forwarding_regions(self._settings):
            id = account or self._location.account
            yield self._rule(
                f"{HEARTBEAT}-{account or 'own'}",
                f"a heartbeat of the account {id}",
                pattern_json(heartbeat(id)),
                None,
                None,
            )
        yield from self._watches()

    def _watches(self) -> Iterator[Rule]:
        """Yield the rules for the watches of all accounts: one for those that are the same."""
        for index, (name, watch) in enumerate(hub_watches(self._settings).items()):
            message = watch_alert(watch.name, watch.summary, watch.pattern)
            # The alarm sums ten metrics at most. What is lost is in the dead-letter queue anyway.
            group = "hub-watch" if index < MAX_ALARM_METRICS else None
            yield self._rule(
                f"watch-{name}", watch.summary, watch.pattern, message, group, HUB_WATCH
            )

    def _threat(self, threat: Threat) -> Rule:
        pattern = forwarded_guard_changed() if threat is GUARD_CHANGED else threat.event_pattern
        if threat.name in APPROVED:
            runbook = RESCUE_KEY if threat is KEY_DELETION_SCHEDULED else ENABLE_KEY
            accounts = forwarding_settings(self._settings)
            exempt = dict.fromkeys(text for each in accounts for text in texts_of(each))
            message, group = alert(threat, runbook, conditions=tuple(exempt)), "hub-rescue"
        else:
            message, group = alert(threat), "hub-guard" if threat in FORWARDED else "hub-threats"
        return self._rule(threat.name, threat.summary, pattern_json(pattern), message, group)

    def _rule(
        self,
        id: str,
        summary: str,
        pattern: str,
        says: Message | Transformer | None,
        group: str | None,
        bus: str = HUB,
        *,
        topics: Mapping[str, str] | None = None,
    ) -> Rule:
        """Return a rule with a target for each of the topics: by default, that of the alerts."""
        names = self._settings.resource_names
        name = names.of(f"{HUB}-{id}") if bus != HUB_WATCH else names.of(id)
        bus_name = names.of(bus)
        targets = tuple(
            self._target(f"hub-{id}-{topic}-alert" if topic else f"hub-{id}-alert", arn, says)
            for topic, arn in (topics or self._topic).items()
            if says
        )
        return Rule(
            f"hub-{id}",
            name,
            self._location.arn("events", rule_resource(bus_name, name)),
            f"Reprieve hub: {summary}",
            pattern,
            group,
            targets,
            bus=bus_name,
        )

    def _target(self, id: str, topic_arn: str, says: Message | Transformer) -> Target:
        return Target(
            id,
            topic_arn,
            text(says) if isinstance(says, Message) else says,
            self._dead_letters,
            None,
            None,
            ALERT_SECONDS,
            MAXIMUM_RETRIES,
            message=says if isinstance(says, Message) else None,
        )
