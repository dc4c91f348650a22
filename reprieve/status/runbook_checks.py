"""What `reprieve status` checks of the runbooks and of the rescues they ran."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from reprieve.aws.account import is_code
from reprieve.environment.cdk import deploy_command
from reprieve.guard.remediation import runbooks_of, started_runbooks
from reprieve.guard.resources import DOCUMENT_VERSION, Document
from reprieve.status.compare import compare, missing, title_of, unexpected, unexpected_hint
from reprieve.status.expected import ExpectedRegion
from reprieve.status.findings import Check, Finding, Kind, check_of
from reprieve.status.kinds import document as kind
from reprieve.status.kinds import service_setting as setting_kind
from reprieve.status.tags import compare_tagged

# The shortest waiting period of a key: after it, a failed rescue has been settled one way or the
# other.
_RECENT: Final = timedelta(days=7)
_FAILED: Final = ("Failed", "TimedOut", "Cancelled", "CompletedWithFailure")
_UNEXPECTED: Final = unexpected_hint("runbook", "`aws ssm delete-document`")
# Targets start the first version, and a version never changes: Terraform would add another one.
_CREATE_AGAIN: Final = (
    "Somebody changed it. Delete it with `aws ssm delete-document`, then deploy: "
    f"`{deploy_command()}` creates it again."
)


def runbook(expected: ExpectedRegion) -> Check:
    """Check that the runbooks are as the settings define them, and that there is no other."""
    used = runbooks_of(expected.settings.remediation)
    own = expected.guard.documents
    findings = [finding for each in own for finding in _own_findings(expected, each)]
    for each in used:
        if each.is_amazons and not _exists(expected, each.id):
            findings.append(missing(title_of("runbook", each.id), each.id))
    findings += _setting_findings(expected)
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
            if each["Name"].startswith(expected.names.beginning):
                yield each["Name"]


def _own_findings(expected: ExpectedRegion, document: Document) -> Iterator[Finding]:
    ssm = expected.client("ssm")
    title = title_of("runbook", document.name)
    try:
        description = ssm.describe_document(Name=document.name)["Document"]
        version = ssm.get_document(
            Name=document.name, DocumentFormat="JSON", DocumentVersion=DOCUMENT_VERSION
        )
    except Exception as error:
        if not is_code(error, "InvalidDocument", "InvalidDocumentVersion"):
            raise
        yield missing(title, document.name)
        return
    deployed = kind.deployed(description, version)
    yield from compare(title, document.name, kind.expected(document), deployed, _CREATE_AGAIN)
    tags = ssm.list_tags_for_resource(ResourceType="Document", ResourceId=document.name)["TagList"]
    yield from compare_tagged(title, document.name, {}, {}, expected.tags, tags)


def _setting_findings(expected: ExpectedRegion) -> Iterator[Finding]:
    """Compare the service setting, if the settings define it: without it nobody asked for a value.

    Systems Manager names a setting by its path or, in answers, by either path or ARN.
    """
    if wanted := expected.guard.service_setting:
        answer = expected.client("ssm").get_service_setting(SettingId=wanted.id)["ServiceSetting"]
        title = title_of("service setting", wanted.id)
        deployed = setting_kind.deployed(answer)
        yield from compare(title, wanted.id, setting_kind.expected(wanted), deployed)


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
    used = started_runbooks(expected.settings)
    if not used:
        return Check("last rescue", "off")
    names = [runbook.name(expected.names) for runbook in used]
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
    message = execution.get("FailureMessage")
    return Finding(
        id,
        Kind.FAILING,
        f"The rescue {id} ended as {execution['AutomationExecutionStatus']}.",
        "Check its key: `aws ssm get-automation-execution "
        f"--region {expected.region} --automation-execution-id {id}`.",
        f"Systems Manager says: {message}" if message else "",
    )
