"""What `reprieve status` checks of the rules and their targets."""

from typing import Any, Final

from reprieve.guard.resources import Rule, Target
from reprieve.names import PREFIX
from reprieve.status.expected import ExpectedRegion
from reprieve.status.findings import DEPLOY, Check, Finding, Kind, Verdict, check_of
from reprieve.status.json_compare import canonical, parsed


def rules(expected: ExpectedRegion) -> Check:
    """Check that every rule exists, is enabled, and matches the events that the settings say."""
    wanted = {rule.name: rule for rule in expected.guard.rules}
    deployed = _deployed_rules(expected)
    findings = []
    for name, rule in wanted.items():
        if problem := _rule_problem(rule, deployed.get(name)):
            kind, text = problem
            findings.append(Finding(name, kind, f"The rule {name} {text}.", DEPLOY))
    correct = len(wanted) - len(findings)
    findings += [
        Finding(
            name,
            Kind.UNEXPECTED,
            f"The rule {name} is not defined by the settings.",
            _UNEXPECTED_RULE,
        )
        for name in sorted(deployed.keys() - wanted.keys())
    ]
    return check_of("rules", f"{correct}/{len(wanted)}", findings)


# Terraform does not know a rule that it did not create, or no longer manages.
_UNEXPECTED_RULE: Final = (
    "Deploy, if the settings were changed since. If the rule is still there then, somebody else "
    "created it: `aws events list-targets-by-rule` shows what it does."
)


def _deployed_rules(expected: ExpectedRegion) -> dict[str, dict[str, Any]]:
    pages = expected.client("events").get_paginator("list_rules")
    return {
        rule["Name"]: rule
        for page in pages.paginate(NamePrefix=f"{PREFIX}-")
        for rule in page["Rules"]
    }


def _rule_problem(rule: Rule, deployed: dict[str, Any] | None) -> tuple[Kind, str] | None:
    if deployed is None:
        return Kind.MISSING, "is missing"
    if deployed["State"] == "DISABLED":
        return Kind.DIFFERENT, "is disabled, and matches nothing"
    if canonical(parsed(deployed.get("EventPattern"))) != canonical(parsed(rule.pattern)):
        return Kind.DIFFERENT, "has another event pattern than the settings define"
    return None


def targets(expected: ExpectedRegion) -> Check:
    """Check that every rule has its targets, with the input that the settings define."""
    findings = []
    correct = total = 0
    deployed = _deployed_rules(expected)
    for rule in expected.guard.rules:
        total += len(rule.targets)
        if rule.name not in deployed:
            continue  # reported by `rules`
        found = _deployed_targets(expected, rule)
        for target in rule.targets:
            if problem := _target_problem(target, found.get(target.id)):
                kind, text = problem
                sentence = f"The target {target.id} of the rule {rule.name} {text}."
                findings.append(Finding(target.id, kind, sentence, DEPLOY))
            else:
                correct += 1
    verdict = Verdict.OK if correct == total else Verdict.WRONG
    return Check("targets", f"{correct}/{total}", tuple(findings), verdict)


def _deployed_targets(expected: ExpectedRegion, rule: Rule) -> dict[str, dict[str, Any]]:
    pages = expected.client("events").get_paginator("list_targets_by_rule")
    return {
        target["Id"]: target
        for page in pages.paginate(Rule=rule.name)
        for target in page["Targets"]
    }


def _target_problem(target: Target, deployed: dict[str, Any] | None) -> tuple[Kind, str] | None:
    if deployed is None:
        return Kind.MISSING, "is missing"
    transformer = deployed.get("InputTransformer", {})
    if deployed["Arn"] != target.arn:
        return Kind.DIFFERENT, f"leads to {deployed['Arn']}"
    if deployed.get("RoleArn") != target.role_arn:
        return Kind.DIFFERENT, f"has the role {deployed.get('RoleArn') or 'none'}"
    wanted = target.transformer
    if transformer.get("InputPathsMap", {}) != (wanted.paths if wanted else {}):
        return Kind.DIFFERENT, "takes other values from the event than the settings define"
    if transformer.get("InputTemplate") != (wanted.template if wanted else None):
        return Kind.DIFFERENT, "has another text than the settings define"
    if deployed.get("DeadLetterConfig", {}).get("Arn") != target.dead_letter_arn:
        return Kind.DIFFERENT, "has no dead-letter queue: what it cannot deliver is lost"
    return None
