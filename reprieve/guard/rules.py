"""The EventBridge rules of one Region, with their targets."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from reprieve.events.alerts import (
    Transformer,
    alert,
    alert_key_alert,
    cancel_key_deletion_input,
    rescue_failed_alert,
    runbook_input,
    watch_alert,
)
from reprieve.events.exemptions import exemptions_in, split
from reprieve.events.threats import (
    ALERT_KEY,
    APPROVED,
    BY_NAME,
    RESCUE_FAILED,
    EventPattern,
    Threat,
    alert_key_endangered,
    pattern_json,
    rescue_failed,
)
from reprieve.guard.remediation import runbook_against, runbooks_of
from reprieve.guard.resources import Rule, Target
from reprieve.location import Location
from reprieve.names import PREFIX
from reprieve.runbooks.runbook import Runbook
from reprieve.settings.schema import Settings

MAXIMUM_EVENT_AGE: Final = 3600
"""For how many seconds EventBridge tries to deliver an event.

After an hour the event goes to the dead-letter queue, whose alarm reports it: sooner than after
EventBridge's own 24 hours, and still on the first of a key's seven days at least.
"""
MAXIMUM_RETRIES: Final = 185


@dataclass(frozen=True)
class Endpoints:
    """The ARNs that the rules of a Region need.

    `key_arn` and `lifeline_arn` are None without encryption, the role of the automations without
    remediation.
    """

    topic_arn: str
    lifeline_arn: str | None
    key_arn: str | None
    dead_letter_arn: str
    automation_role_arn: str | None
    eventbridge_role_arn: str


def rules_of(settings: Settings, location: Location, endpoints: Endpoints) -> tuple[Rule, ...]:
    """Return the rules of a Region with their targets."""
    return tuple(_Rules(settings, location, endpoints).all())


class _Rules:
    """Makes the rules of one Region."""

    def __init__(self, settings: Settings, location: Location, endpoints: Endpoints) -> None:
        self._settings = settings
        self._location = location
        self._to = endpoints

    def all(self) -> Iterator[Rule]:
        """Yield every rule: of the threats, of failed rescues, of the alerts' key, of watches."""
        for name in self._settings.notify.threats:
            yield from self._against(BY_NAME[name])
        if used := runbooks_of(self._settings.remediation):
            yield self._rule(
                RESCUE_FAILED,
                "A rescue failed, took too long, or was cancelled",
                pattern_json(rescue_failed(*(each.name for each in used))),
                "rescue",
                self._to_topic(RESCUE_FAILED, self._to.topic_arn, rescue_failed_alert()),
                # With encryption twice, since its key may be the reason.
                *self._to_lifeline(f"{RESCUE_FAILED}-lifeline", rescue_failed_alert()),
            )
        if self._to.key_arn:
            yield self._rule(
                ALERT_KEY,
                "The key that encrypts the alerts is endangered",
                pattern_json(alert_key_endangered(self._to.key_arn)),
                "rescue",
                *self._to_lifeline(ALERT_KEY, alert_key_alert()),
            )
        for watch in self._settings.watch:
            name = f"watch-{watch.name}"
            target = self._to_topic(
                name, self._to.topic_arn, watch_alert(watch.name, watch.summary)
            )
            yield self._rule(name, watch.summary, watch.pattern, "watch", target)

    def _against(self, threat: Threat) -> Iterator[Rule]:
        """Yield the rule of a threat, or both rules where some such events are approved."""
        runbook = runbook_against(threat, self._settings.remediation)
        group = "rescue" if threat.name in APPROVED else "threats"
        summary = threat.summary[0].upper() + threat.summary[1:]
        pattern, approved_pattern = self._split(threat) if runbook else (None, None)
        if approved_pattern:
            name = APPROVED[threat.name]
            yield self._rule(
                name,
                f"{summary}, and that is approved",
                pattern_json(approved_pattern),
                group,
                self._to_topic(name, self._to.topic_arn, alert(threat, approved=True)),
            )
        targets = [self._to_topic(threat.name, self._to.topic_arn, alert(threat, runbook))]
        if runbook:
            targets.append(self._to_runbook(threat, runbook))
        yield self._rule(
            threat.name, summary, pattern_json(pattern or threat.event_pattern), group, *targets
        )

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

    def _rule(self, id: str, summary: str, pattern: str, group: str, *targets: Target) -> Rule:
        name = f"{PREFIX}-{id}"
        return Rule(
            id,
            name,
            self._location.arn("events", f"rule/{name}"),
            f"Reprieve: {summary}",
            pattern,
            group,
            targets,
        )

    def _to_topic(self, name: str, topic_arn: str, transformer: Transformer) -> Target:
        # SNS lets EventBridge in by the topic's policy; a role on this target may break delivery.
        return self._target(f"{name}-alert", topic_arn, transformer)

    def _to_lifeline(self, name: str, transformer: Transformer) -> Iterator[Target]:
        if self._to.lifeline_arn:
            yield self._to_topic(name, self._to.lifeline_arn, transformer)

    def _to_runbook(self, threat: Threat, runbook: Runbook) -> Target:
        role_arn = self._to.automation_role_arn
        assert role_arn, "with remediation there is a role"  # noqa: S101
        parameters = (
            cancel_key_deletion_input(role_arn)
            if runbook.is_amazons
            else runbook_input(threat, role_arn, self._to.topic_arn)
        )
        return self._target(
            f"{threat.name}-remediation",
            runbook.target_arn(self._location),
            parameters,
            self._to.eventbridge_role_arn,
            runbook,
        )

    def _target(
        self,
        id: str,
        arn: str,
        transformer: Transformer,
        role_arn: str | None = None,
        runbook: Runbook | None = None,
    ) -> Target:
        return Target(
            id,
            arn,
            transformer,
            self._to.dead_letter_arn,
            role_arn,
            runbook,
            MAXIMUM_EVENT_AGE,
            MAXIMUM_RETRIES,
        )
