"""What people and runbooks are told: EventBridge input transformers.

EventBridge fills `<name>` with the value at a JSON path of the event, and does not escape it
(EventBridge user guide, «input transformation»). So that nobody can bend an alert, or break it, by
what they type into a call, only values are used that AWS itself writes or has validated; the
caller's user agent, for one, is free text and stays out.
"""

import json
from dataclasses import dataclass

from reprieve.runbooks import Runbook


@dataclass(frozen=True)
class Transformer:
    """An EventBridge input transformer: JSON paths by variable name, and the template.

    EventBridge takes up to 100 paths and a template of up to 8,192 characters (EventBridge API
    reference, InputTransformer).
    """

    paths: dict[str, str]
    template: str


# Of a successful ScheduleKeyDeletion record. responseElements.keyId is always the key's ARN;
# requestParameters.keyId is the key as the caller typed it, and KMS has accepted it.
_CALL = {
    "account": "$.account",
    "region": "$.region",
    "at": "$.detail.eventTime",
    "principal": "$.detail.userIdentity.arn",
    "service": "$.detail.userIdentity.invokedBy",
    "address": "$.detail.sourceIPAddress",
    "event": "$.detail.eventID",
}
_DELETION = {
    "key": "$.detail.responseElements.keyId",
    "state": "$.detail.responseElements.keyState",
    "date": "$.detail.responseElements.deletionDate",
    "days": "$.detail.requestParameters.pendingWindowInDays",
}


def deletion_alert(runbook: Runbook | None, *, approved: bool = False) -> Transformer:
    """Return the alert that a key is scheduled for deletion; `runbook` is what takes it back.

    With `approved` the settings exempt the deletion, and nothing takes it back.

    A path that the event lacks yields nothing, so each label also makes sense without its value:
    a waiting period that was not given, a deletion date that waits for replicas.
    """
    cancel = "aws kms cancel-key-deletion --region <region> --key-id <key>"
    enable = "aws kms enable-key --region <region> --key-id <key>"
    by_hand = "If the state is not Disabled within five minutes, take the deletion back by hand:"
    describe = "aws kms describe-key --region <region> --key-id <key>"
    if approved:
        undoing = [
            "APPROVED, NOT TAKEN BACK: the settings exempt it. To take it back all the same:"
        ]
    elif runbook is None:
        undoing = ["NOT BEING TAKEN BACK: remediation is off. To take the deletion back:"]
    elif runbook.is_amazons:
        undoing = [
            "BEING TAKEN BACK: Systems Manager was asked to run "
            f"{runbook.name}. It refuses a key that was named by its ARN, so check:",
            describe,
            by_hand,
        ]
    else:
        undoing = [
            "BEING TAKEN BACK: a second message will say what came of it. If none comes, check:",
            describe,
            by_hand,
        ]
    return Transformer(
        paths=_CALL | _DELETION,
        template=_lines(
            "REPRIEVE: a KMS key was scheduled for deletion",
            "Key: <key>",
            "Region: <region>",
            "Account: <account>",
            "Scheduled by: <principal> <service>",
            "From: <address>",
            "At: <at>",
            "Waiting period in days (30 if none was given): <days>",
            "Deleted on (empty while replicas exist): <date>",
            "State: <state>",
            *undoing,
            cancel,
            "The key then stays disabled until somebody enables it:",
            enable,
            "CloudTrail event: <event>",
        ),
    )


def rescue_failed_alert() -> Transformer:
    """Return the alert that the runbook did not do its work; Systems Manager wrote every value."""
    return Transformer(
        paths={
            "account": "$.account",
            "region": "$.region",
            "runbook": "$.detail.Definition",
            "status": "$.detail.Status",
            "execution": "$.detail.ExecutionId",
        },
        template=_lines(
            "REPRIEVE: ACT NOW, a rescue did not end well",
            "The runbook <runbook> ended as <status>.",
            "Region: <region>",
            "Account: <account>",
            "Which key, and why:",
            "aws ssm get-automation-execution --region <region> "
            "--automation-execution-id <execution>",
            "If the key is still pending deletion, take it back by hand:",
            "aws kms cancel-key-deletion --region <region> --key-id KEY",
        ),
    )


def cancel_key_deletion_input(automation_role_arn: str) -> Transformer:
    """Return the parameters of Amazon's runbook; Systems Manager wants each value in a list.

    KeyId is the key as the caller typed it: the runbook takes a bare id, and an event holds the
    bare id nowhere else.
    """
    return _parameters("$.detail.requestParameters.keyId", AutomationAssumeRole=automation_role_arn)


def rescue_key_input(automation_role_arn: str, topic_arn: str) -> Transformer:
    """Return the parameters of Reprieve's runbook. KeyId is the key's ARN, however it was typed."""
    return _parameters(
        _DELETION["key"], AutomationAssumeRole=automation_role_arn, TopicArn=topic_arn
    )


def _parameters(key_path: str, **fixed: str) -> Transformer:
    parameters = {"KeyId": "<key>"} | fixed
    return Transformer(
        paths={"key": key_path},
        template=json.dumps({name: [value] for name, value in parameters.items()}),
    )


def _lines(*lines: str) -> str:
    """Return a text template: EventBridge wants every line in quotation marks of its own."""
    return "\n".join(json.dumps(line, ensure_ascii=False) for line in lines)
