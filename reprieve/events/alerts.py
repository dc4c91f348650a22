"""What people and runbooks are told: EventBridge input transformers.

EventBridge fills `<name>` with the value at a JSON path of the event, and does not escape it
(EventBridge user guide, «input transformation»). So that nobody can bend an alert, or break it, by
what they type into a call, only values are used that AWS itself writes or has validated; the
caller's user agent, for one, is free text and stays out.
"""

import json
from dataclasses import dataclass

from reprieve.events.threats import KEY_DELETION_SCHEDULED, KEY_DISABLED, Threat
from reprieve.runbooks.runbook import Runbook


@dataclass(frozen=True)
class Transformer:
    """An EventBridge input transformer: JSON paths by variable name, and the template.

    EventBridge takes up to 100 paths and a template of up to 8,192 characters (EventBridge API
    reference, InputTransformer).
    """

    paths: dict[str, str]
    template: str


# Of any event, of one that CloudTrail makes of a call, and of one that a service makes itself.
_PLACE = {"account": "$.account", "region": "$.region"}
_CALL = _PLACE | {
    "at": "$.detail.eventTime",
    "principal": "$.detail.userIdentity.arn",
    "service": "$.detail.userIdentity.invokedBy",
    "address": "$.detail.sourceIPAddress",
    "event": "$.detail.eventID",
}
_EVENT = _PLACE | {"at": "$.time", "event": "$.id"}
# The variables that the texts of threats refer to, by the labels of their facts.
_VARIABLES = {"Key": "key", "Custom key store": "store", "Alias": "alias"}

_DESCRIBE = "aws kms describe-key --region <region> --key-id <key>"


def alert(threat: Threat, runbook: Runbook | None = None, *, approved: bool = False) -> Transformer:
    """Return the alert of a threat; `runbook` is what undoes it, if anything does.

    With `approved` the settings exempt it, and nothing undoes it.

    A path that the event lacks yields nothing, so each label also makes sense without its value:
    a waiting period that was not given, a deletion date that waits for replicas.
    """
    facts = {
        _VARIABLES.get(label, f"fact-{index}"): (label, path)
        for index, (label, path) in enumerate(threat.facts)
    }
    origin: tuple[str, ...]
    if threat.is_call:
        paths, origin = _CALL, ("By: <principal> <service>", "From: <address>")
    else:
        paths, origin = _EVENT, ()
    return Transformer(
        paths=paths | {name: path for name, (_, path) in facts.items()},
        template=_lines(
            f"REPRIEVE: {threat.summary}",
            f"Severity: {threat.severity}",
            *(f"{label}: <{name}>" for name, (label, _) in facts.items()),
            "Region: <region>",
            "Account: <account>",
            *origin,
            "At: <at>",
            threat.meaning,
            *_undoing(threat, runbook, approved=approved),
            f"{'CloudTrail event' if threat.is_call else 'Event'}: <event>",
        ),
    )


def _undoing(threat: Threat, runbook: Runbook | None, *, approved: bool) -> tuple[str, ...]:
    """Return the lines on what is done about it, and on what the reader can do."""
    if threat.name not in _BEING_UNDONE:
        return ("WHAT TO DO:", *threat.undo)
    doing, done, state = _BEING_UNDONE[threat.name]
    if approved:
        return (f"APPROVED, NOT {done}: the settings exempt it. If it should not be:", *threat.undo)
    if runbook is None:
        return (f"NOT BEING {done}: the settings say so. By hand:", *threat.undo)
    by_hand = f"If the state is not {state} within five minutes, do it by hand:"
    if runbook.is_amazons:
        asked = (
            f"{doing}: Systems Manager was asked to run {runbook.name}. It refuses a key that was "
            "named by its ARN, so check:"
        )
    else:
        asked = f"{doing}: a second message will say what came of it. If none comes, check:"
    return (asked, _DESCRIBE, by_hand, *threat.undo)


# Of the threats that a runbook can undo: that it is being undone, that it was, the state after it.
_BEING_UNDONE = {
    KEY_DELETION_SCHEDULED.name: ("BEING TAKEN BACK", "TAKEN BACK", "Disabled or Enabled"),
    KEY_DISABLED.name: ("BEING ENABLED AGAIN", "ENABLED AGAIN", "Enabled"),
}


def rescue_failed_alert() -> Transformer:
    """Return the alert that a runbook did not do its work; Systems Manager wrote every value."""
    return Transformer(
        paths=_PLACE
        | {
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


def alert_key_alert() -> Transformer:
    """Return the alert, for the topic without encryption, that the others may be mute."""
    return Transformer(
        paths=_CALL | {"key": "$.detail.resources[0].ARN", "call": "$.detail.eventName"},
        template=_lines(
            "REPRIEVE: ACT NOW, the key that encrypts Reprieve's alerts is endangered",
            "While it cannot be used, NO OTHER ALERT of this Region reaches you.",
            "Key: <key>",
            "Call: <call>",
            "Region: <region>",
            "Account: <account>",
            "By: <principal> <service>",
            "From: <address>",
            "At: <at>",
            "Look at it, take a deletion back, and enable it:",
            _DESCRIBE,
            "aws kms cancel-key-deletion --region <region> --key-id <key>",
            "aws kms enable-key --region <region> --key-id <key>",
            "CloudTrail event: <event>",
        ),
    )


def watch_alert(name: str, summary: str) -> Transformer:
    """Return the alert of a `[[watch]]`; `name` and `summary` are the settings' own.

    What is asked of any event was written by AWS, if its source is: the settings see to that.
    """
    return Transformer(
        paths=_CALL
        | _EVENT
        | {"source": "$.source", "type": "$.detail-type", "call": "$.detail.eventName"},
        template=_lines(
            f"REPRIEVE: {summary}",
            f"Watch: {name}",
            "Event: <type> (<source>)",
            "Call: <call>",
            "Region: <region>",
            "Account: <account>",
            "By: <principal> <service>",
            "From: <address>",
            "At: <at>",
            "Event id: <event>",
        ),
    )


def cancel_key_deletion_input(automation_role_arn: str) -> Transformer:
    """Return the parameters of Amazon's runbook; Systems Manager wants each value in a list.

    KeyId is the key as the caller typed it: the runbook takes a bare id, and an event holds the
    bare id nowhere else.
    """
    return _parameters("$.detail.requestParameters.keyId", AutomationAssumeRole=automation_role_arn)


def runbook_input(threat: Threat, automation_role_arn: str, topic_arn: str) -> Transformer:
    """Return the parameters of Reprieve's runbooks. KeyId is the key's ARN, however typed."""
    given = _parameters(
        dict(threat.facts)["Key"],
        AutomationAssumeRole=automation_role_arn,
        TopicArn=topic_arn,
        CalledAt="<at>",
    )
    return Transformer(given.paths | {"at": _CALL["at"]}, given.template)


def _parameters(key_path: str, **values: str) -> Transformer:
    parameters = {"KeyId": "<key>"} | values
    return Transformer(
        paths={"key": key_path},
        template=json.dumps({name: [value] for name, value in parameters.items()}),
    )


def _lines(*lines: str) -> str:
    """Return a text template: EventBridge wants every line in quotation marks of its own."""
    return "\n".join(json.dumps(line, ensure_ascii=False) for line in lines)
