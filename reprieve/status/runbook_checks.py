"""What `reprieve status` checks of the runbooks and of the rescues they ran."""

from datetime import UTC, datetime, timedelta
from typing import Any, Final

from reprieve.aws.account import is_code
from reprieve.guard.remediation import runbooks_of
from reprieve.runbooks.runbook import Runbook
from reprieve.status.expected import ExpectedRegion
from reprieve.status.findings import DEPLOY, Check, Finding, Kind, check_of
from reprieve.status.json_compare import parsed

# The shortest waiting period of a key: after it, a failed rescue has been settled one way or the
# other.
_RECENT: Final = timedelta(days=7)
_FAILED: Final = ("Failed", "TimedOut", "Cancelled", "CompletedWithFailure")


def runbook(expected: ExpectedRegion) -> Check:
    """Check that the runbooks exist, with the content that the settings define."""
    used = runbooks_of(expected.settings.remediation)
    contents = {document.name: document.content for document in expected.guard.documents}
    findings = []
    for each in used:
        if problem := _runbook_problem(expected, each, contents.get(each.name)):
            kind, text = problem
            findings.append(Finding(each.name, kind, f"The runbook {each.name} {text}.", DEPLOY))
    return check_of("runbook", ("wrong" if findings else "there") if used else "off", findings)


def _runbook_problem(
    expected: ExpectedRegion, runbook: Runbook, content: dict[str, Any] | None
) -> tuple[Kind, str] | None:
    ssm = expected.client("ssm")
    try:
        if content is None:  # Amazon's own
            ssm.describe_document(Name=runbook.name)
            return None
        deployed = ssm.get_document(Name=runbook.name, DocumentFormat="JSON")
    except Exception as error:
        if not is_code(error, "InvalidDocument"):
            raise
        return Kind.MISSING, "is missing"
    if parsed(deployed["Content"]) != content:
        return Kind.DIFFERENT, "is not the one that the settings define"
    return None


def rescues(expected: ExpectedRegion) -> Check:
    """Check how the last automations ended."""
    used = runbooks_of(expected.settings.remediation)
    if not used:
        return Check("last rescue", "off")
    names = [runbook.name for runbook in used]
    found = expected.client("ssm").describe_automation_executions(
        Filters=[{"Key": "DocumentNamePrefix", "Values": names}]
    )["AutomationExecutionMetadataList"]
    if not found:
        return Check("last rescue", "none yet")
    found.sort(key=lambda each: each["ExecutionStartTime"], reverse=True)
    now = datetime.now(UTC)
    findings = [
        _failed_rescue(expected, each)
        for each in found
        if each["AutomationExecutionStatus"] in _FAILED
        and now - each["ExecutionStartTime"] < _RECENT
    ]
    last = found[0]
    text = f"{last['AutomationExecutionStatus']} {last['ExecutionStartTime']:%m-%d %H:%M}"
    return check_of("last rescue", text, findings)


def _failed_rescue(expected: ExpectedRegion, execution: dict[str, Any]) -> Finding:
    id = execution["AutomationExecutionId"]
    reason = execution.get("FailureMessage", "no reason given")
    return Finding(
        id,
        Kind.FAILING,
        f"The rescue {id} ended as {execution['AutomationExecutionStatus']}: {reason}",
        "Check its key: `aws ssm get-automation-execution "
        f"--region {expected.region} --automation-execution-id {id}`.",
    )
