"""What `reprieve status` looks at of the rules, and of what they set going."""

from datetime import UTC, datetime, timedelta
from typing import Any, Final

from reprieve.aws.account import is_code
from reprieve.guard.remediation import document_of, runbooks_of
from reprieve.guard.rules import Rule, Target, rules_of
from reprieve.names import DEAD_LETTERS, PREFIX
from reprieve.runbooks.runbook import Runbook
from reprieve.status.expected import Look
from reprieve.status.findings import DEPLOY, Check, Finding, Verdict, judged
from reprieve.status.json_compare import canonical, parsed

# The shortest waiting period of a key: a rescue that failed longer ago was for nothing, or is
# settled.
_RECENT: Final = timedelta(days=7)
_FAILED: Final = ("Failed", "TimedOut", "Cancelled", "CompletedWithFailure")


def rules(look: Look) -> Check:
    """Look whether every rule is there, is enabled, and matches what the settings say."""
    wanted = {rule.name: rule for rule in rules_of(look.settings, look.place)}
    there = _rules_there(look)
    findings = []
    right = 0
    for name, rule in wanted.items():
        problem = _why_rule_is_wrong(rule, there.get(name))
        if problem:
            findings.append(Finding(f"The rule {name} {problem}.", DEPLOY))
        else:
            right += 1
    findings += [
        Finding(f"The rule {name} is none of the settings'.", _STRANGE)
        for name in sorted(there.keys() - wanted.keys())
    ]
    return judged("rules", f"{right}/{len(wanted)}", findings)


# Terraform knows nothing of a rule that it did not make, or that it has let go of.
_STRANGE: Final = (
    "Deploy, if the settings were changed since; if it is still there then, somebody else made it: "
    "`aws events list-targets-by-rule` says what for."
)


def _rules_there(look: Look) -> dict[str, dict[str, Any]]:
    pages = look.client("events").get_paginator("list_rules")
    return {
        rule["Name"]: rule
        for page in pages.paginate(NamePrefix=f"{PREFIX}-")
        for rule in page["Rules"]
    }


def _why_rule_is_wrong(rule: Rule, there: dict[str, Any] | None) -> str | None:
    if there is None:
        return "is missing"
    if there["State"] == "DISABLED":
        return "is disabled, and matches nothing"
    if canonical(parsed(there.get("EventPattern"))) != canonical(parsed(rule.pattern)):
        return "has another event pattern than the settings make"
    return None


def targets(look: Look) -> Check:
    """Look whether every rule sets going what it should, and says what it should."""
    findings = []
    right = total = 0
    there = _rules_there(look)
    for rule in rules_of(look.settings, look.place):
        total += len(rule.targets)
        if rule.name not in there:
            continue  # which `rules` says
        found = _targets_there(look, rule)
        for target in rule.targets:
            if problem := _why_target_is_wrong(target, found.get(target.id), look):
                said = f"The target {target.id} of the rule {rule.name} {problem}."
                findings.append(Finding(said, DEPLOY))
            else:
                right += 1
    verdict = Verdict.OK if right == total else Verdict.WRONG
    return Check("targets", f"{right}/{total}", tuple(findings), verdict)


def _targets_there(look: Look, rule: Rule) -> dict[str, dict[str, Any]]:
    pages = look.client("events").get_paginator("list_targets_by_rule")
    return {
        target["Id"]: target
        for page in pages.paginate(Rule=rule.name)
        for target in page["Targets"]
    }


def _why_target_is_wrong(target: Target, there: dict[str, Any] | None, look: Look) -> str | None:
    if there is None:
        return "is missing"
    transformer = there.get("InputTransformer", {})
    queue = there.get("DeadLetterConfig", {}).get("Arn", "")
    if there["Arn"] != target.arn:
        return f"leads to {there['Arn']}"
    if there.get("RoleArn") != target.role_arn:
        return f"has the role {there.get('RoleArn') or 'none'}"
    if transformer.get("InputPathsMap", {}) != target.transformer.paths:
        return "takes other values from the event than the settings make"
    if transformer.get("InputTemplate") != target.transformer.template:
        return "says something else than the settings make"
    if not queue.endswith(f":{look.region}:{look.account.id}:{DEAD_LETTERS}"):
        return "has no dead-letter queue: what it cannot deliver is lost"
    return None


def runbook(look: Look) -> Check:
    """Look whether the runbooks are there, as the settings make them."""
    used = runbooks_of(look.settings.remediation)
    findings = [
        Finding(f"The runbook {runbook.name} {problem}.", DEPLOY)
        for runbook in used
        if (problem := _why_runbook_is_wrong(look, runbook))
    ]
    return judged("runbook", ("wrong" if findings else "there") if used else "off", findings)


def _why_runbook_is_wrong(look: Look, runbook: Runbook) -> str | None:
    ssm = look.client("ssm")
    try:
        if runbook.is_amazons:
            ssm.describe_document(Name=runbook.name)
            return None
        there = ssm.get_document(Name=runbook.name, DocumentFormat="JSON")
    except Exception as error:
        if not is_code(error, "InvalidDocument"):
            raise
        return "is missing"
    if parsed(there["Content"]) != document_of(runbook, look.settings):
        return "is not the one of the settings"
    return None


def rescues(look: Look) -> Check:
    """Look how the last automations ended."""
    used = runbooks_of(look.settings.remediation)
    if not used:
        return Check("last rescue", "off")
    names = [runbook.name for runbook in used]
    found = look.client("ssm").describe_automation_executions(
        Filters=[{"Key": "DocumentNamePrefix", "Values": names}]
    )["AutomationExecutionMetadataList"]
    if not found:
        return Check("last rescue", "none yet")
    found.sort(key=lambda each: each["ExecutionStartTime"], reverse=True)
    now = datetime.now(UTC)
    findings = [
        Finding(
            f"The rescue {each['AutomationExecutionId']} ended as "
            f"{each['AutomationExecutionStatus']}: {each.get('FailureMessage', 'no reason given')}",
            "See to its key: `aws ssm get-automation-execution "
            f"--region {look.region} --automation-execution-id {each['AutomationExecutionId']}`.",
        )
        for each in found
        if each["AutomationExecutionStatus"] in _FAILED
        and now - each["ExecutionStartTime"] < _RECENT
    ]
    last = found[0]
    text = f"{last['AutomationExecutionStatus']} {last['ExecutionStartTime']:%m-%d %H:%M}"
    return judged("last rescue", text, findings)
