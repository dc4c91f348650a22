"""The patrol's document of a Region: what it inspects, and what it expects of the next guard."""

import re
from collections.abc import Iterable
from typing import Any

from reprieve.events.threat import Threat
from reprieve.events.threats import BY_NAME
from reprieve.events.watched_calls import watched_calls
from reprieve.guard.channels import CHANNEL, is_of_channels
from reprieve.guard.conditions import conditions_of
from reprieve.guard.forwarding import forwarded_threats, relay_region
from reprieve.guard.remediation import deployers_of, document_of
from reprieve.guard.resources import DEFAULT_BUS, Document, RegionalGuard, Rule, Target
from reprieve.guard.rules import pattern_of
from reprieve.guard.topics import KEY_REFERENCE, topic_names
from reprieve.guard.topology import results_of
from reprieve.location import Location
from reprieve.names import ALERT_KEY_TAG
from reprieve.runbooks.patrol import patrol_document as runbook_document
from reprieve.runbooks.runbook import PATROL
from reprieve.runbooks.scripts.fingerprint import fingerprint, policy_facts, rule_facts
from reprieve.runbooks.steps import destination
from reprieve.settings.arns import key_home
from reprieve.settings.schema import Settings


def stand_in(settings: Settings) -> Document:
    """Return what stands for the next Region's patrol: its content is not known yet.

    `fingerprint` leaves out what depends on it.
    """
    return document_of(PATROL, {}, settings)


def patrol_document(settings: Settings, location: Location, expected: dict[str, Any]) -> Document:
    """Return the document of the patrol that inspects a Region, and the guard of its neighbour.

    `expected` are the `expectations` of that guard, or `no_expectations`.

    Its content depends on nothing that is only known once the guard is deployed, such as the
    account's id: its name depends on the content.
    """
    region = Location(location.partition, location.region, "{{ global:ACCOUNT_ID }}")
    results = results_of(settings, location.region)
    topics = [region.arn("sns", name) for name in topic_names(settings)]
    to = destination(PATROL.id, topics, results=results)
    inspection = {
        **to,
        "DeadLetters": settings.resource_names.dead_letters,
        "Rescues": settings.remediation.enabled,
        "RescuesEarlier": settings.patrol.rescue_earlier,
        "ExemptPrincipals": sorted(settings.exempt.principals),
        "ExemptKeys": sorted(
            # An ARN names its Region, an id applies in all of them.
            key
            for key in settings.exempt.keys
            if (key_home(key) or (None, None))[1] in (None, location.region)
        ),
        "Exemptions": conditions_of(settings),
        "Deployers": deployers_of(settings),
        "OwnKeyTag": ALERT_KEY_TAG,
    }
    guard_check = {
        **to,
        "DeadLetters": settings.resource_names.dead_letters,
        "Expected": expected,
    }
    content = runbook_document(location.partition, inspection, guard_check, results=results)
    return document_of(PATROL, content, settings)


def no_expectations(settings: Settings, location: Location) -> dict[str, Any]:
    """Return the `expectations` of a Region whose guard is not compared."""
    return {
        "Partition": location.partition,
        "Region": location.region,
        "Prefix": settings.resource_names.beginning,
        # Ids in the settings may be of this account or of another: only AWS knows.
        "Accounts": sorted(set(re.findall(r"(?<=:)\d{12}(?=:)", settings.model_dump_json()))),
        "Rules": {},
        "Topics": {},
        "Documents": [],
        "Trails": [
            _trails(settings, location.region, (BY_NAME[name] for name in settings.notify.threats))
        ],
    }


def expectations(settings: Settings, guard: RegionalGuard) -> dict[str, Any]:
    """Return what the script `guard_check` expects of a guard, in an order of its own.

    The topics and rules of the channels are left out, since the document has at most 64 KB.
    `guard-changed` reports their changes, and `reprieve status` compares them.

    The order in the settings must not change a document: its name would stay the same.
    """
    location = guard.location
    nothing = no_expectations(settings, location)
    own_key = location.arn("kms", KEY_REFERENCE) if guard.key else None

    def digest(value: Any) -> str:
        return fingerprint(value, {*nothing["Accounts"], location.account}, own_key)

    # No patrol inspects the Region that only forwards: it belongs to the first watched one.
    relay = relay_region(settings) if location.region == settings.regions.watched[0] else None
    return nothing | {
        "Trails": [
            *nothing["Trails"],
            *([_trails(settings, relay, forwarded_threats(settings))] if relay else []),
        ],
        "Rules": {
            rule.name: digest(_rule_facts(rule))
            for rule in sorted(guard.rules, key=lambda each: each.name)
            if not is_of_channels(rule)
            if rule.bus == DEFAULT_BUS  # `reprieve status` checks those of the hub
        },
        "Topics": {
            topic.name: {
                "Policy": digest(policy_facts(topic.policy)),
                "Key": "own" if topic.key_arn and guard.key else topic.key_arn,
                "Emails": sorted(topic.emails),
            }
            for topic in guard.topics
            if not topic.id.startswith(CHANNEL)
        },
        # Its own patrol's name is not known here; that its rule starts one is part of the rules.
        "Documents": [each.name for each in guard.documents if each.runbook is not PATROL],
    }


def _trails(settings: Settings, region: str, threats: Iterable[Threat]) -> list[Any]:
    """Return a Region and the calls that its trails must log for these threats, sorted.

    They are names by their source: pairs would take more of the document. The name is empty if all
    calls of the source count.
    """
    patterns = (pattern_of(each, settings, region) for each in threats)
    calls: dict[str, list[str]] = {}
    found = watched_calls(patterns, Location(settings.regions.partition, region))
    for source, name in sorted({(each.source, each.name or "") for each in found}):
        calls.setdefault(source, []).append(name)
    return [region, calls]


def _rule_facts(rule: Rule) -> dict[str, Any]:
    """Return a rule as EventBridge's API describes it."""
    return rule_facts(
        {
            "State": "ENABLED",
            "ScheduleExpression": rule.schedule,
            "EventPattern": rule.pattern,
        },
        [_target_facts(target) for target in rule.targets],
    )


def _target_facts(target: Target) -> dict[str, Any]:
    facts: dict[str, Any] = {
        "Id": target.id,
        "Arn": target.arn,
        "RoleArn": target.role_arn,
        "RetryPolicy": {
            "MaximumRetryAttempts": target.maximum_retries,
            "MaximumEventAgeInSeconds": target.maximum_event_age,
        },
        "DeadLetterConfig": {"Arn": target.dead_letter_arn} if target.dead_letter_arn else None,
    }
    if target.transformer:
        facts["InputTransformer"] = {
            "InputPathsMap": target.transformer.paths,
            "InputTemplate": target.transformer.template,
        }
    return facts
