"""The rules that keep settings within AWS's quotas."""

import json
from collections.abc import Iterator
from typing import Final

from pydantic_core import InitErrorDetails

from reprieve import regions
from reprieve.events.exemptions import without_callers
from reprieve.events.guard_events import (
    FORWARDED,
    GUARD_CHANGED,
    by_stack_sets,
    guard_changed,
    rules_changed,
)
from reprieve.events.patterns import MAX_PATTERN_LENGTH, pattern_errors
from reprieve.events.threat import EventPattern, pattern_json
from reprieve.location import ACCOUNT_REFERENCE
from reprieve.settings.account import MEMBER_ID
from reprieve.settings.arns import principal_partition
from reprieve.settings.errors import Place
from reprieve.settings.hub import HUB_TOPOLOGY, given_hub
from reprieve.settings.invalid import invalid_at
from reprieve.settings.naming import names_of
from reprieve.settings.organization import STACK_SETS
from reprieve.settings.types import MAX_EMAIL, MAX_TOPIC_NAME
from reprieve.settings.unvalidated import (
    Texts,
    Values,
    entries,
    table,
    texts,
    watch_names,
    watch_patterns,
)

MAX_ALARM_METRICS: Final = 10
"""The metrics that a metric-math alarm takes (CloudWatch user guide, "Using metric math")."""

MAX_WATCHES: Final = 270
"""An event bus takes 300 rules (EventBridge user guide, quotas); Reprieve's own are below 30."""

MAX_WILDCARD_WATCHES: Final = 28
"""An event bus takes 30 rules with wildcards (EventBridge user guide, quotas; not adjustable).

Reprieve has two: `guard-changed`, and the rule that forwards it.
"""

MAX_CHANNEL_WATCHES: Final = 115
"""With channels each watch has two rules, and Reprieve's own are below 70."""

MAX_CHANNEL_WILDCARD_WATCHES: Final = 13
"""With channels each watch has two rules with wildcards, and Reprieve three."""

MAX_NAMES: Final = 6_000
"""How much of the patrol's runbook the addresses and watches may take, in characters of its JSON.

Systems Manager accepts 64 KB (SSM API reference, CreateDocument). The scripts take most of it, and
a test measures that the rest is enough.
"""
MAX_HUB_NAMES: Final = 4_400
"""With a hub that runbook sends events, which takes more than sending messages."""
MAX_CHANNEL_NAMES: Final = 1_700
"""With channels it sends both."""
_RULE_CHARACTERS: Final = 40
"""What a watch takes in the runbook besides its name: the rule's prefix and fingerprint."""

Errors = Iterator[InitErrorDetails]


def watch_errors(values: Values) -> Errors:
    """Yield an error if there are more watches than an event bus, or an alarm on them, takes."""
    watches = values.get("watch")
    count = len(watches) if isinstance(watches, list | tuple) else 0
    hint = "match several kinds of events with one pattern"
    has_channels = bool(values.get("channel"))
    most = MAX_CHANNEL_WATCHES if has_channels else MAX_WATCHES
    most_wildcards = MAX_CHANNEL_WILDCARD_WATCHES if has_channels else MAX_WILDCARD_WATCHES
    if count > most:
        rule = f"are more than {most}; EventBridge accepts 300, including Reprieve's own"
        yield invalid_at(("watch",), f"{count} tables", rule, hint)
        return
    wildcards = sum('"wildcard"' in pattern for pattern in watch_patterns(values))
    if wildcards > most_wildcards:
        yield invalid_at(
            ("watch",),
            f"{wildcards} patterns with wildcards",
            f"are more than {most_wildcards}; EventBridge accepts 30 rules with wildcards, "
            "with Reprieve's own",
            "match several kinds of events with one pattern, or use prefix and suffix",
        )
    if count > MAX_ALARM_METRICS and table(values, "reliability").get("alarms") is True:
        yield invalid_at(
            ("watch",),
            f"{count} tables",
            f"are more than the {MAX_ALARM_METRICS} rules that one CloudWatch alarm can sum up",
            f"{hint}, or set reliability.alarms = false",
        )


def runbook_errors(values: Values) -> Errors:
    """Yield an error if addresses, watches and exemptions make the patrol's runbook too long.

    It names every address of every topic, every rule, and every exemption with tags or a date.
    """
    if table(values, "patrol").get("enabled") is not True:
        return
    encrypted = table(values, "notify").get("encryption") != "none"
    emails = _valid(texts(values, "notify", "emails")) * (2 if encrypted else 1)
    hub = given_hub(table(values, "notify"))
    fallback = texts({"hub": hub}, "hub", "fallback_emails")
    watches = [name + "x" * _RULE_CHARACTERS for name in watch_names(values).values()]
    taken: dict[Place, tuple[int, str]] = {
        ("notify", "emails"): (_length(emails), "use the address of a mailing list"),
        ("reliability", "alarm_emails"): (
            _length(_valid(texts(values, "reliability", "alarm_emails"))),
            "use the address of a mailing list",
        ),
        ("notify", "hub", "fallback_emails"): (
            _length(_valid(fallback)),
            "use the address of a mailing list",
        ),
        ("watch",): (_length(watches), "match several kinds of events with one pattern"),
        # Two steps of the patrol get them.
        ("exemption",): (2 * _exemption_length(values), "remove those that have ended"),
    }
    total = sum(length for length, _ in taken.values())
    has_hub = table(values, "notify").get("topology") == HUB_TOPOLOGY
    most = MAX_HUB_NAMES if has_hub else MAX_NAMES
    if values.get("channel"):
        most = MAX_CHANNEL_NAMES
    if total > most:
        place, (_, hint) = max(taken.items(), key=lambda each: each[1][0])
        yield invalid_at(
            place,
            f"{total:,} characters with all addresses, watches and exemptions",
            f"is more than the {most:,} that fit into the patrol's runbook",
            f"{hint}, or set patrol.enabled = false",
        )


def _exemption_length(values: Values) -> int:
    """Return how much the exemptions take in the runbook, at most."""
    tags = table(values, "exempt").get("tags") or {}
    # What they are for is there twice: as it is, and in a text.
    given = entries(values, "exemption").values()
    texts = [2 * len(json.dumps(each, default=str)) + 2 * _RULE_CHARACTERS for each in given]
    return sum(texts) + (2 * len(json.dumps(tags, default=str)) if tags else 0)


def _valid(addresses: Texts) -> list[str]:
    """Return the addresses without those that have an error of their own, for their length."""
    return [each for each in addresses.values() if len(each) <= MAX_EMAIL]


def _length(names: list[str]) -> int:
    return len(json.dumps(names))


def deployer_errors(values: Values, watched: list[str]) -> Errors:
    """Yield an error if the deployers, or long names, make a pattern that EventBridge refuses.

    Each pattern names them and, where it forwards, the Region; that of `guard-changed` also the
    topic and the automation role.
    """
    topic = table(values, "notify").get("topic_name")
    deployers = texts(values, "exempt", "deployers")
    is_member = _is_member(values)
    if not isinstance(topic, str) or len(topic) > MAX_TOPIC_NAME:
        return
    partition = regions.partition_of(watched[0]) if watched else None
    by_aws = by_stack_sets(str(partition), ACCOUNT_REFERENCE) if is_member else ()
    callers = (*filter(principal_partition, deployers.values()), *by_aws)
    region = {"region": [max(watched, key=len, default="")]}
    for pattern in _patterns_with_deployers(values, topic):
        text = pattern_json(without_callers(pattern, callers) | region)
        if len(text) > MAX_PATTERN_LENGTH:
            rule = (
                f"makes an event pattern of {len(text):,} characters; "
                f"EventBridge accepts {MAX_PATTERN_LENGTH:,}"
            )
        elif errors := pattern_errors(text):
            # What a pattern's author would do follows in each.
            rule = f"makes an event pattern that EventBridge refuses: {errors[0].split('. ')[0]}"
        else:
            continue
        shorter = "give the topic a shorter name in notify.topic_name"
        if deployers:
            place, value = ("exempt", "deployers"), list(deployers.values())
            yield invalid_at(place, value, rule, f"name fewer deployers, or {shorter}")
        else:
            yield invalid_at(("notify", "topic_name"), topic, rule, shorter)
        return


def _patterns_with_deployers(values: Values, topic: str) -> Iterator[EventPattern]:
    """Yield the patterns that leave out what deployers do, without them."""
    role, names = table(values, "remediation").get("automation_role_arn"), names_of(values)
    has_hub = table(values, "notify").get("topology") == HUB_TOPOLOGY
    threats = texts(values, "notify", "threats").values()
    if GUARD_CHANGED.name in threats:
        yield guard_changed(
            [topic],
            [role.rpartition("/")[2]] if isinstance(role, str) else [],
            names,
            buses=has_hub,
            stack_sets=table(values, "organization").get("engine") == STACK_SETS
            and not _is_member(values),
            deployed_by_stack_set=_is_member(values),
        )
    if has_hub and (reporting := [each.name for each in FORWARDED if each.name in threats]):
        yield rules_changed(map(names.of, reporting))


def _is_member(values: Values) -> bool:
    """Tell whether these are the settings of the members of stack sets."""
    return table(values, "account").get("id") == MEMBER_ID
