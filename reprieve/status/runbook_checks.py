"""What `reprieve status` checks of the runbooks and of the rescues they ran."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from reprieve.aws.account import is_code
from reprieve.guard.remediation import runbooks_of
from reprieve.guard.resources import Document
from reprieve.names import PREFIX
from reprieve.status.compare import compare, missing, title_of, unexpected
from reprieve.status.expected import ExpectedRegion
from reprieve.status.findings import Check, Finding, Kind, check_of
from reprieve.status.kinds import document as kind
from reprieve.text import printable

# The shortest waiting period of a key: after it, a failed rescue has been settled one way or the
# other.
_RECENT: Final = timedelta(days=7)
_FAILED: Final = ("Failed", "TimedOut", "Cancelled", "CompletedWithFailure")
_UNEXPECTED: Final = (
    "Deploy, if the settings were changed since. If the runbook is still there then, somebody else "
    "created it: `aws ssm delete-document`."
)


def runbook(expected: ExpectedRegion) -> Check:
    """Check that the runbooks are as the settings define them, and that there is no other."""
    used = runbooks_of(expected.settings.remediation)
    own = expected.guard.documents
    findings = [finding for each in own for finding in _own_findings(expected, each)]
    for each in used:
        if each.is_amazons and not _exists(expected, each.name):
            findings.append(missing(title_of("runbook", each.name), each.name))
    names = [each.name for each in own]
    findings += unexpected("runbook", names, _deployed_names(expected), _UNEXPECTED)
    text = "wrong" if findings else "there" if used or own else "off"
    return check_of("runbook", text, findings)


def _deployed_names(expected: ExpectedRegion) -> Iterator[str]:
    """Yield the names of the account's documents with Reprieve's prefix."""
    pages = expected.client("ssm").get_paginator("list_documents")
    own = [{"Key": "Owner", "Values": ["Self"]}]
    for page in pages.paginate(Filters=own, PaginationConfig={"PageSize": 50}):
        for each in page["DocumentIdentifiers"]:
            if each["Name"].startswith(f"{PREFIX}-"):
                yield each["Name"]


def _own_findings(expected: ExpectedRegion, document: Document) -> Iterator[Finding]:
    ssm = expected.client("ssm")
    title = title_of("runbook", document.name)
    try:
        description = ssm.describe_document(Name=document.name)["Document"]
        version = ssm.get_document(
            Name=document.name, DocumentFormat="JSON", **_version(expected, document)
        )
    except Exception as error:
        if not is_code(error, "InvalidDocument", "InvalidDocumentVersion"):
            raise
        yield missing(title, document.name)
        return
    deployed = kind.deployed(description, version)
    yield from compare(title, document.name, kind.expected(document), deployed)


def _version(expected: ExpectedRegion, document: Document) -> dict[str, str]:
    """Return the version that the targets start, as an argument; none for the default version."""
    arn = document.runbook.target_arn(expected.guard.location)
    version = arn.rpartition(":")[2]
    return {"DocumentVersion": version} if version.isdecimal() else {}


def _exists(expected: ExpectedRegion, name: str) -> bool:
    try:
        expected.client("ssm").describe_document(Name=name)
    except Exception as error:
        if not is_code(error, "InvalidDocument"):
            raise
        return False
    return True


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
    reason = printable(execution.get("FailureMessage", "no reason given"))
    return Finding(
        id,
        Kind.FAILING,
        f"The rescue {id} ended as {execution['AutomationExecutionStatus']}: {reason}",
        "Check its key: `aws ssm get-automation-execution "
        f"--region {expected.region} --automation-execution-id {id}`.",
    )
