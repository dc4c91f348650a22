"""The kinds of events that endanger a key, or that tell that a rescue failed."""

import json
from dataclasses import dataclass
from typing import Any

EventPattern = dict[str, Any]


def pattern_json(pattern: EventPattern) -> str:
    """Return the pattern as EventBridge gets it: without spaces, which would count."""
    return json.dumps(pattern, separators=(",", ":"))


@dataclass(frozen=True)
class Threat:
    """A kind of event that endangers a KMS key.

    `name` becomes part of rule names and Terraform addresses: it never changes.
    `event_pattern` is what EventBridge matches, as the object that its JSON stands for.
    """

    name: str
    summary: str
    event_pattern: EventPattern


def _kms_api_call(event_name: str) -> EventPattern:
    """Match a KMS call that succeeded, as CloudTrail reports it to the default event bus.

    CloudTrail records calls that were denied or that failed as well; only those carry an
    `errorCode` (CloudTrail user guide, «record contents»). They changed nothing: no alarm.
    """
    return {
        "source": ["aws.kms"],
        "detail-type": ["AWS API Call via CloudTrail"],
        "detail": {
            "eventSource": ["kms.amazonaws.com"],
            "eventName": [event_name],
            "errorCode": [{"exists": False}],
        },
    }


KEY_DELETION_SCHEDULED = Threat(
    name="key-deletion-scheduled",
    summary="A KMS key was scheduled for deletion",
    event_pattern=_kms_api_call("ScheduleKeyDeletion"),
)

# The name of the rule for those that the settings exempt (see `reprieve.exemptions`).
KEY_DELETION_APPROVED = "key-deletion-approved"

# The name of the rule for rescues that did not end well.
RESCUE_FAILED = "rescue-failed"


def rescue_failed(runbook_name: str) -> EventPattern:
    """Match an execution of the runbook that failed, took too long, or was cancelled.

    Systems Manager tells of it by itself, so this needs no trail (Systems Manager user guide,
    «EventBridge event patterns and types for Systems Manager»).
    """
    return {
        "source": ["aws.ssm"],
        "detail-type": ["EC2 Automation Execution Status-change Notification"],
        "detail": {
            "Definition": [runbook_name],
            "Status": ["Failed", "TimedOut", "Cancelled"],
        },
    }
