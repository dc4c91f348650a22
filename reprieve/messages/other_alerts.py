"""The alerts that are not about a threat: failed rescues, the key of the alerts, and watches."""

import json
from typing import Final

from reprieve.events.guard_events import ALERT_KEY, RESCUE_FAILED
from reprieve.events.severity import Severity
from reprieve.messages.message import Message
from reprieve.messages.variables import (
    BY,
    CALL,
    CALL_CONSOLE,
    CALLER_DATA,
    CALLER_FACTS,
    CALLER_LINES,
    DESCRIBE,
    EVENT,
    EVENT_LINES,
    NOW,
    PLACE,
    WHERE,
)
from reprieve.names import Names
from reprieve.runbooks.runbook import ENABLE_KEY

# How the detail-types of events with a caller end (EventBridge user guide, "CloudTrail").
_VIA_CLOUDTRAIL: Final = " via CloudTrail"


def rescue_failed_alert(names: Names) -> Message:
    """Return the alert about a failed runbook. Systems Manager writes every value of the event."""
    facts = ("Runbook: <runbook>, which ended as <status>", WHERE)
    steps = (
        NOW,
        "List the keys that are pending deletion:",
        "reprieve sweep",
        "Cancel the deletion of each key that you want to keep:",
        "aws kms cancel-key-deletion --region <region> --key-id KEY",
        "See which key the runbook was started for, and why it failed:",
        "aws ssm get-automation-execution --region <region> --automation-execution-id <execution>",
        f"If the name of the runbook begins with {ENABLE_KEY.name(names)}, the key was "
        "disabled. Enable it:",
        "aws kms enable-key --region <region> --key-id KEY",
    )
    return Message(
        type="alert",
        kind=RESCUE_FAILED,
        severity=Severity.CRITICAL,
        title="a rescue in <region> failed",
        paths=PLACE
        | {
            "runbook": "$.detail.Definition",
            "status": "$.detail.Status",
            "execution": "$.detail.ExecutionId",
        },
        lines=(
            "Reprieve: ACT NOW: a rescue in <region> failed. A KMS key may be lost. Run 'reprieve "
            "sweep' to find it.",
            *facts,
            "Severity: CRITICAL",
            *steps,
            "Automation execution: <execution>",
        ),
        facts=("A KMS key may be lost.", *facts),
        steps=steps,
        data={"resource": "<execution>", "action": "none"},
        console="systems-manager/automation/execution/<execution>?region=<region>",
    )


def alert_key_alert() -> Message:
    """Return the alert that other alerts may not arrive; it goes to unencrypted topics."""
    silent = "While this key cannot be used, you get NO OTHER ALERT from this Region."
    steps = (
        NOW,
        "Check the state of the key:",
        DESCRIBE.replace("<named>", "<key>"),
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
    )
    return Message(
        type="alert",
        kind=ALERT_KEY,
        severity=Severity.CRITICAL,
        title="the key that encrypts the alerts in <region> is in danger",
        paths=CALL | {"key": "$.detail.resources[0].ARN"},
        lines=(
            "Reprieve: ACT NOW: restore the key that encrypts the alerts in <region>. Other alerts "
            f"may not arrive. Call <call>, {BY}",
            "Key: <key>",
            *CALLER_LINES,
            "Severity: CRITICAL",
            silent,
            *steps,
            "CloudTrail event: <event>",
        ),
        facts=("Key: <key>", "Call: <call>", *CALLER_FACTS, silent),
        steps=steps,
        data={"key": "<key>", "resource": "<key>", "action": "none", **CALLER_DATA},
        console=CALL_CONSOLE,
    )


def watch_alert(
    name: str, summary: str, pattern: str, severity: Severity = Severity.WARNING
) -> Message:
    """Return the alert of a `[[watch]]`; its name, summary and pattern come from the settings.

    The settings accept only patterns of AWS services, so AWS writes all values of the event.
    """
    summary = summary.rstrip(".")
    first = f"Reprieve: {summary} (Region <region>). Check whether this was planned."
    origin: tuple[str, ...] = EVENT_LINES
    data: dict[str, str] = {}
    match _reports_calls(pattern):
        case True:
            # Set off: a watch may be on STS, whose records may have the name of a federated user.
            first += " By <type> [<role><user>]"
            origin = ("Call: <call>", *CALLER_LINES)
            # Without that name, which may be any text.
            data = {"call": "<call>", "caller_type": "<type>", "source_ip": "<address>"}
        case None:
            by = "By (only for calls): <type> [<principal>] <service>"
            origin = ("Call (only for calls): <call>", by, *EVENT_LINES)
            data = {"call": "<call>", "caller_type": "<type>"}
    about = (f"Watch: {name}", "Event: <detail-type> (<source>)")
    return Message(
        type="alert",
        kind=f"watch-{name}",
        severity=severity,
        title=f"{summary} (Region <region>)",
        paths=CALL | EVENT | {"source": "$.source", "detail-type": "$.detail-type"},
        lines=(first, *origin, *about, "Event id: <event>"),
        facts=("Check whether this was planned.", *EVENT_LINES, *about),
        data={"action": "none", **data},
    )


def _reports_calls(pattern: str) -> bool | None:
    """Return whether a pattern matches only what CloudTrail records, or nothing of it, or both."""
    types = json.loads(pattern).get("detail-type", [None])
    found = {isinstance(each, str) and each.endswith(_VIA_CLOUDTRAIL) for each in types}
    if not all(isinstance(each, str) for each in types) or len(found) > 1:
        return None
    return found.pop()
