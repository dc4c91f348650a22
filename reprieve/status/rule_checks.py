"""What `reprieve status` checks of the rules and their targets."""

from collections.abc import Iterator
from contextlib import suppress
from typing import Any, Final

from reprieve.guard.resources import DEFAULT_BUS, Rule, Target
from reprieve.status.bus_checks import bus_findings
from reprieve.status.commands import aws_command
from reprieve.status.compare import compare, missing, title_of, unexpected, unexpected_hint
from reprieve.status.expected import ExpectedRegion
from reprieve.status.findings import Check, Finding, Kind, check_of, with_sweep
from reprieve.status.kinds import rule as rule_kind
from reprieve.status.kinds import target as target_kind
from reprieve.status.tags import compare_tagged
from reprieve.text import printable

_STARTS: Final = ":automation-definition/"
"""What the ARN of a target has that starts a runbook."""


def rules(expected: ExpectedRegion) -> Check:
    """Check that every rule is as the settings define it, and that there is no other."""
    wanted = {rule.path: rule for rule in expected.guard.rules}
    deployed = _deployed_rules(expected)
    findings = [
        finding
        for rule in wanted.values()
        for finding in _rule(expected, rule, deployed.get(rule.path))
    ]
    correct = len(wanted) - len({finding.resource for finding in findings})
    findings += unexpected("rule", wanted, deployed, lambda path: _unexpected_rule(expected, path))
    findings += bus_findings(expected)
    return check_of("rules", f"{correct}/{len(wanted)}", findings)


def _deployed_rules(expected: ExpectedRegion) -> dict[str, dict[str, Any]]:
    """Return the rules on the default bus and on all others, by their paths."""
    events = expected.client("events")
    found = list_rules(events, DEFAULT_BUS, expected.names.beginning)
    hub = {bus.name for bus in expected.guard.buses}
    for bus in dict.fromkeys(rule.bus for rule in expected.guard.rules):
        if bus != DEFAULT_BUS:
            # Of the hub's buses any rule may send elsewhere what is none of its business. A custom
            # bus has other rules too.
            prefix = "" if bus in hub else expected.names.beginning
            with suppress(events.exceptions.ResourceNotFoundException):  # its rules are missing
                found |= list_rules(events, bus, prefix)
    return found


def list_rules(events: Any, bus: str, prefix: str = "") -> dict[str, dict[str, Any]]:
    """Return the rules on a bus whose names begin with the prefix, by their paths."""
    named = {"NamePrefix": prefix} if prefix else {}
    before = "" if bus == DEFAULT_BUS else f"{bus}/"
    pages = events.get_paginator("list_rules").paginate(EventBusName=bus, **named)
    return {f"{before}{rule['Name']}": rule for page in pages for rule in page["Rules"]}


def _rule(
    expected: ExpectedRegion, rule: Rule, deployed: dict[str, Any] | None
) -> Iterator[Finding]:
    found = _rule_findings(expected, rule, deployed)
    starts = any(_STARTS in target.arn for target in rule.targets)
    yield from with_sweep(found) if starts else found


def _unexpected_rule(expected: ExpectedRegion, path: str) -> str:
    bus, _, name = path.rpartition("/")
    on_bus = ["--event-bus-name", bus] if bus else []
    options = "--rule", name, *on_bus
    command = aws_command(expected.region, "events", "list-targets-by-rule", *options)
    return unexpected_hint("rule", f"{command} shows what it does")


def _rule_findings(
    expected: ExpectedRegion, rule: Rule, deployed: dict[str, Any] | None
) -> Iterator[Finding]:
    title = title_of("rule", rule.name)
    if deployed is None:
        yield missing(title, rule.name)
        return
    events = expected.client("events")
    tags = events.list_tags_for_resource(ResourceARN=deployed["Arn"])["Tags"]
    yield from compare_tagged(
        title,
        rule.name,
        rule_kind.expected(rule),
        rule_kind.deployed(deployed),
        expected.tags,
        tags,
    )


def targets(expected: ExpectedRegion) -> Check:
    """Check that every rule has its targets as the settings define them, and no other."""
    findings: list[Finding] = []
    correct = total = 0
    deployed = _deployed_rules(expected)
    for rule in expected.guard.rules:
        total += len(rule.targets)
        if rule.path not in deployed:
            continue  # reported by `rules`
        of_rule = list(_targets(expected.region, rule, _deployed_targets(expected, rule)))
        wrong = {each.resource for each in of_rule if each.kind is not Kind.UNEXPECTED}
        correct += len(rule.targets) - len(wrong)
        findings += of_rule
    check = check_of("targets", f"{correct}/{total}", findings)
    # Where a whole rule is missing, `rules` has the finding; its targets are missing all the same.
    return check if correct == total else check.failed()


def _targets(region: str, rule: Rule, deployed: dict[str, dict[str, Any]]) -> Iterator[Finding]:
    for target in rule.targets:
        found = _target_findings(rule, target, deployed.get(target.id))
        yield from with_sweep(found) if _STARTS in target.arn else found
    for id in sorted(deployed.keys() - {target.id for target in rule.targets}):
        text = (
            f"The rule {rule.name} has the target {printable(id)}, which the settings do not "
            f"define: it leads to {printable(deployed[id].get('Arn', 'nothing'))}."
        )
        yield Finding(id, Kind.UNEXPECTED, text, _unexpected_target(region, rule, id))


def _target_findings(
    rule: Rule, target: Target, deployed: dict[str, Any] | None
) -> Iterator[Finding]:
    title = f"The target {target.id} of the rule {rule.name}"
    if deployed is None:
        yield missing(title, target.id)
    else:
        wanted = target_kind.expected(target)
        yield from compare(title, target.id, wanted, target_kind.deployed(deployed))


def _unexpected_target(region: str, rule: Rule, id: str) -> str:
    on_bus = [] if rule.bus == DEFAULT_BUS else ["--event-bus-name", rule.bus]
    options = "--rule", rule.name, *on_bus, "--ids", id
    command = aws_command(region, "events", "remove-targets", *options)
    remedy = f"find the caller in CloudTrail (PutTargets), then run {command}"
    return unexpected_hint("target", remedy, done="added")


def _deployed_targets(expected: ExpectedRegion, rule: Rule) -> dict[str, dict[str, Any]]:
    pages = expected.client("events").get_paginator("list_targets_by_rule")
    return {
        target["Id"]: target
        for page in pages.paginate(Rule=rule.name, EventBusName=rule.bus)
        for target in page["Targets"]
    }
