"""Find the pattern in one Region: its rules and topics, and the stacks that they belong to."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final

from reprieve.adopt.config_rules import remediating_rules
from reprieve.adopt.found import (
    Deployment,
    OldRule,
    OldTopic,
    Stack,
    Subscriber,
    Target,
)
from reprieve.adopt.patterns import names_deletions, reacts_to_deletions
from reprieve.adopt.stacks import StackSets, pattern_stacks, stack_of_rule, stack_sets
from reprieve.aws.account import NO_TOPIC, Account, explain, is_code
from reprieve.events.threats import KEY_DELETION_SCHEDULED
from reprieve.settings.schema import Settings
from reprieve.status.expected import rules_in
from reprieve.status.rule_checks import list_rules
from reprieve.status.trail_check import Trail, trails_of

_REPRIEVES: Final = "Reprieve: "
"""What the descriptions of Reprieve's rules begin with, in every deployment."""
_PENDING: Final = "PendingConfirmation"


@dataclass
class RegionFound:
    """What was found in a Region. `problems` are sentences about what could not be read.

    `is_guarded` says whether Reprieve's own rule for scheduled deletions is there and enabled.
    `trails` is None if they were not read: nobody asks where nothing was found. `config_rules` are
    the rules of AWS Config that cancel deletions too.
    """

    region: str
    is_guarded: bool = False
    deployments: tuple[Deployment, ...] = ()
    stack_sets: StackSets = field(default_factory=StackSets)
    trails: dict[str, Trail] | None = None
    config_rules: tuple[str, ...] = ()
    problems: list[str] = field(default_factory=list)

    @contextmanager
    def reading(self, what: str) -> Iterator[None]:
        """Make a problem of an error in the block: what could not be read, and why."""
        try:
            yield
        except Exception as error:
            self.problems.append(f"The {what} could not be read. {explain(error)}")


def find_in(account: Account, settings: Settings, region: str) -> RegionFound:
    """Return what of the pattern is in a Region. Nothing is raised."""
    found = RegionFound(region)
    rules: list[OldRule] = []
    stacks: list[Stack] = []
    topics: dict[str, OldTopic] = {}
    with found.reading("rules"):
        found.is_guarded, rules = _rules(account, settings, region)
    with found.reading("stacks"):
        stacks = _stacks(account, region, rules)
    with found.reading("stack sets"):
        found.stack_sets = stack_sets(account, region, settings.resource_names.guard_set)
    for arn in dict.fromkeys(arn for rule in rules for arn in rule.topic_arns):
        with found.reading(f"topic {arn.rpartition(':')[2]}"):
            topics[arn] = _topic(account, region, arn)
    found.deployments = tuple(_deployments(region, rules, stacks, topics))
    with found.reading("rules of AWS Config"):
        found.config_rules = tuple(remediating_rules(account, region))
    if found.deployments:
        with found.reading("trails"):
            found.trails = trails_of(account, region)
    return found


def _rules(account: Account, settings: Settings, region: str) -> tuple[bool, list[OldRule]]:
    """Return whether Reprieve's own rule is enabled, and the rules of the pattern."""
    events = account.client("events", region)
    own = {rule.path: rule for rule in rules_in(account, settings, region)}
    found: list[OldRule] = []
    is_guarded = False
    for bus in _buses(events):
        for path, rule in list_rules(events, bus).items():
            if path in own:
                is_rescue = own[path].id == KEY_DELETION_SCHEDULED.name
                is_guarded |= is_rescue and rule["State"] != "DISABLED"
            elif not rule.get("Description", "").startswith(_REPRIEVES):
                found += _old_rule(events, bus, rule)
    return is_guarded, found


def _buses(events: Any) -> Iterator[str]:
    page: dict[str, Any] = {}
    while not page or page.get("NextToken"):
        following = {"NextToken": page["NextToken"]} if page else {}
        page = events.list_event_buses(**following)
        yield from (bus["Name"] for bus in page["EventBuses"])


def _old_rule(events: Any, bus: str, rule: dict[str, Any]) -> Iterator[OldRule]:
    """Yield the rule if it is one of the pattern.

    It names the call, and has a topic, a runbook or no target at all: a rule with another target
    only does something else. Or it matches each such call without naming it, and cancels.
    """
    pattern = json.loads(rule.get("EventPattern") or "{}")
    named = names_deletions(pattern)
    if rule.get("ManagedBy") or not (named or reacts_to_deletions(pattern)):
        return
    pages = events.get_paginator("list_targets_by_rule").paginate(
        Rule=rule["Name"], EventBusName=bus
    )
    targets = tuple(Target(each) for page in pages for each in page["Targets"])
    found = OldRule(rule["Name"], rule["Arn"], bus, rule["State"] != "DISABLED", pattern, targets)
    counts = not targets or found.topic_arns or found.runbooks
    if (named and counts) or any(each.cancels for each in targets):
        yield found


def _topic(account: Account, region: str, arn: str) -> OldTopic:
    publishers: list[str] = []
    pages = account.client("events", region).get_paginator("list_rule_names_by_target")
    for page in pages.paginate(TargetArn=arn):
        publishers += page["RuleNames"]
    sns = account.client("sns", region)
    try:
        attributes = sns.get_topic_attributes(TopicArn=arn)["Attributes"]
    except Exception as error:
        if not is_code(error, *NO_TOPIC):
            raise
        return OldTopic(arn, None, publishers=tuple(publishers))
    subscribers = tuple(
        Subscriber(each["Protocol"], each["Endpoint"], each["SubscriptionArn"] != _PENDING)
        for page in sns.get_paginator("list_subscriptions_by_topic").paginate(TopicArn=arn)
        for each in page["Subscriptions"]
        if each["SubscriptionArn"] != "Deleted"
    )
    return OldTopic(arn, attributes, subscribers, tuple(publishers))


def _stacks(account: Account, region: str, rules: list[OldRule]) -> list[Stack]:
    """Return the stacks of the rules, then those whose parameters are the pattern's."""
    found: dict[str, Stack] = {}
    for rule in rules:
        if stack := stack_of_rule(account, region, rule):
            found[stack.id] = stack
    found |= {each.id: each for each in pattern_stacks(account, region, without={*found})}
    return list(found.values())


def _deployments(
    region: str, rules: list[OldRule], stacks: list[Stack], topics: dict[str, OldTopic]
) -> Iterator[Deployment]:
    """Yield a deployment for each stack, and for each rule that is in none."""
    left = list(rules)
    groups: list[tuple[Stack | None, list[OldRule]]] = []
    for stack in stacks:
        ids = stack.ids_of("AWS::Events::Rule")
        inside = [each for each in left if {each.name, f"{each.bus}|{each.name}"} & {*ids}]
        left = [each for each in left if each not in inside]
        groups.append((stack, inside))
    groups += [(None, [rule]) for rule in left]
    for one, inside in groups:
        arns = dict.fromkeys(arn for rule in inside for arn in rule.topic_arns)
        read = tuple(topics[arn] for arn in arns if arn in topics)
        yield Deployment(region, one, tuple(inside), read)
