"""The whole guard of one Region; `remediation.roles_of` has what an account has once.

stacks/ makes Terraform resources of it, and `reprieve status` compares it with what is deployed.
Both get the same data: nothing about a resource is decided elsewhere.
"""

from dataclasses import replace
from typing import Final

from reprieve.guard import policies
from reprieve.guard.alarms import alarms_of, heartbeat_alarms, hub_unreachable_alarm
from reprieve.guard.channel_rules import channel_rules
from reprieve.guard.channels import channel_topics, sends_to_dead_letters
from reprieve.guard.forwarding import next_region, relay_region
from reprieve.guard.hub import buses_of, hub_rules
from reprieve.guard.patrol import expectations, no_expectations, patrol_document, stand_in
from reprieve.guard.remediation import (
    automation_role_arn,
    documents_of,
    eventbridge_role_arn,
    patrol_role_arn,
    runbook_role_arns,
    service_setting_of,
)
from reprieve.guard.resources import Alarm, Document, EventBus, Queue, RegionalGuard, Rule
from reprieve.guard.rule_factory import Endpoints
from reprieve.guard.rules import alarm_rule, forwarding_rules, rules_of
from reprieve.guard.topics import KEY_REFERENCE, alert_key, topics_of
from reprieve.guard.topology import has_hub, is_spoke
from reprieve.location import Location
from reprieve.settings.schema import Settings

_RETENTION_SECONDS: Final = 14 * 24 * 3600
"""As long as SQS keeps a message (SQS API reference, MessageRetentionPeriod)."""


def regional_guard(
    settings: Settings,
    location: Location,
    own_key_arn: str | None = None,
    *,
    checks_neighbour: bool = True,
) -> RegionalGuard:
    """Return the guard of a watched Region.

    `own_key_arn` is the ARN of the key that Reprieve made for the alerts, if it is known. Without
    `checks_neighbour` the patrol does not compare the guard of the next Region: what that consists
    of is only known when it is deployed.
    """
    documents = documents_of(settings, location.region)
    if settings.patrol.enabled:
        # The patrol checks the guard of the next Region, whose own patrol has yet another content.
        neighbour = replace(location, region=next_region(settings, location.region))
        if checks_neighbour:
            others = (*documents_of(settings, neighbour.region), stand_in(settings))
            expected = expectations(settings, _guard(settings, neighbour, None, others))
        else:
            expected = no_expectations(settings, neighbour)
        documents += (patrol_document(settings, location, expected),)
    return _guard(settings, location, own_key_arn, documents)


def relay_rules(settings: Settings, location: Location) -> tuple[Rule, ...]:
    """Return the rules of a Region that is not watched and forwards events all the same."""
    if location.region != relay_region(settings):
        return ()
    return tuple(
        forwarding_rules(settings, location, eventbridge_role_arn(settings, location), None)
    )


def _guard(
    settings: Settings,
    location: Location,
    own_key_arn: str | None,
    documents: tuple[Document, ...],
) -> RegionalGuard:
    names = settings.resource_names
    key_arn, key = alert_key(
        location,
        settings,
        own_key_arn or location.arn("kms", KEY_REFERENCE),
        runbook_role_arns(settings, location),
    )
    topics, spoke = topics_of(settings, location, key_arn), is_spoke(settings, location.region)
    queue_arn = location.arn("sqs", names.dead_letters)
    channels = channel_topics(settings, location, key_arn, queue_arn)
    queue = Queue(
        name=names.dead_letters,
        arn=queue_arn,
        policy=policies.dead_letter_policy(
            location,
            names,
            from_topics=sends_to_dead_letters(channels),
            bus=settings.events.bus,
        ),
        retention_seconds=_RETENTION_SECONDS,
    )
    endpoints = Endpoints(
        topic_arn=None if spoke else topics[0].arn,
        other_topics={topic.id: topic.arn for topic in (topics if spoke else topics[1:])},
        key_arn=key_arn,
        dead_letter_arn=queue.arn,
        automation_role_arn=automation_role_arn(settings, location),
        patrol_role_arn=patrol_role_arn(settings, location),
        eventbridge_role_arn=eventbridge_role_arn(settings, location),
        documents={document.runbook: document for document in documents},
    )
    rules = rules_of(settings, location, endpoints)
    buses: tuple[EventBus, ...] = ()
    if has_hub(settings, location.region):
        buses = buses_of(settings, location)
        rules += hub_rules(settings, location, endpoints)
    reliability = settings.reliability
    alarms: tuple[Alarm, ...] = ()
    if reliability.alarms:
        alarms = alarms_of(reliability, names, queue, topics, rules, channels)
    if alarms and buses:
        alarms += tuple(heartbeat_alarms(settings, location, rules, topics))
    if alarms and spoke:
        alarms += (hub_unreachable_alarm(names, topics),)
        rules += (alarm_rule(settings, location, endpoints, alarms),)
    rules += channel_rules(
        rules,
        alarms,
        channels,
        location,
        names,
        queue.arn,
        encrypted=key_arn is not None,
        hub_bus=buses[0].name if buses else None,
    )
    return RegionalGuard(
        location=location,
        key_arn=key_arn,
        key=key,
        topics=(*topics, *(each.topic for each in channels)),
        queue=queue,
        documents=documents,
        rules=rules,
        alarms=alarms,
        service_setting=service_setting_of(settings),
        buses=buses,
    )
