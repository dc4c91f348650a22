"""The alerts for people: EventBridge input transformers.

A phone shows only the first line. It says what happened, where, and what to do or what Reprieve
does, in this order, and then to which key and by whom. The caller comes last, so that the line
reads well without a name: EventBridge leaves out a value that an event lacks, and the root user and
AWS's services have no name.

EventBridge does not escape values. Use only values that AWS writes or validates, so that no caller
can forge or break an alert. Never use the user agent, for example: it is free text. The path of an
IAM user or role may hold any printable character but a space, so brackets set off the ARN of the
caller.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from reprieve.events.threat import Threat
from reprieve.events.threats import KEY_DELETION_SCHEDULED, KEY_DISABLED
from reprieve.events.transformer import CALLER, Transformer, text_of
from reprieve.runbooks.runbook import Runbook

# The variables of any event, of a call that CloudTrail records, and of a service's own event.
_PLACE = {"account": "$.account", "region": "$.region"}
_CALL = (
    _PLACE
    | CALLER
    | {
        "at": "$.detail.eventTime",
        "principal": "$.detail.userIdentity.arn",
        "service": "$.detail.userIdentity.invokedBy",
        "address": "$.detail.sourceIPAddress",
        "call": "$.detail.eventName",
        "event": "$.detail.eventID",
    }
)
_EVENT = _PLACE | {"at": "$.time", "event": "$.id"}

# How the detail-types of events with a caller end (EventBridge user guide, "CloudTrail").
_VIA_CLOUDTRAIL = " via CloudTrail"

_BY = "by <type> <role><user>"
_WHERE = "Region: <region>, account: <account>"
_CALLER_LINES = ("By: <type> [<principal>] <service>", "From: <address>, at <at>", _WHERE)
_EVENT_LINES = ("At: <at>", _WHERE)
_NOW: Final = "What to do now:"
_DESCRIBE = "aws kms describe-key --region <region> --key-id <named> --query KeyMetadata.KeyState"


@dataclass(frozen=True)
class _Remediation:
    """What an alert says about a threat that a runbook can remediate.

    `doing` and `exempt` are sentences of the first line. `verb` follows "Reprieve does not".
    `failed` says how to see that the runbook failed; the commands of the threat follow.
    """

    doing: str
    exempt: str
    verb: str
    failed: str


_REMEDIATIONS: Final = {
    KEY_DELETION_SCHEDULED.name: _Remediation(
        doing="Reprieve is cancelling it.",
        exempt="Exempt, so not cancelled.",
        verb="cancel the deletion",
        failed="If the state is PendingDeletion or PendingReplicaDeletion, cancel the deletion:",
    ),
    KEY_DISABLED.name: _Remediation(
        doing="Reprieve is enabling it.",
        exempt="Exempt, so not enabled.",
        verb="enable the key",
        failed="If the state is Disabled, enable the key:",
    ),
}


def alert(threat: Threat, runbook: Runbook | None = None, *, approved: bool = False) -> Transformer:
    """Return the alert of a threat. `runbook` remediates it, if any does.

    With `approved` the settings exempt the event, and no runbook starts.
    """
    label, named_paths = threat.named
    named = {f"named-{index}": path for index, path in enumerate(named_paths)}
    resources = {f"resource-{index}": path for index, path in enumerate(threat.resource)}
    facts = {
        "key" if name == "Key" else f"fact-{index}": (name, path)
        for index, (name, path) in enumerate(threat.facts)
    }
    fact_lines = [f"{name}: <{variable}>" for variable, (name, _) in facts.items()]
    if label != "Key":
        fact_lines.insert(0, f"{label}: <named>")
    remediation = _REMEDIATIONS.get(threat.name)
    act = threat.act
    if remediation and (runbook or approved):
        act = remediation.exempt if approved else remediation.doing
    by = f", {_BY}" if threat.is_call else ""
    lines = [
        f"Reprieve: {threat.summary} in <region>. {act} {label} <named>{by}",
        fact_lines[0],
        *([f"Resource: {_joined(resources)}"] if resources else []),
        *(_CALLER_LINES if threat.is_call else _EVENT_LINES),
        *fact_lines[1:],
        f"Severity: {threat.severity}",
        threat.meaning,
        *_what_to_do(threat, remediation, runbook, approved=approved),
        f"{'CloudTrail event' if threat.is_call else 'Event'}: <event>",
    ]
    paths = (_CALL if threat.is_call else _EVENT) | named | resources
    return text_of(
        paths | {variable: path for variable, (_, path) in facts.items()},
        # EventBridge leaves the paths empty that an event does not have: one of them has a value.
        (line.replace("<named>", _joined(named)) for line in lines),
    )


def _joined(variables: dict[str, str]) -> str:
    return "".join(f"<{name}>" for name in variables)


def _what_to_do(
    threat: Threat, remediation: _Remediation | None, runbook: Runbook | None, *, approved: bool
) -> Iterator[str]:
    """Yield the lines about what Reprieve does, and what the reader can do."""
    if remediation is None:
        yield _NOW
    elif approved:
        yield (
            f"Reprieve does not {remediation.verb}, because the settings exempt the caller or the "
            "key. If that is wrong, do it yourself:"
        )
    elif runbook is None:
        yield (
            f"Reprieve does not {remediation.verb}, because the settings turn that off. Do it "
            "yourself, unless this was planned:"
        )
    else:
        yield _NOW
        yield (
            f"Check the state of the key in 5 minutes. {runbook.name} sends no result, and it "
            "refuses a key that was named by its ARN:"
            if runbook.is_amazons
            else "Wait for the second message, which reports the result. If it does not arrive "
            "within 5 minutes, check the state of the key:"
        )
        yield _DESCRIBE
        yield remediation.failed
    yield from threat.undo


def rescue_failed_alert() -> Transformer:
    """Return the alert about a failed runbook. Systems Manager writes every value of the event."""
    paths = _PLACE | {
        "runbook": "$.detail.Definition",
        "status": "$.detail.Status",
        "execution": "$.detail.ExecutionId",
    }
    return text_of(
        paths,
        (
            "Reprieve: ACT NOW: a rescue in <region> failed. A KMS key may be lost. Run 'reprieve "
            "sweep' to find it.",
            "Runbook: <runbook>, which ended as <status>",
            _WHERE,
            "Severity: CRITICAL",
            _NOW,
            "List the keys that are pending deletion:",
            "reprieve sweep",
            "Cancel the deletion of each key that you want to keep:",
            "aws kms cancel-key-deletion --region <region> --key-id KEY",
            "See which key the runbook was started for, and why it failed:",
            "aws ssm get-automation-execution --region <region> "
            "--automation-execution-id <execution>",
            "If the name of the runbook begins with reprieve-enable-key, the key was disabled. "
            "Enable it:",
            "aws kms enable-key --region <region> --key-id KEY",
            "Automation execution: <execution>",
        ),
    )


def alert_key_alert() -> Transformer:
    """Return the alert that other alerts may not arrive; it goes to the unencrypted topic."""
    return text_of(
        _CALL | {"key": "$.detail.resources[0].ARN"},
        (
            "Reprieve: ACT NOW: restore the key that encrypts the alerts in <region>. Other alerts "
            f"may not arrive. Call <call>, {_BY}",
            "Key: <key>",
            *_CALLER_LINES,
            "Severity: CRITICAL",
            "While this key cannot be used, you get NO OTHER ALERT from this Region.",
            _NOW,
            "Check the state of the key:",
            _DESCRIBE.replace("<named>", "<key>"),
            "If the state is PendingDeletion, cancel the deletion. The key is then disabled:",
            "aws kms cancel-key-deletion --region <region> --key-id <key>",
            "If the state is Disabled, enable the key:",
            "aws kms enable-key --region <region> --key-id <key>",
            "If the state is PendingImport, import its key material again.",
            "If the state is Enabled, check its key policy, and restore the previous one:",
            "aws kms get-key-policy --region <region> --key-id <key> --policy-name default "
            "--query Policy --output text",
            "Then check that alerts arrive again:",
            "reprieve status",
            "CloudTrail event: <event>",
        ),
    )


def watch_alert(name: str, summary: str, pattern: str) -> Transformer:
    """Return the alert of a `[[watch]]`; its name, summary and pattern come from the settings.

    The settings accept only patterns of AWS services, so AWS writes all values of the event.
    """
    first = f"Reprieve: {summary.rstrip('.')} (Region <region>). Check whether this was planned."
    origin: tuple[str, ...] = _EVENT_LINES
    match _reports_calls(pattern):
        case True:
            # Set off: a watch may be on STS, whose records may have the name of a federated user.
            first += " By <type> [<role><user>]"
            origin = ("Call: <call>", *_CALLER_LINES)
        case None:
            by = "By (only for calls): <type> [<principal>] <service>"
            origin = ("Call (only for calls): <call>", by, *_EVENT_LINES)
    return text_of(
        _CALL | _EVENT | {"source": "$.source", "detail-type": "$.detail-type"},
        (first, *origin, f"Watch: {name}", "Event: <detail-type> (<source>)", "Event id: <event>"),
    )


def _reports_calls(pattern: str) -> bool | None:
    """Return whether a pattern matches only what CloudTrail records, or nothing of it, or both."""
    types = json.loads(pattern).get("detail-type", [None])
    found = {isinstance(each, str) and each.endswith(_VIA_CLOUDTRAIL) for each in types}
    if not all(isinstance(each, str) for each in types) or len(found) > 1:
        return None
    return found.pop()
