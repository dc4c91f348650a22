"""What AWS accepts of a guard.

Sources: EventBridge User Guide, "Amazon EventBridge quotas" and "Input transformation"; API
references of EventBridge (PutRule), SNS (CreateTopic), CloudWatch (PutMetricAlarm), Systems Manager
(CreateDocument).
"""

import json
from collections import Counter
from collections.abc import Iterator

from reprieve.events.patterns import pattern_errors
from reprieve.guard.resources import RegionalGuard, Rule

MAX_RULES, MAX_WILDCARD_RULES = 300, 30
MAX_DOCUMENT = 64 * 1024


def has_wildcard(rule: Rule) -> bool:
    """Return whether EventBridge counts a rule among those with wildcards."""
    return '"wildcard"' in (rule.pattern or "")


def breaches(guard: RegionalGuard) -> list[str]:
    """Return a sentence for each limit that a guard exceeds."""
    return [
        *_of_rules(guard),
        *(
            f"the {what} {name!r} has {size}, at most {most}"
            for what, name, size, most in _sizes(guard)
            if size > most
        ),
    ]


def _of_rules(guard: RegionalGuard) -> Iterator[str]:
    names = Counter((rule.bus, rule.name) for rule in guard.rules)
    yield from (
        f"{number} rules have the name {name}" for name, number in names.items() if number > 1
    )
    ids = Counter(rule.id for rule in guard.rules)
    yield from (f"{number} rules have the id {id}" for id, number in ids.items() if number > 1)
    for rule in guard.rules:
        if rule.pattern:
            yield from (f"{rule.name}: {error}" for error in pattern_errors(rule.pattern))
        if not rule.targets and "heartbeat" not in rule.id:  # those are only counted
            yield f"{rule.name} has no target"


def _sizes(guard: RegionalGuard) -> Iterator[tuple[str, str, int, int]]:
    """Yield what is limited, its name, its size, and the limit."""
    for bus in {rule.bus for rule in guard.rules}:
        rules = [rule for rule in guard.rules if rule.bus == bus]
        yield "rules of the bus", bus, len(rules), MAX_RULES
        yield "wildcards of the bus", bus, sum(map(has_wildcard, rules)), MAX_WILDCARD_RULES
    for rule in guard.rules:
        yield "name of the rule", rule.name, len(rule.name), 64
        yield "description of the rule", rule.name, len(rule.description), 512
        yield "targets of the rule", rule.name, len(rule.targets), 5
        for target in rule.targets:
            yield "id of the target", target.id, len(target.id), 64
            if target.transformer:
                yield "paths of the target", target.id, len(target.transformer.paths), 100
                yield "template of the target", target.id, len(target.transformer.template), 8192
    for topic in guard.topics:
        yield "name of the topic", topic.name, len(topic.name), 256
        yield "sender of the topic", topic.name, len(topic.display_name), 100
    for alarm in guard.alarms:
        yield "name of the alarm", alarm.name, len(alarm.name), 255
        yield "description of the alarm", alarm.name, len(alarm.description), 1024
        yield "metrics of the alarm", alarm.name, len(alarm.metrics), 10
    for document in guard.documents:
        yield "document", document.name, len(json.dumps(document.content)), MAX_DOCUMENT
