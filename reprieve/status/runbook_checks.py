"""What `reprieve status` checks of the runbooks and of the rescues they ran."""

import re
from collections.abc import Collection, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from reprieve.aws.account import is_code
from reprieve.environment.cdk import deploy_command
from reprieve.guard.remediation import runbooks_of, started_runbooks
from reprieve.guard.resources import DOCUMENT_VERSION, Document
from reprieve.status.commands import aws_command
from reprieve.status.compare import compare, missing, title_of, unexpected, unexpected_hint
from reprieve.status.expected import ExpectedRegion
from reprieve.status.findings import VERSION, Check, Finding, Kind, check_of, with_sweep
from reprieve.status.kinds import document as kind
from reprieve.status.kinds import service_setting as setting_kind
from reprieve.status.tags import compare_tagged
from reprieve.text import printable

# The shortest waiting period of a key: after it, a failed rescue has been settled one way or the
# other.
_RECENT: Final = timedelta(days=7)
_FAILED: Final = ("Failed", "TimedOut", "Cancelled", "CompletedWithFailure")
_HASH: Final = re.compile(r"-[0-9a-f]{8}$")
"""The end of a document's name, which is of its content."""


def runbook(expected: ExpectedRegion) -> Check:
    """Check that the runbooks are as the settings define them, and that there is no other."""
    used = runbooks_of(expected.settings.remediation)
    own = expected.guard.documents
    names = [each.name for each in own]
    deployed = set(_deployed_names(expected))
    versions = {name: _versions(name, deployed - set(names)) for name in names}
    findings = [
        _as_version(finding, versions[each.name])
        for each in own
        for finding in _own_findings(expected, each)
    ]
    for each in used:
        if each.is_amazons and not _exists(expected, each.id):
            findings.append(missing(title_of("runbook", each.id), each.id))
    findings = list(with_sweep(findings))
    findings += _setting_findings(expected)
    shown = {
        version
        for finding in findings
        if finding.attribute == VERSION
        for version in versions[finding.resource]
    }

    def delete(name: str) -> str:
        return unexpected_hint("runbook", _delete_command(expected, name))

    findings += unexpected("runbook", names, deployed - shown, delete)
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


def _versions(name: str, others: Collection[str]) -> list[str]:
    """Return the other documents that are the same runbook with another content."""
    stem = _HASH.sub("", name)
    return sorted(each for each in others if each != stem and _HASH.sub("", each) == stem)


def _as_version(finding: Finding, versions: Collection[str]) -> Finding:
    """Return the finding about a missing document as one about its version, if it has others."""
    if finding.kind is not Kind.MISSING or not versions:
        return finding
    problem = (
        f"The runbook {finding.resource} is missing. "
        f"Another version is there: {', '.join(map(printable, versions))}."
    )
    return replace(finding, problem=problem, attribute=VERSION)


def _delete_command(expected: ExpectedRegion, name: str) -> str:
    return aws_command(expected.region, "ssm", "delete-document", "--name", name)


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
    # Targets start the first version, and a version never changes: Terraform would add another one.
    create_again = (
        f"Somebody changed it. Delete it with {_delete_command(expected, document.name)}, then "
        f"deploy: `{deploy_command()}` creates it again."
    )
    yield from compare(title, document.name, kind.expected(document), deployed, create_again)
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
    since = datetime.now(UTC) - _RECENT
    found = list(_executions(expected, names, since))
    if not found:
        return Check("last rescue", "none yet")
    found.sort(key=lambda each: each["ExecutionStartTime"], reverse=True)
    findings = [
        _failed_rescue(expected, each)
        for each in found
        if each["AutomationExecutionStatus"] in _FAILED and each["ExecutionStartTime"] > since
    ]
    last = found[0]
    text = f"{last['AutomationExecutionStatus']} {last['ExecutionStartTime']:%m-%d %H:%M}"
    return check_of("last rescue", text, findings)


def _executions(
    expected: ExpectedRegion, names: list[str], since: datetime
) -> Iterator[dict[str, Any]]:
    """Yield the executions of these runbooks, the newest page first, up to one of older ones.

    A page may be empty although others follow it.
    """
    pages = (
        expected.client("ssm")
        .get_paginator("describe_automation_executions")
        .paginate(
            Filters=[{"Key": "DocumentNamePrefix", "Values": names}],
            PaginationConfig={"PageSize": 50},
        )
    )
    for page in pages:
        executions = page["AutomationExecutionMetadataList"]
        yield from executions
        if executions and all(each["ExecutionStartTime"] <= since for each in executions):
            return


def _failed_rescue(expected: ExpectedRegion, execution: dict[str, Any]) -> Finding:
    id = execution["AutomationExecutionId"]
    message = execution.get("FailureMessage")
    options = "--automation-execution-id", id
    command = aws_command(expected.region, "ssm", "get-automation-execution", *options)
    return Finding(
        id,
        Kind.FAILING,
        f"The rescue {id} ended as {execution['AutomationExecutionStatus']}.",
        f"Check its key: {command}.",
        f"Systems Manager says: {message}" if message else "",
    )
